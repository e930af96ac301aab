/** Steps for each doubling: neighbours are 4.4 % apart. */
const STEPS = 16;

/** In doublings of a microsecond: a quarter of an hour. */
const LONGEST = 30;

/** Latencies in steps that grow with them, so that millions take no memory. */
export class Latencies {
  readonly #counts = new Float64Array(LONGEST * STEPS + 1);
  #count = 0;

  /** Counts one, in milliseconds. */
  add(milliseconds: number): void {
    const step = Math.round(STEPS * Math.log2(Math.max(1, 1000 * milliseconds)));
    this.#counts[Math.min(step, LONGEST * STEPS)]! += 1;
    this.#count++;
  }

  /** The latency, in milliseconds, that this share of them does not exceed; 0 if there are none. */
  quantile(share: number): number {
    let missing = Math.ceil(share * this.#count);
    if (missing === 0) return 0;
    for (const [step, count] of this.#counts.entries()) {
      missing -= count;
      if (missing <= 0) return 2 ** (step / STEPS) / 1000;
    }
    return 0;
  }
}
