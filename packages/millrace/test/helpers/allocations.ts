/** What was allocated while something ran. */
export interface Allocations {
  /** How many typed arrays of bytes were made that have memory of their own. */
  readonly count: number;
  /** What they hold, in bytes. */
  readonly bytes: number;
}

/** Counts the `Uint8Array`s with memory of their own that are made while `run` runs, at any place in the process. */
export function countAllocations(run: (soFar: () => Allocations) => void): Allocations {
  const real = globalThis.Uint8Array;
  let count = 0;
  let bytes = 0;
  globalThis.Uint8Array = new Proxy(real, {
    construct(target, parameters: unknown[], newTarget) {
      const made: unknown = Reflect.construct(
        target,
        parameters,
        newTarget === globalThis.Uint8Array ? target : newTarget,
      );
      if (made instanceof real && !(parameters[0] instanceof ArrayBuffer)) {
        count++;
        bytes += made.length;
      }
      return made as object;
    },
  });
  try {
    run(() => ({ count, bytes }));
  } finally {
    globalThis.Uint8Array = real;
  }
  return { count, bytes };
}
