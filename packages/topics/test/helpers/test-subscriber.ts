import type { PreparedMessage } from 'millrace';

import type { Subscriber } from '../../src/index.ts';

/** A subscriber that a test can make slow, and that keeps what it is sent. */
export class TestSubscriber<Context = undefined> implements Subscriber<Context> {
  readonly context: Context;
  readonly received: string[] = [];
  readonly closed: Promise<void>;
  /** How it was closed. */
  closeCode: number | undefined;
  #isSlow = false;
  #drained: (() => void)[] = [];
  #failed: ((error: Error) => void)[] = [];
  #end: () => void = () => undefined;

  constructor(context: Context) {
    this.context = context;
    this.closed = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  send(message: PreparedMessage): void {
    this.received.push(new TextDecoder().decode(message.payload));
  }

  get isSlow(): boolean {
    return this.#isSlow;
  }

  drained(): Promise<void> {
    if (!this.#isSlow) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#drained.push(resolve);
      this.#failed.push(reject);
    });
  }

  close(code = 1000): void {
    this.closeCode = code;
    this.#end();
    for (const fail of this.#failed) fail(new Error('it has ended'));
  }

  slowDown(): void {
    this.#isSlow = true;
  }

  drain(): void {
    this.#isSlow = false;
    for (const resolve of this.#drained) resolve();
    this.#drained = [];
    this.#failed = [];
  }
}
