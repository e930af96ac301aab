import { nodeTextCodec } from '../../transport/node-text-codec.ts';
import { collectBody, type ReadLimits } from './body-collector.ts';
import { createBodyStream } from './body-stream.ts';
import { ChunkIterator } from './chunk-iterator.ts';
import { attempt } from '../../engine/deferred.ts';
import { HandledIterator } from './handled-iterator.ts';
import type { MessageBody } from './message-body.ts';
import { ReceivedFrame } from './received-frame.ts';
import type { MessageKind } from '../sending/sendable.ts';
import { showFacts } from '../../protocol/base/inspection.ts';

/**
 * A message that is being received: it is handed out when it begins, and reads like the body of a `fetch` response.
 *
 * It has one reader: only one of its methods can be used, once. While nobody reads, receiving waits, as soon as `readAhead` bytes are there. When the
 * next message is asked for, one that nobody has begun to read is discarded.
 *
 * Every way of reading fails with `ConnectionClosedError` if the connection ends before the message is complete, and with `LocalUsageError` if it was
 * read or discarded before.
 */
export class ReceivedMessage implements AsyncIterable<Uint8Array<ArrayBuffer>> {
  static {
    showFacts<ReceivedMessage>(this, ({ type, bodyUsed }) => ({ type, bodyUsed }));
  }

  /** Whether it is text or bytes. Both can be read in every way. */
  readonly type: MessageKind;
  readonly #body: MessageBody;
  readonly #limits: ReadLimits;
  #readable: ReadableStream<Uint8Array<ArrayBuffer>> | undefined;

  /** @internal */
  constructor(body: MessageBody, limits: ReadLimits) {
    this.type = body.type;
    this.#body = body;
    this.#limits = limits;
  }

  /** Whether it was read, is being read, or was discarded. */
  get bodyUsed(): boolean {
    return this.#body.isUsed;
  }

  /**
   * Reads its payload as it arrives, in pieces of at most 64 KiB that are the reader's for good. Frames are not told apart. A loop that is left discards the rest.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array<ArrayBuffer>, undefined> {
    return this.#iterate();
  }

  /** Reads its payload as it arrives, decoded from UTF-8: no code point is cut. U+FEFF at its start is kept. A loop that is left discards the rest. */
  textChunks(): AsyncIterableIterator<string, void> {
    return new HandledIterator(decodeChunks(this.#iterate()));
  }

  /**
   * Reads it frame by frame, as its sender has cut it. When the next frame is asked for, what was not read of one is discarded. A loop that is left discards the
   * rest.
   */
  frames(): AsyncIterableIterator<ReceivedFrame, void> {
    this.#body.claimFrames();
    return new HandledIterator(readFrames(this.#body, this.#limits));
  }

  /**
   * Reads all of it.
   *
   * @throws {LimitExceededError} it is longer than `maxMessageSize`: the connection has failed with 1009
   */
  bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#collect((bytes) => bytes);
  }

  /**
   * Reads all of it, decoded from UTF-8. U+FEFF at its start is kept. In a binary message, what is not UTF-8 becomes U+FFFD.
   *
   * @throws {LimitExceededError} it is longer than `maxMessageSize` bytes: the connection has failed with 1009
   */
  text(): Promise<string> {
    return this.#collect((bytes) => this.#decode(bytes));
  }

  /**
   * Reads all of it, and parses it as JSON.
   *
   * @throws {SyntaxError} it is not JSON
   * @throws {LimitExceededError} it is longer than `maxMessageSize` bytes: the connection has failed with 1009
   */
  json(): Promise<unknown> {
    return this.#collect((bytes): unknown => JSON.parse(this.#decode(bytes)));
  }

  /**
   * Reads all of it, into a buffer of exactly its size.
   *
   * @throws {LimitExceededError} it is longer than `maxMessageSize`: the connection has failed with 1009
   */
  arrayBuffer(): Promise<ArrayBuffer> {
    return this.#collect(toArrayBuffer);
  }

  /**
   * Its payload as it arrives, as a stream of bytes; the same stream each time. The first read makes the stream the reader of the message: to look whether it is
   * there, as `stream.pipeline` does, is not to read. Cancelling the stream discards the message, unless it has another reader.
   */
  get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    this.#readable ??= createBodyStream(this.#body);
    return this.#readable;
  }

  /** Throws away what is there of it and what comes; whoever is reading it fails with `LocalUsageError`. Repeating it does nothing. */
  discard(): void {
    this.#body.discard();
  }

  #iterate(): ChunkIterator {
    this.#body.claim();
    return new ChunkIterator(this.#body);
  }

  #collect<Result>(convert: (bytes: Uint8Array<ArrayBuffer>) => Result): Promise<Result> {
    return attempt(() => {
      this.#body.claim();
      return collectBody(this.#body, this.#limits, convert);
    });
  }

  #decode(bytes: Uint8Array<ArrayBuffer>): string {
    // The text of a text message was checked as it came.
    return this.type === 'text' ? nodeTextCodec.decode(bytes) : LENIENT.decode(bytes);
  }
}

const LENIENT = new TextDecoder('utf-8', { ignoreBOM: true });

async function* decodeChunks(chunks: AsyncIterable<Uint8Array<ArrayBuffer>>): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  for await (const chunk of chunks) {
    const text = decoder.decode(chunk, { stream: true });
    if (text !== '') yield text;
  }
  const rest = decoder.decode();
  if (rest !== '') yield rest;
}

async function* readFrames(body: MessageBody, limits: ReadLimits): AsyncGenerator<ReceivedFrame, void, undefined> {
  try {
    for (let length = await body.read(); typeof length === 'number'; length = await body.read()) {
      const frame = new ReceivedFrame(body, length, limits);
      yield frame;
      await frame.discard();
    }
  } finally {
    body.discard();
  }
}

function toArrayBuffer(bytes: Uint8Array<ArrayBuffer>): ArrayBuffer {
  return bytes.buffer.byteLength === bytes.length ? bytes.buffer : new Uint8Array(bytes).buffer;
}
