/** Precision, in milliseconds. */
const TICK = 20;

/** Measures how long something takes, without the time in which this process was too busy to notice. */
export class Stopwatch {
  #ticks = 0;
  readonly #timer = setInterval(() => this.#ticks++, TICK);

  /** Milliseconds so far. */
  get time(): number {
    return this.#ticks * TICK;
  }

  /** Stops measuring. */
  stop(): void {
    clearInterval(this.#timer);
  }
}
