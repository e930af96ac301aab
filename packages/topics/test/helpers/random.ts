/** A source of numbers that a seed decides (mulberry32). */
export interface Random {
  /** From 0 to 1, without 1. */
  next(): number;
  /** From 0 to `below`, without it. */
  below(below: number): number;
  /** Whether something happens that happens with this probability. */
  chance(probability: number): boolean;
  pick<T>(list: readonly T[]): T | undefined;
}

/** Makes one. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    next,
    below,
    chance: (probability) => next() < probability,
    pick: (list) => list[below(list.length)],
  };
}
