import { Fifo } from '../base/fifo.ts';

/** How long messages may be handed out in one turn of the event loop, in milliseconds. */
const SLICE = 10;

/** Something that has messages to hand out. */
export interface HandingOut {
  /**
   * Hands out one message, or a part of it.
   *
   * @param mayGoOn - whether there is time left, asked now and then
   *
   * @returns whether there is more to hand out
   */
  handOut(mayGoOn: () => boolean): boolean;
}

/** Shares the time of the process between topics: each hands out a message in turn, and all together no longer than a slice in a turn of the event loop. */
export class FanOut {
  readonly #waiting = new Fifo<HandingOut>();
  #sliceEnd = 0;
  #isRunning = false;
  #isScheduled = false;

  /** Has messages handed out: at once, while there is time. To be called once for each that has something to hand out, until it has no more. */
  add(topic: HandingOut): void {
    this.#waiting.put(topic);
    if (!this.#isScheduled) this.#beginSlice();
    if (!this.#isRunning) this.#run();
  }

  /** Waits for time to hand something out beside the topics: for those who catch up. */
  async turn(): Promise<void> {
    if (!this.#isScheduled) this.#beginSlice();
    while (performance.now() >= this.#sliceEnd) {
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      if (!this.#isScheduled) this.#beginSlice();
    }
  }

  #beginSlice(): void {
    this.#sliceEnd = performance.now() + SLICE;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      if (this.#waiting.size === 0) return;
      this.#beginSlice();
      this.#run();
    });
  }

  #run(): void {
    this.#isRunning = true;
    const mayGoOn = (): boolean => performance.now() < this.#sliceEnd;
    while (this.#waiting.size > 0 && mayGoOn()) {
      const topic = this.#waiting.take();
      if (topic?.handOut(mayGoOn) === true) this.#waiting.put(topic);
    }
    this.#isRunning = false;
  }
}
