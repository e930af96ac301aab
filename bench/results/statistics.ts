/** A median, and an interval that contains what it estimates. */
export interface Estimate {
  readonly median: number;
  readonly low: number;
  readonly high: number;
  /** How probable that is, from 0 to 1. */
  readonly confidence: number;
}

/** What an interval is to be trusted, if there are values enough. */
const WANTED = 0.95;

/**
 * The median of independent values, and the narrowest interval between two of them that contains the median of all possible values with a
 * probability of 95 %. It assumes nothing of how they are distributed: each of them lies below that median with a probability of ½.
 * Fewer than six values do not suffice for 95 %: then the interval is from the least to the greatest, and its probability is less (75 % for
 * three, 93.75 % for five).
 *
 * @throws {Error} there is no value
 */
export function estimate(values: readonly number[]): Estimate {
  const sorted = [...values].sort((a, b) => a - b);
  const count = sorted.length;
  if (count === 0) throw new Error('there is no value to estimate from');
  // Leaving out `cut` values at each end, as many as can be.
  let cut = 0;
  while (cut + 1 < count / 2 && confidenceOf(count, cut + 1) >= WANTED) cut++;
  return {
    median: medianOfSorted(sorted),
    low: sorted[cut]!,
    high: sorted[count - 1 - cut]!,
    confidence: confidenceOf(count, cut),
  };
}

/** The median of values; NaN if there is none. */
export function median(values: readonly number[]): number {
  return medianOfSorted([...values].sort((a, b) => a - b));
}

function medianOfSorted(sorted: readonly number[]): number {
  const middle = sorted.length / 2;
  if (sorted.length === 0) return NaN;
  return sorted.length % 2 === 1 ? sorted[Math.floor(middle)]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** That the median lies between the values with these ranks: neither `cut` or fewer are below it, nor above it. */
function confidenceOf(count: number, cut: number): number {
  let outside = 0;
  let ways = 1;
  for (let below = 0; below <= cut; below++) {
    outside += ways;
    ways = (ways * (count - below)) / (below + 1);
  }
  return Math.max(0, 1 - (2 * outside) / 2 ** count);
}
