/**
 * Makes a source of random whole numbers that is the same in each run (xorshift32).
 *
 * @param seed - not 0
 *
 * @returns a function that gives a number from 0 to one less than its argument, which is at most 2^32
 */
export function createRandom(seed: number): (below: number) => number {
  let state = seed | 0;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** Makes `size` random bytes, the same for the same `seed`. */
export function randomBytes(size: number, seed: number): Uint8Array<ArrayBuffer> {
  const random = createRandom(seed);
  return Uint8Array.from({ length: size }, () => random(256));
}
