import { onAbort } from '../engine/abort.ts';
import { createDeferred, rejected, type Deferred } from '../engine/deferred.ts';
import type { Closure } from '../protocol/base/closure.ts';
import { ConnectionClosedError } from '../protocol/base/errors.ts';
import { Fifo } from '../protocol/base/fifo.ts';
import { isEndOfMessages } from '../connections/receiving/end-of-messages.ts';
import type { Link, WholePayload } from './links/link.ts';

/** Hands messages to whoever asks for them, in the order of asking. One that came for somebody who has given up waiting is for the next. */
export class Inlet {
  readonly #link: Link;
  readonly #waiting = new Fifo<Deferred<WholePayload | undefined>>();
  #held: WholePayload | undefined;
  #isAsking = false;
  #ignores = false;
  #closure: Closure | undefined;

  constructor(link: Link) {
    this.#link = link;
  }

  /**
   * Waits for the next message.
   *
   * @returns `undefined` at the end of the messages
   *
   * @throws {ConnectionClosedError} there may be messages that did not come
   */
  take(signal: AbortSignal | undefined): Promise<WholePayload | undefined> {
    if (signal?.aborted === true) return rejected(signal.reason);
    const deferred = createDeferred<WholePayload | undefined>();
    const entry = this.#waiting.put(deferred);
    onAbort(signal, deferred.promise, (reason) => {
      if (this.#waiting.remove(entry)) deferred.reject(reason);
    });
    void this.#serve();
    return deferred.promise;
  }

  /** From now on, messages are dropped as they come. Repeating it does nothing. */
  ignore(): void {
    this.#ignores = true;
    void this.#serve();
  }

  async #serve(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    while (this.#closure === undefined && (this.#ignores || this.#waiting.size > 0)) {
      const message = this.#held ?? (await this.#link.receive());
      this.#held = undefined;
      if (message === undefined) this.#closure = await this.#link.closed;
      else if (!this.#ignores) this.#give(message);
    }
    this.#isAsking = false;
    if (this.#closure !== undefined) this.#endAll(this.#closure);
  }

  #give(message: WholePayload): void {
    const first = this.#waiting.take();
    if (first === undefined) this.#held = message;
    else first.resolve(message);
  }

  #endAll(closure: Closure): void {
    for (const { resolve, reject } of this.#waiting.takeAll()) {
      if (isEndOfMessages(closure)) resolve(undefined);
      else reject(new ConnectionClosedError(closure));
    }
  }
}
