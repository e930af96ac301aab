import { join } from 'node:path';

import type { Outcome } from '../test-case.ts';
import { withTimeout } from '../timeout.ts';
import { run, start, stop, waitForListener } from './program.ts';
import { REDIS_CASES } from './redis-cases.ts';
import { ROUTES, type Route } from './routes.ts';

/** Packages of Debian that tunnels are tried with. */
export const TUNNEL_PACKAGES: readonly string[] = ['redis-server', 'redis-tools', 'python3-websockify'];

/** In milliseconds, for one case. */
const CASE_TIMEOUT = 30_000;

/** What came of a route. */
export interface RouteResult {
  readonly route: string;
  readonly outcomes: readonly Outcome[];
}

/** What came of all routes. */
export interface RouteResults {
  readonly versions: Readonly<Record<string, string>>;
  readonly routes: readonly RouteResult[];
}

/**
 * Starts Redis, and reaches it on every route.
 *
 * @param temporary a folder for its socket
 * @param words part of the name of a case; `''` for all
 */
export async function runTunnels(temporary: string, words: string): Promise<RouteResults> {
  const socketPath = join(temporary, 'redis');
  const redis = start('redis-server', [
    ...['--port', '0', '--unixsocket', socketPath, '--save', '', '--appendonly', 'no', '--dir', temporary],
  ]);
  try {
    await waitForListener({ path: socketPath });
    const routes: RouteResult[] = [];
    for (const route of ROUTES) {
      const outcomes = await runRoute(route, socketPath, words);
      routes.push({ route: route.name, outcomes });
    }
    return { versions: await findVersions(TUNNEL_PACKAGES), routes };
  } finally {
    await stop(redis);
  }
}

async function runRoute(route: Route, socketPath: string, words: string): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const server = await route.serve(socketPath);
  const client = await route.listen(server.place);
  for (const { name, carryOut } of REDIS_CASES.filter((one) => one.name.includes(words))) {
    const begin = performance.now();
    const explain = (): string => 'It did not end';
    const details = await withTimeout(carryOut(client.place), CASE_TIMEOUT, explain).catch((error: unknown) => [
      error instanceof Error ? error.message : String(error),
    ]);
    const milliseconds = Math.round(performance.now() - begin);
    const status = details.length === 0 ? 'passed' : 'failed';
    outcomes.push({ group: name, case: name, status, details, milliseconds });
  }
  await client.close();
  await server.close();
  return outcomes;
}

/** Finds the versions of packages of Debian. */
export async function findVersions(packages: readonly string[]): Promise<Record<string, string>> {
  const query = ['--show', '--showformat=${binary:Package} ${Version}\n', ...packages];
  const output = String(await run('dpkg-query', query)).trim();
  return Object.fromEntries(output.split('\n').map((line) => [line.replace(/ .*/, ''), line.replace(/.* /, '')]));
}
