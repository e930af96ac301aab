import { spawnSync } from 'node:child_process';

import { allowedProcessors } from './process-figures.ts';

/** Which processor is whose; `undefined` where nothing is pinned. */
export interface Pinning {
  readonly server: number | undefined;
  readonly generator: number | undefined;
  /** Why nothing is pinned, if so. */
  readonly problem: string | undefined;
}

/** Finds a processor for the server and another for the generator. */
export function choosePinning(): Pinning {
  const none = { server: undefined, generator: undefined };
  const [server, generator] = allowedProcessors();
  if (generator === undefined) return { ...none, problem: 'there is only one processor' };
  if (spawnSync('taskset', ['--version'], { stdio: 'ignore' }).status !== 0) {
    return { ...none, problem: 'there is no taskset (of util-linux)' };
  }
  return { server, generator, problem: undefined };
}

/** The command that runs `command` on one processor. */
export function pinned(command: readonly string[], processor: number | undefined): readonly string[] {
  return processor === undefined ? command : ['taskset', '-c', String(processor), ...command];
}
