import { toError } from '../protocol/base/errors.ts';
import { MessageType } from '../protocol/base/opcode.ts';
import type { Connection } from '../protocol/connection/connection.ts';
import { BufferedAmount } from './buffered-amount.ts';
import type { CheckedCloseInfo } from './close-info.ts';
import { Fifo } from '../protocol/base/fifo.ts';
import { sizeOf } from './message-data.ts';

interface WaitingMessage {
  /** `undefined` as long as the `Blob` is being read. */
  data: string | Uint8Array | undefined;
  readonly size: number;
}

/**
 * Sends what a {@link WebSocket} was given, in order: a `Blob` has to be read first, and what comes after it waits, the Close frame too. Counts
 * what has not left.
 */
export class Outbox {
  readonly #connection: Connection;
  readonly #amount = new BufferedAmount();
  readonly #waiting = new Fifo<WaitingMessage>();
  #waitingSize = 0;
  /** What to close with after all that waits. */
  #close: CheckedCloseInfo | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
    // What has left is looked at when there is something new; otherwise it would be unknown at the end.
    connection.sender.tellsEachDrain = true;
  }

  /** Bytes of messages that have not left; what is sent too late never leaves. */
  get bufferedAmount(): number {
    this.#settle();
    return this.#waitingSize + this.#amount.value;
  }

  /** Sends a message. */
  send(data: string | Uint8Array | Blob): void {
    if (data instanceof Blob) {
      const message = { data: undefined, size: data.size };
      this.#wait(message);
      void this.#read(data, message);
    } else if (this.#waiting.size > 0) this.#wait({ data, size: sizeOf(data) });
    else this.#hand(data, sizeOf(data));
  }

  /** Closes the connection after all that was sent. */
  close(info: CheckedCloseInfo): void {
    if (this.#waiting.size > 0) this.#close = info;
    else this.#connection.close(info.code, info.reason);
  }

  /** Takes the news that all output is written. */
  drained(): void {
    this.#amount.settle(0);
  }

  #wait(message: WaitingMessage): void {
    this.#waiting.put(message);
    this.#waitingSize += message.size;
  }

  async #read(blob: Blob, message: WaitingMessage): Promise<void> {
    try {
      message.data = new Uint8Array(await blob.arrayBuffer());
    } catch (error) {
      // A file that has changed, for one. What comes after it must not be taken for it.
      this.#connection.fail(toError(error));
      return;
    }
    for (let first = this.#waiting.peek(); first?.data !== undefined; first = this.#waiting.peek()) {
      this.#waiting.take();
      this.#waitingSize -= first.size;
      this.#hand(first.data, first.size);
    }
    if (this.#waiting.size === 0 && this.#close !== undefined) this.close(this.#close);
  }

  #hand(data: string | Uint8Array, size: number): void {
    const { sender } = this.#connection;
    if (this.#connection.state !== 'open') {
      this.#amount.addLost(size);
      return;
    }
    this.#settle();
    const before = sender.bufferedAmount;
    sender.sendMessage(data, typeof data === 'string' ? MessageType.TEXT : MessageType.BINARY);
    // The send may have been too much, and have failed the connection.
    if (this.#isSending()) this.#amount.addSent(size, sender.bufferedAmount - before);
    else this.#amount.addLost(size);
  }

  #settle(): void {
    // What a connection gives up that fails has not left.
    if (this.#isSending()) this.#amount.settle(this.#connection.sender.bufferedAmount);
  }

  #isSending(): boolean {
    const { state, transport } = this.#connection;
    return state !== 'failed' && state !== 'closed' && transport !== 'drop';
  }
}
