import { Fifo } from '../../protocol/base/fifo.ts';

/** Keeps jobs on the thread pool from being more than it can use: each takes up to 320 KiB while it waits there. */
export class PoolGate {
  readonly #limit: number;
  readonly #waiting = new Fifo<() => void>();
  #running = 0;

  /** @param limit - how many jobs there may be at a time */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Waits until there may be another job. Each that comes in must {@link leave}. */
  enter(): Promise<void> | undefined {
    if (this.#running === this.#limit) return new Promise((resolve) => this.#waiting.put(resolve));
    this.#running++;
    return undefined;
  }

  /** Lets the next one in. */
  leave(): void {
    const next = this.#waiting.take();
    if (next === undefined) this.#running--;
    else next();
  }
}
