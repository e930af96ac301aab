import { ReadableStream } from 'node:stream/web';

import { Opcode } from '../protocol/base/opcode.ts';
import { nodeTextCodec } from '../transport/node-text-codec.ts';
import { BodyCollector, type CollectLimit } from './body-collector.ts';
import { ChunkIterator } from './chunk-iterator.ts';
import { handled } from './deferred.ts';
import type { MessageBody } from './message-body.ts';
import { ReceivedFrame } from './received-frame.ts';
import type { MessageKind } from './sendable.ts';

/** The limits for what is collected of a message. */
export interface MessageLimits {
  readonly message: CollectLimit;
  readonly frame: CollectLimit;
}

/**
 * A message that is being received: it is handed out when it begins, and reads like the body of a `fetch` response.
 *
 * It has one reader: only one of its methods can be used, once. While nobody reads, receiving waits, as soon as `highWaterMark` bytes are there. When the
 * next message is asked for, one that nobody has begun to read is discarded.
 *
 * Every way of reading fails with `ConnectionClosedError` if the connection ends before the message is complete, and with `LocalUsageError` if it was
 * read or discarded before.
 */
export class ReceivedMessage implements AsyncIterable<Uint8Array> {
  /** Whether it is text or bytes. Both can be read in every way. */
  readonly type: MessageKind;
  readonly #body: MessageBody;
  readonly #limits: MessageLimits;

  constructor(body: MessageBody, opcode: number, limits: MessageLimits) {
    this.type = opcode === Opcode.TEXT ? 'text' : 'binary';
    this.#body = body;
    this.#limits = limits;
  }

  /**
   * Reads its payload as it arrives, in pieces of at most 64 KiB that are the reader's for good. Frames are not told apart. A loop that is left discards the rest.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array> {
    this.#body.claim();
    return new ChunkIterator(this.#body);
  }

  /** Reads its payload as it arrives, decoded from UTF-8: no code point is cut. U+FEFF at its start is kept. */
  async *textChunks(): AsyncGenerator<string, void, undefined> {
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    for await (const chunk of this) {
      const text = decoder.decode(chunk, { stream: true });
      if (text !== '') yield text;
    }
    const rest = decoder.decode();
    if (rest !== '') yield rest;
  }

  /** Reads it frame by frame, as its sender has cut it. When the next frame is asked for, what was not read of one is discarded. */
  async *frames(): AsyncGenerator<ReceivedFrame, void, undefined> {
    this.#body.claim();
    try {
      for (let length = await nextFrame(this.#body); length !== undefined; length = await nextFrame(this.#body)) {
        const frame = new ReceivedFrame(this.#body, length, this.#limits.frame);
        yield frame;
        await frame.discard();
      }
    } finally {
      this.#body.discard();
    }
  }

  /**
   * Reads all of it.
   *
   * @throws {LimitExceededError} it is longer than `maxMessageSize`: the connection has failed with 1009
   */
  bytes(): Promise<Uint8Array> {
    return handled(this.#collect());
  }

  /**
   * Reads all of it, decoded from UTF-8. U+FEFF at its start is kept. In a binary message, what is not UTF-8 becomes U+FFFD.
   *
   * @throws {LimitExceededError} it is longer than `maxMessageSize` bytes: the connection has failed with 1009
   */
  text(): Promise<string> {
    return handled(this.#collectText());
  }

  /**
   * Reads all of it, and parses it as JSON.
   *
   * @throws {SyntaxError} it is not JSON
   * @throws {LimitExceededError} it is longer than `maxMessageSize` bytes: the connection has failed with 1009
   */
  json(): Promise<unknown> {
    return handled(this.#collectText().then((text): unknown => JSON.parse(text)));
  }

  /**
   * Reads all of it, into a buffer of exactly its size.
   *
   * @throws {LimitExceededError} it is longer than `maxMessageSize`: the connection has failed with 1009
   */
  arrayBuffer(): Promise<ArrayBuffer> {
    return handled(this.#collect().then(toArrayBuffer));
  }

  /** Its payload as it arrives, as a stream of bytes. Nothing is read before the stream is. */
  get readable(): ReadableStream<Uint8Array> {
    const chunks = this[Symbol.asyncIterator]();
    return new ReadableStream(
      {
        type: 'bytes',
        async pull(controller) {
          const next: IteratorResult<Uint8Array, undefined> = await chunks.next();
          if (next.done !== true) controller.enqueue(next.value);
          else {
            controller.close();
            controller.byobRequest?.respond(0);
          }
        },
        cancel: () => this.#body.discard(),
      },
      { highWaterMark: 0 },
    );
  }

  /** Throws away what is there of it and what comes. Repeating it does nothing. */
  discard(): void {
    this.#body.discard();
  }

  async #collect(): Promise<Uint8Array> {
    this.#body.claim();
    return BodyCollector.collect(this.#body, this.#limits.message);
  }

  async #collectText(): Promise<string> {
    const bytes = await this.#collect();
    // The text of a text message was checked as it came.
    return this.type === 'text' ? nodeTextCodec.decode(bytes) : LENIENT.decode(bytes);
  }
}

const LENIENT = new TextDecoder('utf-8', { ignoreBOM: true });

async function nextFrame(body: MessageBody): Promise<number | undefined> {
  for (;;) {
    const item = body.take();
    if (typeof item === 'number') return item;
    if (item !== undefined) continue;
    if (body.isFinished) return undefined;
    await body.wait();
  }
}

function toArrayBuffer(bytes: Uint8Array): ArrayBuffer {
  const { buffer } = bytes;
  if (buffer instanceof ArrayBuffer && buffer.byteLength === bytes.length) return buffer;
  return new Uint8Array(bytes).buffer;
}
