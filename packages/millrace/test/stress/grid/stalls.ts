/** How often the event loop is looked at, in milliseconds. */
const INTERVAL = 5;

/**
 * Measures how long the event loop stands still at most, in time of the processor: on a machine that has other things to do, a process may be held up by
 * those for longer than by its own work.
 */
export class Stalls {
  #last = performance.now();
  #lastWork = workTime();
  #longest = 0;
  readonly #timer = setInterval(() => {
    this.#look();
  }, INTERVAL);

  /** The longest time between two turns so far, in milliseconds. */
  get longest(): number {
    this.#look();
    return this.#longest;
  }

  /** Begins anew. */
  reset(): void {
    this.#last = performance.now();
    this.#lastWork = workTime();
    this.#longest = 0;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const now = performance.now();
    const work = workTime();
    this.#longest = Math.max(this.#longest, Math.min(now - this.#last - INTERVAL, work - this.#lastWork));
    this.#last = now;
    this.#lastWork = work;
  }
}

/** Processor time of this process so far, in milliseconds. */
function workTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
