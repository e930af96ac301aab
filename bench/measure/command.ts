import { fileURLToPath } from 'node:url';

import type { Host, Peer } from '../peers.ts';
import { isClient, type Workload } from '../workloads/workload.ts';
import type { Contestant } from './contestant.ts';

/** The folder of the benchmarks, which peers are installed in. */
export const BENCH_FOLDER: string = fileURLToPath(new URL('../../', import.meta.url));

/** Where Debian has Python, and its packages. */
export const PYTHON = '/usr/bin/python3';

/** What runs programs, for each host; the program and its arguments follow. */
export const RUNNERS: Readonly<Record<Host, readonly string[]>> = {
  node: [process.execPath, '--expose-gc'],
  bun: [`${BENCH_FOLDER}node_modules/@oven/bun-linux-x64/bin/bun`],
  deno: [
    ...[`${BENCH_FOLDER}node_modules/@deno/linux-x64-glibc/deno`, 'run', '--quiet', '--allow-all', '--no-lock'],
    ...['--node-modules-dir=manual', '--no-remote'],
  ],
  python: [PYTHON],
  native: [],
};

/** Where the programs of a host lie: compiled, but for those of Python. */
const FOLDERS: Readonly<Record<Host, string>> = {
  node: `${BENCH_FOLDER}dist/peers/`,
  bun: `${BENCH_FOLDER}dist/peers/`,
  deno: `${BENCH_FOLDER}dist/peers/`,
  python: `${BENCH_FOLDER}peers/`,
  native: `${BENCH_FOLDER}dist/peers/`,
};

/** The whole command line with which a peer is started for a workload. */
export function commandOf({ peer, runtime, nodeOptions }: Contestant, workload: Workload, port: number): string[] {
  if (workload.kind === 'import') throw new Error('nothing is served');
  const [runner, options] = runtime === undefined ? [RUNNERS[peer.host], nodeOptions] : [runtime.command, []];
  const [command, ...rest] = runner;
  const batch = workload.kind === 'exchange' ? workload.batch : 1;
  return [
    ...(command === undefined ? [] : [command, ...(peer.host === 'node' ? options : []), ...rest]),
    `${FOLDERS[peer.host]}${programOf(peer, workload)}`,
    ...[String(port), workload.mode, peer.variant ?? '', String(workload.size), String(batch)],
  ];
}

function programOf({ program, client = program }: Peer, workload: Workload): string {
  return isClient(workload) ? client : program;
}
