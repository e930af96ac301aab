/** How often it is looked, in milliseconds. */
const INTERVAL = 50;

/** Says how late the event loop is, where somebody wants to know. */
export class LoopDelay {
  readonly #isWanted: boolean;
  #timer: NodeJS.Timeout | undefined;
  #expected = 0;
  #lastDelay = 0;

  /** @param isWanted - without it, nothing is measured */
  constructor(isWanted: boolean) {
    this.#isWanted = isWanted;
  }

  /** By how much the last look was late, or the next one is already; in milliseconds. */
  current(): number {
    if (this.#timer === undefined) return 0;
    return Math.max(this.#lastDelay, performance.now() - this.#expected);
  }

  /** Begins to measure. */
  watch(): void {
    if (!this.#isWanted || this.#timer !== undefined) return;
    this.#expected = performance.now() + INTERVAL;
    this.#timer = setInterval(() => {
      const now = performance.now();
      this.#lastDelay = Math.max(0, now - this.#expected);
      this.#expected = now + INTERVAL;
    }, INTERVAL).unref();
  }

  /** Measures no more. */
  rest(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#lastDelay = 0;
  }
}
