/** In milliseconds. */
const INTERVAL = 20;

/** Watches the resident memory of its own process. */
export class MemorySampler {
  readonly #baseline = process.memoryUsage.rss();
  readonly #timer = setInterval(() => this.sample(), INTERVAL).unref();
  #rss = this.#baseline;
  #peak = this.#baseline;

  /** In bytes, when it was last looked at. */
  get rss(): number {
    return this.#rss;
  }

  /** The highest resident memory that was seen minus the first, in bytes. */
  get growth(): number {
    return this.#peak - this.#baseline;
  }

  /** Looks now. */
  sample(): void {
    this.#rss = process.memoryUsage.rss();
    this.#peak = Math.max(this.#peak, this.#rss);
  }

  /** Looks for the last time. */
  stop(): void {
    clearInterval(this.#timer);
    this.sample();
  }
}
