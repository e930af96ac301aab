import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';

import type { Machine } from '../results/stored.ts';
import { BENCH_FOLDER } from './command.ts';
import type { Pinning } from './pinning.ts';

/** Says what this machine is, but not what it is called. */
export function describeMachine(pinning: Pinning): Machine {
  const processors = cpus();
  return {
    processor: processors[0]?.model.trim() ?? 'unknown processor',
    processors: processors.length,
    memory: Math.round(totalmem() / 2 ** 30),
    // The version of the kernel without what its builder has added.
    system: `Linux ${/^\d+\.\d+/.exec(release())?.[0] ?? ''}`.trim(),
    node: process.versions.node,
    isPinned: pinning.problem === undefined,
  };
}

/** How many threads wanted a processor, on average over the last minute. */
export function loadAverage(): number {
  return loadavg()[0] ?? 0;
}

/** Version and commit of Millrace. */
export function describeMillrace(): string {
  const content: unknown = JSON.parse(readFileSync(`${BENCH_FOLDER}../packages/millrace/package.json`, 'utf8'));
  const version =
    typeof content === 'object' && content !== null && 'version' in content ? String(content.version) : '';
  const git = (...args: string[]): string =>
    spawnSync('git', args, { cwd: BENCH_FOLDER, encoding: 'utf8' }).stdout.trim();
  const commit = git('rev-parse', '--short', 'HEAD');
  const isChanged = git('status', '--porcelain', '--', '../packages') !== '';
  return commit === '' ? version : `${version} (${commit}${isChanged ? ', changed' : ''})`;
}
