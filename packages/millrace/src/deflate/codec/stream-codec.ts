import type { DeflateRaw, InflateRaw } from 'node:zlib';

import { Fifo } from '../../protocol/base/fifo.ts';
import { MAX_PIECE, type Codec, type DeflateSettings, type Deflater, type Inflater, type Piece } from './codec.ts';
import { EMPTY_BLOCK, EMPTY_BLOCK_REST, endsWithBlockHeader, incompleteMessage, invalidData } from './message-end.ts';
import { takenAway, type Zlib } from './zlib-handle.ts';

/** A stream makes `chunkSize` bytes of output, and no more of it until they were read. */
const OPTIONS = { chunkSize: MAX_PIECE / 4, readableHighWaterMark: 1 };

/** Bytes of input that are copied and written at a time. */
const LARGEST_PART = 262_144;

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
    const isIdle = !this.#isWriting && this.#stream.readableLength === 0 && !this.hasInput();
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

  /** Whether there is anything to be written. */
  protected hasInput(): boolean {
    return this.waiting.size > 0;
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
  #input = NO_INPUT;
  #length = 0;
  #offset = 0;

  flush(): void {
    this.waiting.put(FLUSH);
  }

  override reset(): void {
    super.reset();
    this.#take(NO_INPUT);
  }

  protected override hasInput(): boolean {
    return this.#offset < this.#length || super.hasInput();
  }

  protected override writeNext(): boolean {
    if (this.#offset < this.#length) return this.#writePart();
    const next = this.waiting.take();
    if (next === undefined) return false;
    if (next instanceof Uint8Array) this.#take(next);
    else this.flushStream(SYNC_FLUSH);
    return next instanceof Uint8Array ? this.#writePart() : true;
  }

  #take(input: Uint8Array): void {
    this.#input = input;
    this.#length = input.length;
    this.#offset = 0;
  }

  /** Writes a copy: Node aborts the process if input is taken away while a stream works on it. */
  #writePart(): boolean {
    if (this.#length === 0 || this.#input.length !== this.#length) throw takenAway();
    const part = this.#input.slice(this.#offset, this.#offset + LARGEST_PART);
    this.#offset += part.length;
    this.write(part);
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
