import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import {
  CATALOGUE,
  FuzzingServer,
  VERDICTS,
  selectCases,
  testServer,
  type AgentReport,
  type CaseResult,
  type Role,
  type SelectedCases,
} from '@millrace/conformance';

/** A program under test. */
export interface AgentProgram {
  readonly agent: string;
  readonly role: Role;
  /** Relative to the testees. */
  readonly program: string;
  readonly args: readonly string[];
}

/** Cases at once: most of them wait. */
const CONCURRENCY = 8;

/** Time that a client has for all cases, in milliseconds. */
const CLIENT_LIMIT = 10 * 60_000;

const TESTEES = new URL('../testees/', import.meta.url);

/**
 * Starts a program and tests it. A quick run leaves out what takes long. In a full one, clients run all cases twice: with the first frames of a case in one
 * write with the answer to the opening handshake, and a moment later; the worse result counts.
 */
export async function runAgent(agent: AgentProgram, { quick }: { readonly quick: boolean }): Promise<AgentReport> {
  const selected = selectCases(CATALOGUE, { role: agent.role, quick });
  if (agent.role === 'server') return runServer(agent, selected);
  const together = await runClient(agent, new FuzzingServer(selected, { port: 0 }));
  if (quick) return together;
  return mergeWorse(together, await runClient(agent, new FuzzingServer(selected, { port: 0, apart: true })));
}

async function runServer(agent: AgentProgram, selected: SelectedCases): Promise<AgentReport> {
  const child = start(agent, agent.args);
  try {
    const url = await firstLine(child);
    return await testServer(url, selected, { agent: agent.agent, concurrency: CONCURRENCY });
  } finally {
    child.kill();
  }
}

async function runClient(agent: AgentProgram, server: FuzzingServer): Promise<AgentReport> {
  const port = await server.listen();
  const child = start(agent, [...agent.args, `ws://127.0.0.1:${String(port)}`, agent.agent]);
  const timer = setTimeout(() => child.kill(), CLIENT_LIMIT);
  await new Promise((resolve) => child.once('exit', resolve));
  clearTimeout(timer);
  const report = server.report(agent.agent);
  await server.close();
  return report;
}

function mergeWorse(one: AgentReport, other: AgentReport): AgentReport {
  const others = new Map(other.cases.map((result) => [result.id, result]));
  const cases = one.cases.map((result) => worse(result, others.get(result.id) ?? result));
  return { ...one, cases };
}

function worse(one: CaseResult, other: CaseResult): CaseResult {
  return VERDICTS.indexOf(other.verdict) > VERDICTS.indexOf(one.verdict) ? other : one;
}

function start({ program }: AgentProgram, args: readonly string[]): ChildProcess {
  const path = fileURLToPath(new URL(program, TESTEES));
  return spawn(process.execPath, ['--enable-source-maps', path, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.stdout?.once('data', (chunk: Buffer) => resolve(chunk.toString().trim()));
    child.once('exit', (code) => reject(new Error(`the server under test ended with ${String(code)}`)));
  });
}
