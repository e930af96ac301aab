import type { Closure } from '../protocol/base/closure.ts';
import { ConnectionClosedError } from '../protocol/base/errors.ts';
import { MessageType } from '../protocol/base/opcode.ts';
import { Fifo } from '../protocol/base/fifo.ts';
import type { ConnectionEvents, OpenedConnection } from './open-connection.ts';
import type { StreamableConnection, StreamableMessage } from './streamable-connection.ts';

/** What a message counts for besides its bytes, so that not too many empty ones are read ahead. */
const MESSAGE_OVERHEAD = 64;

/** The reason with which receiving waits for the reader. */
const READER = 'reader';

/**
 * A client's connection whose messages are asked for. It reads ahead up to the high-water mark: to pause after each message would have the engine
 * put the rest of what was read aside each time.
 */
export class EngineConnection implements StreamableConnection, ConnectionEvents {
  /** How the connection ended; never rejects. */
  readonly closed: Promise<Closure>;
  readonly #opened: OpenedConnection;
  readonly #highWaterMark: number;
  readonly #messages = new Fifo<string | Uint8Array>();
  /** What the messages count for that wait. */
  #readAhead = 0;
  /** Who waits for the next message. */
  #receiver: ((message: StreamableMessage | undefined) => void) | undefined;
  /** Who waits until more may be sent. */
  #senders: (() => void)[] = [];
  #isOver = false;
  #tellClosed: (closure: Closure) => void = () => undefined;

  /**
   * Begins to receive.
   *
   * @param highWaterMark - bytes to read ahead
   */
  constructor(opened: OpenedConnection, highWaterMark: number) {
    this.closed = new Promise((resolve) => (this.#tellClosed = resolve));
    this.#opened = opened;
    this.#highWaterMark = highWaterMark;
    opened.start(this);
  }

  /** The subprotocol that was agreed on. */
  get subprotocol(): string | undefined {
    return this.#opened.subprotocol;
  }

  /** The extensions that were agreed on, as a header; empty for none. */
  get extensions(): string {
    return this.#opened.extensions;
  }

  /**
   * Sends a message; resolves when it is below the high-water mark.
   *
   * @throws {ConnectionClosedError} the connection is closing, or is over before that
   */
  send(data: string | Uint8Array): Promise<void> {
    const { connection } = this.#opened;
    if (connection.state !== 'open') return this.#lost();
    const opcode = typeof data === 'string' ? MessageType.TEXT : MessageType.BINARY;
    if (connection.sender.sendMessage(data, opcode)) return Promise.resolve();
    return Promise.race([new Promise<void>((resolve) => this.#senders.push(resolve)), this.#lost()]);
  }

  /** The next message; `undefined` when there are no more. */
  receive(): Promise<StreamableMessage | undefined> {
    const payload = this.#messages.take();
    if (payload !== undefined) {
      this.#readAhead -= costOf(payload);
      if (this.#messages.size === 0) this.#opened.connection.resume(READER);
      return Promise.resolve(toMessage(payload));
    }
    if (this.#isOver) return Promise.resolve(undefined);
    return new Promise((resolve) => (this.#receiver = resolve));
  }

  /** Closes the connection after all that was sent; resolves when it is over. */
  close(code?: number, reason?: string): Promise<Closure> {
    this.#opened.connection.close(code, reason);
    return this.closed;
  }

  // What the engine tells

  onMessage(payload: string | Uint8Array): void {
    if (this.#receiver !== undefined) {
      this.#answer(toMessage(payload));
      return;
    }
    this.#messages.put(payload);
    this.#readAhead += costOf(payload);
    if (this.#readAhead >= this.#highWaterMark) this.#opened.connection.pause(READER);
  }

  onDrain(): void {
    for (const resolve of this.#senders.splice(0)) resolve();
  }

  onClosing(): void {
    // Who waits to send learns how it ended.
  }

  onClosed(closure: Closure): void {
    this.#isOver = true;
    this.#tellClosed(closure);
    this.#answer(undefined);
  }

  async #lost(): Promise<never> {
    throw new ConnectionClosedError(await this.closed);
  }

  #answer(message: StreamableMessage | undefined): void {
    const receiver = this.#receiver;
    this.#receiver = undefined;
    receiver?.(message);
  }
}

function costOf(payload: string | Uint8Array): number {
  return payload.length + MESSAGE_OVERHEAD;
}

function toMessage(payload: string | Uint8Array): StreamableMessage {
  return {
    type: typeof payload === 'string' ? 'text' : 'binary',
    text: () => Promise.resolve(typeof payload === 'string' ? payload : Buffer.from(payload).toString()),
    bytes: () => Promise.resolve(typeof payload === 'string' ? Buffer.from(payload) : payload),
  };
}
