import { CATALOGUE, FuzzingServer, selectCases, testServer, type AgentReport, type Role } from '@millrace/conformance';

import type { Defects } from './naive/behaviour.ts';
import { runNaiveClient } from './naive/client.ts';
import { startNaiveServer } from './naive/server.ts';

/** A run against a naive peer. */
export interface NaiveRun {
  readonly role: Role;
  readonly defects: Defects;
  /** Globs over ids; all cases, if there are none. */
  readonly include?: readonly string[];
}

/** Tests a naive peer in this process, with what a quick run has. */
export async function testNaive({ role, defects, include = [] }: NaiveRun): Promise<AgentReport> {
  const selected = selectCases(CATALOGUE, { role, include, quick: true });
  if (role === 'server') {
    const server = await startNaiveServer(defects);
    const report = await testServer(server.url, selected, { agent: 'naive', concurrency: 4 });
    server.close();
    return report;
  }
  const fuzzer = new FuzzingServer(selected, { port: 0 });
  const port = await fuzzer.listen();
  await runNaiveClient(`ws://127.0.0.1:${String(port)}`, 'naive', defects);
  const report = fuzzer.report('naive');
  await fuzzer.close();
  return report;
}
