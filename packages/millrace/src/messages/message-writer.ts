import { WritableStream } from 'node:stream/web';

import { LocalUsageError, toError } from '../protocol/base/errors.ts';
import { MessageType } from '../protocol/base/opcode.ts';
import { ChunkEncoder } from './chunk-encoder.ts';
import { attempt } from './deferred.ts';
import { FrameWriter } from './frame-writer.ts';
import type { Chunk, MessageKind } from './sendable.ts';
import type { MessageSession } from './session.ts';

/** Payload that is packed into one frame at most, in bytes, unless it comes in one piece. */
const PACKED_FRAME = 64 * 1024;

/**
 * Sends one message piece by piece. It has the connection to itself: other messages wait until {@link end} or {@link abort}.
 *
 * What is written is packed into frames of up to 64 KiB: a frame goes out when it is full, and at the end of each turn of the event loop, so that no piece
 * waits for the next. Each method resolves when no more than `highWaterMark` bytes are on their way: whoever waits for it sends no faster than the
 * peer reads. Pieces must not be changed after they were written.
 *
 * Each method fails with `LocalUsageError` where it is out of place, which changes nothing, and with `ConnectionClosedError` when the connection has ended.
 */
export class MessageWriter {
  readonly #session: MessageSession;
  readonly #onOver: () => void;
  #type: MessageKind | undefined;
  #encoder: ChunkEncoder | undefined;
  /** What waits to become a frame. */
  #pending: Uint8Array[] = [];
  #pendingSize = 0;
  /** Whether what waits is a frame as it is, to which nothing may be added. */
  #isSealed = false;
  #isFlushScheduled = false;
  #hasBegun = false;
  #isOver = false;
  #frame: FrameWriter | undefined;

  /**
   * @param type - taken from the first piece where it is `undefined`
   * @param onOver - called once, when the message is ended or aborted
   */
  constructor(session: MessageSession, type: MessageKind | undefined, onOver: () => void) {
    this.#session = session;
    this.#type = type;
    this.#onOver = onOver;
  }

  /** Bytes that were written and have not become a frame yet. */
  get pendingSize(): number {
    return this.#pendingSize;
  }

  /**
   * Sends the next piece. In text, a surrogate pair may be split over two of them.
   *
   * @param chunk - text or bytes; bytes in a text message are checked to be UTF-8
   */
  write(chunk: Chunk): Promise<void> {
    return attempt(() => {
      this.#expectOpen('write');
      const bytes = this.#encode(chunk);
      if (bytes.length > 0) this.#append(bytes);
      return this.#session.ready();
    });
  }

  /** Sends a piece as a frame of its own, empty ones too. */
  writeFrame(payload: Chunk): Promise<void> {
    return attempt(() => {
      this.#expectOpen('writeFrame');
      const bytes = this.#encode(payload);
      this.#flush(false);
      this.#append(bytes);
      this.#isSealed = true;
      return this.#session.ready();
    });
  }

  /**
   * Begins a frame of exactly `length` bytes, which are written to what is returned. The message goes on when they are complete.
   *
   * @param length - up to 2^63−1, as a bigint if it is over 2^53−1
   *
   * @throws {LocalUsageError} the length is none, a frame is open, or the message is over
   */
  beginFrame(length: number | bigint, { final = false }: { readonly final?: boolean | undefined } = {}): FrameWriter {
    this.#expectOpen('beginFrame');
    this.#flush(false);
    this.#begin();
    if (this.#session.connection.sender.canSend) {
      this.#session.connection.sender.beginFrame(length, { final });
    }
    this.#frame = new FrameWriter(this.#session, length, (chunk) => this.#encode(chunk));
    return this.#frame;
  }

  /** Ends the message. What is left of it goes out in its last frame. Repeating it does nothing. */
  end(): Promise<void> {
    return attempt(() => {
      if (this.#isOver) return this.#session.ready();
      this.#expectOpen('end');
      const rest = this.#encoder?.end();
      if (rest !== undefined && rest.length > 0) this.#append(rest);
      this.#flush(true);
      this.#finish();
      return this.#session.ready();
    });
  }

  /**
   * Gives the message up. If a part of it has been sent, that fails the connection (1011), for there is no other way to tell the peer; otherwise nothing
   * was sent. Repeating it does nothing.
   *
   * @param reason - becomes the `error` of the closure
   */
  abort(reason: unknown = new Error('the message was aborted')): void {
    if (this.#isOver) return;
    this.#pending = [];
    this.#pendingSize = 0;
    if (this.#hasBegun) this.#session.connection.fail(toError(reason));
    this.#finish();
  }

  /** Writes to this message: closing the stream ends it, aborting the stream aborts it. */
  get writable(): WritableStream<Chunk> {
    return new WritableStream({
      write: (chunk) => this.write(chunk),
      close: () => this.end(),
      abort: (reason) => this.abort(reason),
    });
  }

  #expectOpen(method: string): void {
    if (this.#isOver) throw new LocalUsageError(`${method}: the message was ended or aborted`);
    if (this.#frame === undefined || this.#frame.remaining === 0) return;
    throw new LocalUsageError(
      `${method}: a frame is open, of which ${String(this.#frame.remaining)} bytes are to be written first`,
    );
  }

  #encode(chunk: Chunk): Uint8Array {
    this.#type ??= typeof chunk === 'string' ? 'text' : 'binary';
    this.#encoder ??= new ChunkEncoder(this.#type);
    return this.#encoder.encode(chunk);
  }

  #append(bytes: Uint8Array): void {
    if (this.#isSealed || this.#pendingSize + bytes.length > PACKED_FRAME) this.#flush(false);
    this.#pending.push(bytes);
    this.#pendingSize += bytes.length;
    if (this.#isFlushScheduled) return;
    this.#isFlushScheduled = true;
    setImmediate(() => {
      this.#isFlushScheduled = false;
      if (!this.#isOver) this.#flush(false);
    });
  }

  /** Makes a frame of what waits. */
  #flush(final: boolean): void {
    const { sender } = this.#session.connection;
    const pieces = this.#pending;
    const size = this.#pendingSize;
    this.#pending = [];
    this.#pendingSize = 0;
    this.#isSealed = false;
    if (pieces.length === 0 && !final) return;
    this.#begin();
    if (!sender.canSend) return;
    if (pieces.length === 0) {
      sender.endMessage();
    } else {
      sender.beginFrame(size, { final });
      for (const piece of pieces) if (piece.length > 0) sender.sendFrameData(piece);
    }
  }

  #begin(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    this.#session.connection.sender.beginMessage(this.#type === 'text' ? MessageType.TEXT : MessageType.BINARY);
  }

  #finish(): void {
    this.#isOver = true;
    this.#onOver();
  }
}
