import type { DeflateRaw, InflateRaw } from 'node:zlib';

import { Fifo } from '../protocol/base/fifo.ts';
import { MAX_PIECE, type Codec, type DeflateSettings, type Deflater, type Inflater, type Piece } from './codec.ts';
import { EMPTY_BLOCK, EMPTY_BLOCK_REST, endsWithBlockHeader, incompleteMessage, invalidData } from './message-end.ts';
import { takenAway, type Zlib } from './zlib-handle.ts';

/** A stream makes `chunkSize` bytes of output, and no more of it until they were read. */
const OPTIONS = { chunkSize: MAX_PIECE / 4, readableHighWaterMark: 1 };

/** How often a stream may end inside a message: each time another is made, which takes longer than for its sender to ask for it. */
const MOST_STREAMS = 1024;

/** A value of zlib.h. */
const SYNC_FLUSH = 2;

const NO_INPUT: Uint8Array = new Uint8Array(0);

/** Where a sync flush stands in the input of a deflater. */
const FLUSH = Symbol('flush');
/** Where a message ends in the input of an inflater; in the first case with the header of a block. */
const FINISH_HEADER = Symbol('finish header');
const FINISH = Symbol('finish');

/**
 * Uses the documented streams of `node:zlib`: where the handles beneath them are not what `HandleCodec` expects. All work is done on the thread pool,
 * which costs ten times as much for a small message.
 *
 * A message that is cut off inside a block is noticed only if the appended bytes lead to output or to an error.
 */
export class StreamCodec implements Codec {
  readonly #zlib: Zlib;

  constructor(zlib: Zlib) {
    this.#zlib = zlib;
  }

  createDeflater({ windowBits, level, memLevel }: DeflateSettings): Deflater {
    const options = { ...OPTIONS, windowBits, level, memLevel };
    return new StreamDeflater(() => this.#zlib.createDeflateRaw(options));
  }

  createInflater(windowBits: number): Inflater {
    const options = { ...OPTIONS, windowBits };
    return new StreamInflater(() => this.#zlib.createInflateRaw(options));
  }
}

/** What both directions have in common: input is written when all output of the input before it was read. */
abstract class StreamCoder {
  protected readonly waiting: Fifo<Uint8Array | symbol> = new Fifo();
  readonly #create: () => DeflateRaw | InflateRaw;
  #stream: DeflateRaw | InflateRaw;
  /** Input that the stream has not taken, since a block with BFINAL ended it. */
  #rest = NO_INPUT;
  #isWriting = false;
  #isPromised = false;
  #isClosed = false;
  #error: Error | undefined;
  #wake: (() => void) | undefined;

  constructor(create: () => DeflateRaw | InflateRaw) {
    this.#create = create;
    this.#stream = this.#open();
  }

  push(chunk: Uint8Array): void {
    this.waiting.put(chunk);
  }

  pull(): Piece | Promise<Piece> {
    if (this.#isPromised) throw new Error('a piece is promised already');
    const isIdle = this.waiting.size === 0 && !this.#isWriting && this.#stream.readableLength === 0;
    if (this.#isClosed || isIdle) return undefined;
    this.#isPromised = true;
    return this.#pullLater();
  }

  reset(): void {
    while (this.waiting.take() !== undefined);
    this.#stream.reset();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stream.destroy();
    this.#wake?.();
  }

  /** Writes what waits next, by {@link write} or {@link flushStream}; `false` if nothing does. */
  protected abstract writeNext(): boolean;

  /** What becomes of a piece. */
  protected check(piece: Piece): Piece {
    return piece;
  }

  /** What becomes of input behind a block with BFINAL, which ended the stream. */
  protected takeUp(rest: Uint8Array): Uint8Array {
    return rest;
  }

  /** What a pull fails with. */
  protected toFailure(error: Error): Error {
    return error;
  }

  protected write(chunk: Uint8Array): void {
    if (chunk.length === 0) throw takenAway();
    const before = this.#stream.bytesWritten;
    this.#isWriting = true;
    this.#stream.write(chunk, () => this.#endWriting(chunk.subarray(this.#stream.bytesWritten - before)));
  }

  protected flushStream(kind: number): void {
    this.#isWriting = true;
    this.#stream.flush(kind, () => this.#endWriting());
  }

  async #pullLater(): Promise<Piece> {
    try {
      while (!this.#isClosed) {
        if (this.#error !== undefined) throw this.toFailure(this.#error);
        const piece = this.#read();
        if (piece !== undefined) return this.check(piece);
        if (!this.#isWriting && !this.#writeRest() && !this.writeNext()) return undefined;
        await new Promise<void>((resolve) => (this.#wake = resolve));
      }
      return undefined;
    } catch (error) {
      this.close();
      throw error;
    } finally {
      this.#isPromised = false;
    }
  }

  #read(): Piece {
    const read: unknown = this.#stream.read();
    return read instanceof Uint8Array ? new Uint8Array(read) : undefined;
  }

  #endWriting(rest = NO_INPUT): void {
    this.#isWriting = false;
    this.#rest = rest;
    this.#wake?.();
  }

  /** Begins another stream with what one has not taken. */
  #writeRest(): boolean {
    if (this.#rest.length === 0) return false;
    const rest = this.takeUp(this.#rest);
    this.#rest = NO_INPUT;
    this.#stream.destroy();
    this.#stream = this.#open();
    if (rest.length > 0) this.write(rest);
    return rest.length > 0;
  }

  #open(): DeflateRaw | InflateRaw {
    const stream = this.#create();
    stream.on('readable', () => this.#wake?.());
    // Stays for good: an error may come late, when nobody waits for one any more.
    stream.on('error', (error) => {
      if (stream === this.#stream) this.#error = error;
      this.#wake?.();
    });
    return stream;
  }
}

class StreamDeflater extends StreamCoder implements Deflater {
  flush(): void {
    this.waiting.put(FLUSH);
  }

  protected override writeNext(): boolean {
    const next = this.waiting.take();
    if (next === undefined) return false;
    if (next instanceof Uint8Array) this.write(next);
    else this.flushStream(SYNC_FLUSH);
    return true;
  }
}

class StreamInflater extends StreamCoder implements Inflater {
  #isFinishing = false;
  /** How many streams have ended inside the message. */
  #ended = 0;

  finish(last: number): void {
    this.waiting.put(endsWithBlockHeader(last) ? FINISH_HEADER : FINISH);
  }

  protected override writeNext(): boolean {
    const next = this.waiting.take();
    if (next === undefined) return false;
    this.#isFinishing = !(next instanceof Uint8Array);
    if (this.#isFinishing) this.#ended = 0;
    this.write(next instanceof Uint8Array ? next : next === FINISH ? EMPTY_BLOCK : EMPTY_BLOCK_REST);
    return true;
  }

  /** What is appended to a message makes no output, unless that ended inside a block. */
  protected override check(piece: Piece): Piece {
    if (this.#isFinishing) throw incompleteMessage();
    return piece;
  }

  protected override takeUp(rest: Uint8Array): Uint8Array {
    if (this.#isFinishing) {
      if (rest.length < EMPTY_BLOCK_REST.length) throw incompleteMessage();
      return NO_INPUT;
    }
    this.#ended++;
    if (this.#ended > MOST_STREAMS) throw invalidData('it has too many final blocks');
    return rest;
  }

  protected override toFailure(error: Error): Error {
    return Reflect.get(error, 'code') === 'Z_DATA_ERROR' ? invalidData(error.message) : error;
  }
}
