import { ENTRY_COST } from '../protocol/base/costs.ts';
import { toError } from '../protocol/base/errors.ts';
import type { Closure } from '../protocol/base/closure.ts';
import { MessageType } from '../protocol/base/opcode.ts';
import type { Connection } from '../protocol/connection/connection.ts';
import { createDeferred } from '../engine/deferred.ts';
import { BufferedAmount } from './buffered-amount.ts';
import { sizeOf } from './idl/message-data.ts';

/** Sends what a {@link WebSocket} was given, in order, a `Blob` too, which has to be read first. Counts what has not left. */
export class Outbox {
  readonly #connection: Connection;
  readonly #amount = new BufferedAmount();

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Bytes of messages that have not left; what is sent too late never leaves. */
  get bufferedAmount(): number {
    this.#settle();
    return this.#amount.value;
  }

  /** Sends a message. */
  send(data: string | Uint8Array | Blob): void {
    const { sender } = this.#connection;
    const size = sizeOf(data);
    if (!sender.canSendMessages) {
      this.#amount.addLost(size);
      return;
    }
    this.#settle();
    const before = sender.bufferedAmount;
    if (data instanceof Blob) void this.#sendBlob(data);
    else sender.sendMessage(data, { opcode: typeof data === 'string' ? MessageType.TEXT : MessageType.BINARY });
    // The send may have been too much, and have failed the connection.
    if (this.#isSending) this.#amount.addSent(size, sender.bufferedAmount - before);
    else this.#amount.addLost(size);
  }

  /** The connection has ended. */
  end({ unsentBytes }: Closure): void {
    this.#amount.settle(unsentBytes);
  }

  /** Keeps its place among the messages, while it is read. */
  async #sendBlob(blob: Blob): Promise<void> {
    const { sender } = this.#connection;
    const turn = createDeferred<undefined>();
    const holder = {
      isWhole: true,
      pendingSize: blob.size,
      pendingCost: blob.size + ENTRY_COST,
      onTurn: () => turn.resolve(undefined),
      onClosing: () => true,
      onLost: turn.reject,
    };
    if (!sender.admit(blob.size)) return;
    if (sender.takeTurn(holder) === undefined) turn.resolve(undefined);
    try {
      const [bytes] = await Promise.all([blob.arrayBuffer(), turn.promise]);
      sender.sendInTurn(holder, new Uint8Array(bytes), MessageType.BINARY);
    } catch (error) {
      // A file that has changed, for one. What comes after it must not be taken for it.
      this.#connection.fail(toError(error));
    }
  }

  #settle(): void {
    // What a connection gives up that fails has not left.
    if (this.#isSending) this.#amount.settle(this.#connection.sender.bufferedAmount);
  }

  get #isSending(): boolean {
    const { state, transport } = this.#connection;
    return state !== 'failing' && state !== 'failed' && state !== 'closed' && transport !== 'drop';
  }
}
