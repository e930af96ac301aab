import {
  CATALOGUE,
  FuzzingServer,
  selectCases,
  testServer,
  type AgentReport,
  type CaseResult,
  type Role,
} from '@millrace/conformance';

import type { BrokenPeer } from './broken-peers.ts';
import type { Defects } from './naive/behaviour.ts';
import { runNaiveClient } from './naive/client.ts';
import type { Habits } from './naive/habits.ts';
import { startNaiveServer } from './naive/server.ts';

/** A run against a naive peer. */
export interface NaiveRun {
  readonly role: Role;
  readonly defects?: Defects;
  readonly habits?: Habits;
  /** Globs over ids; all cases, if there are none. */
  readonly include?: readonly string[];
  readonly timeScale?: number;
}

/** Of the time that a slow peer has: a broken one often says nothing until it is over. */
const BROKEN_TIME = 0.4;

/** Runs the case that is meant for a broken peer. */
export async function testBrokenPeer({ role, defects, caughtBy }: BrokenPeer): Promise<CaseResult | undefined> {
  // Some defects show on a second connection only.
  const include = role === 'client' ? ['21.1.1', caughtBy] : [caughtBy];
  const report = await testNaive({ role, defects, include, timeScale: BROKEN_TIME });
  return report.cases.find(({ id }) => id === caughtBy);
}

/** Tests a naive peer in this process, with what a quick run has. */
export async function testNaive(run: NaiveRun): Promise<AgentReport> {
  const { role, defects = {}, habits = {}, include = [], timeScale } = run;
  const selected = selectCases(CATALOGUE, { role, include, quick: true });
  if (role === 'server') {
    const server = await startNaiveServer(defects, habits);
    try {
      return await testServer(server.url, selected, { agent: 'naive', concurrency: 4, timeScale });
    } finally {
      server.close();
    }
  }
  const fuzzer = new FuzzingServer(selected, { port: 0, timeScale });
  const port = await fuzzer.listen();
  await runNaiveClient(`ws://127.0.0.1:${String(port)}`, 'naive', defects, habits);
  const report = fuzzer.report('naive');
  await fuzzer.close();
  return report;
}
