import { Fifo } from '../protocol/base/fifo.ts';

interface SentMessage {
  /** Bytes of the message itself. */
  readonly size: number;
  /** Bytes that it has on the wire, with the headers of its frames. */
  readonly wireSize: number;
}

/**
 * Keeps account of what was sent and has not left: payload alone, where the engine counts what is on the wire.
 *
 * Messages leave in order, so what is left on the wire tells which of them are gone. A pong among them may hold the account up until it has left
 * too.
 *
 * @see WHATWG WebSockets §3.1, `bufferedAmount`
 */
export class BufferedAmount {
  readonly #messages = new Fifo<SentMessage>();
  /** Sums over what is in the queue. */
  #size = 0;
  #wireSize = 0;
  /** Bytes of the first message in the queue that have left. */
  #left = 0;
  /** What came too late to be sent, and will never leave. */
  #lost = 0;

  /** Adds a message that was handed over to be sent. */
  addSent(size: number, wireSize: number): void {
    this.#messages.put({ size, wireSize });
    this.#size += size;
    this.#wireSize += wireSize;
  }

  /** Adds a message that cannot be sent any more. */
  addLost(size: number): void {
    this.#lost += size;
  }

  /**
   * Settles the account.
   *
   * @param wireRest - bytes that have not left, on the wire
   */
  settle(wireRest: number): void {
    for (let first = this.#messages.peek(); first !== undefined; first = this.#messages.peek()) {
      const restOfFirst = wireRest - (this.#wireSize - first.wireSize);
      if (restOfFirst > 0) {
        this.#left = Math.max(first.size - restOfFirst, 0);
        return;
      }
      this.#left = 0;
      this.#messages.take();
      this.#size -= first.size;
      this.#wireSize -= first.wireSize;
    }
  }

  /** Bytes of payload that have not left, as {@link settle} found them last. */
  get value(): number {
    return this.#size - this.#left + this.#lost;
  }
}
