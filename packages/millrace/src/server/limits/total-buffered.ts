import { TotalBuffered } from '../../engine/total-buffered.ts';
import { overload } from './admission.ts';

/** What limits the memory of a server, and says why no connection can be had. */
export interface MemoryLimit {
  /** For its connections; `undefined` without a limit. */
  readonly totalBuffered: TotalBuffered | undefined;
  findObstacle(): Error | undefined;
}

/** Makes what holds the option `maxTotalBuffered`. */
export function createMemoryLimit({ maxTotalBuffered: limit }: { readonly maxTotalBuffered: number }): MemoryLimit {
  const totalBuffered = limit === Infinity ? undefined : new TotalBuffered(limit);
  return {
    totalBuffered,
    findObstacle: () =>
      totalBuffered?.isExceeded === true ? overload('maxTotalBuffered', `${String(limit)} bytes`) : undefined,
  };
}
