import { Fifo } from '../protocol/base/fifo.ts';
import { Opcode } from '../protocol/base/opcode.ts';
import type { MessageSender } from '../protocol/connection/message-sender.ts';
import { onAbort } from './abort.ts';
import { createDeferred, rejected, type Deferred } from './deferred.ts';

interface PendingPing {
  readonly number: number;
  readonly sentAt: number;
  readonly answered: Deferred<number>;
}

/** Bytes of the payload of our pings: a number, which tells them apart. */
const SIZE = 4;

/** The pings of a connection that are not answered yet. */
export class Pings {
  #count = 0;
  /** In the order in which they were sent. */
  readonly #pending = new Fifo<PendingPing>();

  /** Sends one. */
  send(sender: Pick<MessageSender, 'sendControlFrame'>, signal: AbortSignal | undefined): Promise<number> {
    if (signal?.aborted === true) return rejected(signal.reason);
    this.#count = (this.#count + 1) >>> 0;
    const ping = { number: this.#count, sentAt: performance.now(), answered: createDeferred<number>() };
    const entry = this.#pending.put(ping);
    const payload = new Uint8Array(SIZE);
    new DataView(payload.buffer).setUint32(0, ping.number);
    sender.sendControlFrame(Opcode.PING, payload);
    onAbort(signal, ping.answered.promise, (reason) => {
      this.#pending.remove(entry);
      ping.answered.reject(reason);
    });
    return ping.answered.promise;
  }

  /**
   * Takes a pong: it answers its ping, and those before it, for a peer may answer only the newest (RFC 6455 §5.5.3).
   *
   * @returns the time since the newest of them was sent, in milliseconds; `undefined` if it answers none
   */
  receive(payload: Uint8Array): number | undefined {
    if (payload.length !== SIZE) return undefined;
    const number = new DataView(payload.buffer, payload.byteOffset, SIZE).getUint32(0);
    // Pongs that nobody asked for may be anything (RFC 6455 §5.5.3).
    if (!isUpTo(number, this.#count)) return undefined;
    const now = performance.now();
    let latency: number | undefined;
    // That a ping was given up does not keep its pong from answering those before it.
    for (
      let ping = this.#pending.peek();
      ping !== undefined && isUpTo(ping.number, number);
      ping = this.#pending.peek()
    ) {
      this.#pending.take();
      latency = now - ping.sentAt;
      ping.answered.resolve(latency);
    }
    return latency;
  }

  /** No pong will come any more. */
  end(error: Error): void {
    for (const { answered } of this.#pending.takeAll()) answered.reject(error);
  }
}

/** Whether a ping was sent before another one, or is the same. Their numbers start anew after 2^32. */
function isUpTo(number: number, other: number): boolean {
  return ((other - number) | 0) >= 0;
}
