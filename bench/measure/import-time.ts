import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

import { BENCH_FOLDER, RUNNERS } from './command.ts';
import type { Contestant } from './contestant.ts';
import { pinned } from './pinning.ts';
import type { Round } from '../results/round.ts';

interface Times {
  readonly serverCpu: number;
  readonly seconds: number;
}

/** Imports of a round: the one in the middle counts. */
const STARTS = 7;

/** Imports the package of a peer, each time in a new process. */
export async function measureImport(
  { peer, runtime, nodeOptions }: Contestant,
  processor: number | undefined,
): Promise<Round> {
  const [command = '', ...options] = runtime?.command ?? RUNNERS.node;
  const source = `
    const [cpu, time] = [process.cpuUsage(), performance.now()];
    await import(${JSON.stringify(peer.module)});
    const { user, system } = process.cpuUsage(cpu);
    console.log(JSON.stringify({ serverCpu: (user + system) / 1e6, seconds: (performance.now() - time) / 1e3 }));
    process.exit(0);`;
  const args = [command, ...nodeOptions, ...options, '--input-type=module', '--eval', source];
  const results: Times[] = [];
  for (let start = 0; start < STARTS; start++) {
    const [program = '', ...rest] = pinned(args, processor);
    const child = spawn(program, rest, { cwd: BENCH_FOLDER, stdio: ['ignore', 'pipe', 'pipe'] });
    const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
    if (output === '') throw new Error(errors.trim().split('\n').slice(-1).join(''));
    results.push(parseTimes(output));
  }
  const [result = { serverCpu: 0, seconds: 0 }] = results
    .sort((a, b) => a.serverCpu - b.serverCpu)
    .slice(Math.floor(STARTS / 2));
  return { kind: 'import', ...result };
}

function parseTimes(text: string): Times {
  const value: unknown = JSON.parse(text);
  const isRight = typeof value === 'object' && value !== null && 'serverCpu' in value && 'seconds' in value;
  if (!isRight) throw new Error(`not the times of an import: ${text}`);
  return { serverCpu: Number(value.serverCpu), seconds: Number(value.seconds) };
}
