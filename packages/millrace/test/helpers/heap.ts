import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Says how many bytes of memory what `make` makes keeps alive, buffers included, so that it must be called for something large. */
export function measureRetained(make: () => unknown): number {
  const before = usedMemory();
  const kept: unknown[] = [make()];
  const after = usedMemory();
  kept.pop();
  return after - before;
}

function usedMemory(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
