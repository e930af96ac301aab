import { attempt } from '../engine/deferred.ts';
import { LimitExceededError, LocalUsageError } from '../protocol/base/errors.ts';
import type { MessageKind } from '../connections/sending/sendable.ts';
import type { WholePayload } from './links/link.ts';
import { unavailable } from './unavailable.ts';

/** The longest piece that is handed out, in bytes. */
const PIECE_SIZE = 64 * 1024;

/** What a message may be at most to be read whole, and what becomes of a longer one. */
export interface MessageLimit {
  readonly maxMessageSize: number;
  fail(error: LimitExceededError): void;
}

/**
 * A message that has come. It reads as the messages of Node's connections do, with one difference: browsers hand messages over whole, so it is in memory before
 * its first piece is read.
 */
export class BrowserMessage implements AsyncIterable<Uint8Array<ArrayBuffer>> {
  /** Whether it is text or bytes. Both can be read in every way. */
  readonly type: MessageKind;
  readonly #limit: MessageLimit;
  #payload: WholePayload | undefined;
  #readable: ReadableStream<Uint8Array<ArrayBuffer>> | undefined;

  /** @internal */
  constructor(payload: WholePayload, limit: MessageLimit) {
    this.type = typeof payload === 'string' ? 'text' : 'binary';
    this.#payload = payload;
    this.#limit = limit;
  }

  /** Whether it was read, is being read, or was discarded. */
  get bodyUsed(): boolean {
    return this.#payload === undefined;
  }

  /** Reads its payload in pieces of at most 64 KiB, which are the reader's for good. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array<ArrayBuffer>, undefined> {
    return piecesOf(toBytes(this.#take()));
  }

  /** Reads its payload in pieces, decoded from UTF-8: no code point is cut. */
  async *textChunks(): AsyncGenerator<string, void> {
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    for await (const piece of this) {
      const text = decoder.decode(piece, { stream: true });
      if (text !== '') yield text;
    }
    const rest = decoder.decode();
    if (rest !== '') yield rest;
  }

  /**
   * Is not available.
   *
   * @throws {LocalUsageError} always
   */
  frames(): never {
    throw unavailable('message.frames', 'it shows messages, not their frames');
  }

  /**
   * Reads all of it.
   *
   * @throws {LimitExceededError} it is longer than `maxMessageSize`: the connection has failed
   */
  bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return attempt(() => Promise.resolve(this.#takeBytes()));
  }

  /**
   * Reads all of it, decoded from UTF-8. In a binary message, what is not UTF-8 becomes U+FFFD.
   *
   * @throws {LimitExceededError} it is longer than `maxMessageSize`: the connection has failed
   */
  text(): Promise<string> {
    return attempt(() => Promise.resolve(this.#takeText()));
  }

  /**
   * Reads all of it, and parses it as JSON.
   *
   * @throws {SyntaxError} it is not JSON
   * @throws {LimitExceededError} it is longer than `maxMessageSize`: the connection has failed
   */
  json(): Promise<unknown> {
    return attempt(() => Promise.resolve<unknown>(JSON.parse(this.#takeText())));
  }

  /**
   * Reads all of it, into a buffer of exactly its size.
   *
   * @throws {LimitExceededError} it is longer than `maxMessageSize`: the connection has failed
   */
  arrayBuffer(): Promise<ArrayBuffer> {
    return attempt(() => {
      const bytes = this.#takeBytes();
      return Promise.resolve(bytes.byteLength === bytes.buffer.byteLength ? bytes.buffer : bytes.slice().buffer);
    });
  }

  /** Its payload as a stream of bytes; the same stream each time. The first read makes the stream the reader of the message. */
  get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    let pieces: AsyncIterator<Uint8Array<ArrayBuffer>> | undefined;
    this.#readable ??= new ReadableStream<Uint8Array<ArrayBuffer>>(
      {
        pull: async (controller) => {
          pieces ??= this[Symbol.asyncIterator]();
          const next = await pieces.next();
          if (next.done === true) controller.close();
          else controller.enqueue(next.value);
        },
        cancel: () => this.discard(),
      },
      { highWaterMark: 0 },
    );
    return this.#readable;
  }

  /** Throws it away. Repeating it does nothing. */
  discard(): void {
    this.#payload = undefined;
  }

  #take(): WholePayload {
    const payload = this.#payload;
    if (payload === undefined) throw new LocalUsageError('the message was read or discarded before');
    this.#payload = undefined;
    return payload;
  }

  #takeBytes(): Uint8Array<ArrayBuffer> {
    const bytes = toBytes(this.#take());
    this.#check(bytes.length);
    return bytes;
  }

  #takeText(): string {
    const payload = this.#take();
    this.#check(payload.length);
    return typeof payload === 'string' ? payload : LENIENT.decode(payload);
  }

  #check(size: number): void {
    const { maxMessageSize } = this.#limit;
    if (size <= maxMessageSize) return;
    const advice = 'longer messages can be read chunk by chunk';
    const error = new LimitExceededError({ option: 'maxMessageSize', limit: maxMessageSize, size, advice });
    this.#limit.fail(error);
    throw error;
  }
}

const LENIENT = new TextDecoder('utf-8', { ignoreBOM: true });
const ENCODER = new TextEncoder();

function toBytes(payload: WholePayload): Uint8Array<ArrayBuffer> {
  return typeof payload === 'string' ? new Uint8Array(ENCODER.encode(payload)) : payload;
}

async function* piecesOf(bytes: Uint8Array<ArrayBuffer>): AsyncGenerator<Uint8Array<ArrayBuffer>, undefined> {
  for (let at = 0; at < bytes.length; at += PIECE_SIZE) {
    yield await Promise.resolve(bytes.slice(at, at + PIECE_SIZE));
  }
  return undefined;
}
