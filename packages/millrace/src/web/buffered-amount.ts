import { Fifo } from '../protocol/base/fifo.ts';

/** Up to this size on the wire, messages that follow each other are counted together, in bytes: a count for each would cost more than they do. */
const COUNTED_TOGETHER = 4096;

/** Messages that follow each other. */
interface SentMessages {
  /** Bytes of the messages themselves. */
  size: number;
  /** Bytes that they have on the wire, with the headers of their frames. */
  wireSize: number;
}

/**
 * Keeps account of what was sent and has not left: payload alone, where the engine counts what is on the wire.
 *
 * Messages leave in order, so what is left on the wire tells which of them are gone, and how much of those that are leaving. A pong among them may hold the
 * account up until it has left too.
 *
 * @see WHATWG WebSockets §3.1, `bufferedAmount`
 */
export class BufferedAmount {
  readonly #sent = new Fifo<SentMessages>();
  /** The last entry of the queue. */
  #last: SentMessages | undefined;
  /** Sums over what is in the queue. */
  #size = 0;
  #wireSize = 0;
  /** Bytes of the first entry in the queue that have left. */
  #left = 0;
  /** What came too late to be sent, and will never leave. */
  #lost = 0;

  /** Adds a message that was handed over to be sent. */
  addSent(size: number, wireSize: number): void {
    this.#size += size;
    this.#wireSize += wireSize;
    if (this.#last !== undefined && this.#last.wireSize + wireSize <= COUNTED_TOGETHER) {
      this.#last.size += size;
      this.#last.wireSize += wireSize;
    } else {
      this.#last = { size, wireSize };
      this.#sent.put(this.#last);
    }
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
    for (let first = this.#sent.peek(); first !== undefined; first = this.#sent.peek()) {
      const restOfFirst = wireRest - (this.#wireSize - first.wireSize);
      if (restOfFirst > 0) {
        const rest = Math.min(restOfFirst / first.wireSize, 1);
        this.#left = first.size - Math.ceil(first.size * rest);
        return;
      }
      this.#left = 0;
      this.#sent.take();
      this.#size -= first.size;
      this.#wireSize -= first.wireSize;
    }
    this.#last = undefined;
  }

  /** Bytes of payload that have not left, as {@link settle} found them last. */
  get value(): number {
    return this.#size - this.#left + this.#lost;
  }
}
