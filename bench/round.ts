import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import type { Durations, Measurement } from './generator/meter.ts';
import { pinned } from './pinning.ts';
import { residentMemory } from './process-figures.ts';
import { ServerProcess, type ServerSetup } from './server-process.ts';
import type { Idle, Workload } from './workloads.ts';

const GENERATOR = fileURLToPath(new URL('generator/main.js', import.meta.url));

/** How long a round may take in all, in milliseconds. */
const PATIENCE = 120_000;

/** Connections that are opened before the memory of others is measured, so that only the others count. */
const FIRST_CONNECTIONS = 200;

/** One round of one peer: it was at work under a load, or only held connections. */
export type Round =
  | ({ readonly kind: 'exchange'; readonly peakMemory: number } & Measurement)
  | { readonly kind: 'idle'; readonly peakMemory: number; readonly bytesPerConnection: number };

/** Starts a server, measures it once, and stops it. */
export async function measureRound(workload: Workload, setup: ServerSetup, durations: Durations): Promise<Round> {
  const server = await ServerProcess.start(setup);
  try {
    return workload.kind === 'idle'
      ? await measureIdle(workload, server, setup)
      : await measureExchange(workload, server, { setup, durations });
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new Error(server.errors === '' ? problem : `${problem} (${server.errors})`, { cause: error });
  } finally {
    await server.stop();
  }
}

async function measureExchange(
  workload: Workload,
  server: ServerProcess,
  { setup, durations }: { readonly setup: ServerSetup; readonly durations: Durations },
): Promise<Round> {
  const generator = startGenerator(workload, server, { setup, durations, connections: 0 });
  const message = await reportOf(generator);
  generator.kill('SIGKILL');
  if (!isMeasurement(message)) throw new Error('the generator gave no measurement');
  return { kind: 'exchange', ...message, peakMemory: residentMemory(server.pid, 'VmHWM') };
}

async function measureIdle(workload: Idle, server: ServerProcess, setup: ServerSetup): Promise<Round> {
  const durations = { warmUp: 0, measured: 0 };
  const hold = async (connections: number): Promise<ChildProcess> => {
    const generator = startGenerator(workload, server, { setup, durations, connections });
    await reportOf(generator);
    return generator;
  };
  const first = await hold(FIRST_CONNECTIONS);
  await server.collectGarbage();
  const before = residentMemory(server.pid, 'VmRSS');
  const rest = await hold(workload.connections);
  await server.collectGarbage();
  const after = residentMemory(server.pid, 'VmRSS');
  const peakMemory = residentMemory(server.pid, 'VmHWM');
  for (const generator of [first, rest]) generator.kill('SIGKILL');
  return { kind: 'idle', peakMemory, bytesPerConnection: (after - before) / workload.connections };
}

function startGenerator(
  workload: Workload,
  server: ServerProcess,
  { setup, durations, connections }: { setup: ServerSetup; durations: Durations; connections: number },
): ChildProcess {
  const { warmUp, measured } = durations;
  const figures = [server.port, server.pid, warmUp, measured, connections].map(String);
  const args = [process.execPath, GENERATOR, workload.name, setup.peer.wire, ...figures];
  const [command = '', ...rest] = pinned(args, setup.pinning.generator);
  return spawn(command, rest, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
}

/** Waits for what a generator reports. */
async function reportOf(generator: ChildProcess): Promise<unknown> {
  let errors = '';
  generator.stderr?.on('data', (text) => (errors += String(text)));
  const timer = setTimeout(() => {
    errors += 'there was no result in time';
    generator.kill('SIGKILL');
  }, PATIENCE);
  try {
    return await new Promise((resolve, reject) => {
      generator.once('message', resolve);
      generator.once('close', () => reject(new Error(errors.trim() === '' ? 'the generator ended' : errors.trim())));
    });
  } finally {
    clearTimeout(timer);
  }
}

function isMeasurement(message: unknown): message is Measurement {
  return typeof message === 'object' && message !== null && 'serverCpu' in message && 'replies' in message;
}
