import { Fifo } from '../../protocol/base/fifo.ts';
import { MAX_PIECE, type Codec, type DeflateSettings, type Deflater, type Inflater, type Piece } from './codec.ts';
import { EMPTY_BLOCK, EMPTY_BLOCK_REST, endsWithBlockHeader, incompleteMessage, invalidData } from './message-end.ts';
import { PieceMemory } from './piece-memory.ts';
import { PoolGate } from './pool-gate.ts';
import { nextTurn, type TurnBudget } from './turn-budget.ts';
import { ZlibError, ZlibHandle, takenAway, type Zlib } from './zlib-handle.ts';

/**
 * Bytes of input that are worked on synchronously at most: about a millisecond for the worst input there is, and a small part of that for ordinary
 * ones. Measured, see docs/decisions.md.
 */
const INFLATED_AT_ONCE = 12_288;
/** By level, from 1 to 9. */
const DEFLATED_AT_ONCE = [16_384, 16_384, 16_384, 16_384, 12_288, 6144, 1024, 128, 64];

/** What the most input that is worked on at once takes of a {@link TurnBudget}, in bytes. */
const SHARE = 16_384;

/** Bytes of input that a job on the thread pool takes at most: then others have their turn, and an end of the connection is noticed. */
const POOL_INPUT = 262_144;

/** How many jobs are given to the thread pool at a time; by default it has four threads. */
const pool = new PoolGate(16);

/** What it costs to begin anew behind a block with BFINAL, in bytes of other work. */
const RESTART_COST = 256;

// Values of zlib.h.
const NO_FLUSH = 0;
const SYNC_FLUSH = 2;
/** Stops behind the end of a block. */
const BLOCK = 5;
const DATA_ERROR = -3;

const NO_INPUT: Uint8Array = new Uint8Array(0);

/** What is appended to a message, and a byte at which zlib must stop. */
const PROBED_REST = Uint8Array.of(...EMPTY_BLOCK_REST, 0);
const PROBED_BLOCK = Uint8Array.of(...EMPTY_BLOCK, 0);

/** Where a sync flush stands in the input of a deflater. */
const FLUSH = Symbol('flush');
/** Where a message ends in the input of an inflater; in the first case with the header of a block. */
const FINISH_HEADER = Symbol('finish header');
const FINISH = Symbol('finish');

/** Says that a piece cannot be made at once. */
const LATER = Symbol('later');

/** Drives the handles beneath the streams of `node:zlib`: synchronously where little is to be done, on the thread pool where it is much. */
export class HandleCodec implements Codec {
  readonly #zlib: Zlib;
  readonly #output = new Output();

  constructor(zlib: Zlib) {
    this.#zlib = zlib;
  }

  createDeflater({ windowBits, level, memLevel }: DeflateSettings): Deflater {
    // A stream makes a buffer of `chunkSize` for itself, which is not used here.
    const stream = this.#zlib.createDeflateRaw({ windowBits, level, memLevel, chunkSize: 64 });
    return new HandleDeflater(new ZlibHandle(stream), this.#output, DEFLATED_AT_ONCE[level - 1]!);
  }

  createInflater(windowBits: number): Inflater {
    const stream = this.#zlib.createInflateRaw({ windowBits, chunkSize: 64 });
    return new HandleInflater(new ZlibHandle(stream), this.#output, INFLATED_AT_ONCE);
  }
}

/** Where output is made at once, for all handles: nothing stays in the scratch between two calls. */
class Output {
  readonly scratch = new Uint8Array(MAX_PIECE);
  readonly #memory = new PieceMemory();

  /** Gives the first `size` bytes of the scratch as a piece. */
  takePiece(size: number): Piece {
    return size === 0 ? undefined : this.#memory.keep(this.scratch, size);
  }
}

/** What both directions have in common: the input that waits, and where the work is done. */
abstract class HandleCoder {
  protected readonly handle: ZlibHandle;
  protected readonly waiting: Fifo<Uint8Array | symbol> = new Fifo();
  readonly #output: Output;
  /** Bytes of input that are worked on synchronously at most. */
  readonly #atOnce: number;
  #isPromised = false;

  constructor(handle: ZlibHandle, output: Output, atOnce: number) {
    this.handle = handle;
    this.#output = output;
    this.#atOnce = atOnce;
  }

  push(chunk: Uint8Array): void {
    this.waiting.put(chunk);
  }

  pull(turn: TurnBudget): Piece | Promise<Piece> {
    if (this.#isPromised) throw new Error('a piece is promised already');
    const piece = this.#pullNow(turn);
    return piece === LATER ? this.#pullLater(turn) : piece;
  }

  reset(): void {
    while (this.waiting.take() !== undefined);
    this.handle.discardInput();
    this.handle.restart();
  }

  close(): void {
    this.handle.close();
  }

  /** Loads what waits next; `false` if nothing does. */
  protected abstract loadNext(): boolean;

  protected load(input: Uint8Array, flush: number): void {
    if (input.length === 0) throw takenAway();
    this.handle.load(input, flush);
  }

  /** Whether what is loaded is better left to the thread pool. */
  protected isLarge(): boolean {
    return this.handle.left > this.#atOnce;
  }

  /** Makes output from `at` on; returns how much. */
  protected step(output: Uint8Array, at: number, turn: TurnBudget): number {
    const before = this.handle.left;
    const produced = this.handle.step(output, at, this.#atOnce);
    // What counts is time: in the same time, a high level works on less input.
    const used = ((before - this.handle.left) * SHARE) / this.#atOnce;
    turn.spend(Math.max(used, produced));
    return produced;
  }

  /** What a pull fails with. */
  protected toFailure(error: unknown): unknown {
    return error;
  }

  #pullNow(turn: TurnBudget): Piece | typeof LATER {
    const { scratch } = this.#output;
    let size = 0;
    try {
      while (size < MAX_PIECE && this.#hasWork()) {
        if (turn.isExhausted || this.isLarge()) return this.#output.takePiece(size) ?? LATER;
        size += this.step(scratch, size, turn);
      }
    } catch (error) {
      throw this.#fail(error);
    }
    return this.#output.takePiece(size);
  }

  async #pullLater(turn: TurnBudget): Promise<Piece> {
    this.#isPromised = true;
    try {
      for (;;) {
        if (this.isLarge()) {
          const piece = await this.#pullFromPool();
          if (piece !== undefined) return piece;
        } else {
          await nextTurn();
        }
        const piece = this.#pullNow(turn);
        if (piece !== LATER) return piece;
      }
    } finally {
      this.#isPromised = false;
    }
  }

  async #pullFromPool(): Promise<Piece> {
    await pool.enter();
    try {
      if (this.handle.isClosed) return undefined;
      const output = new Uint8Array(MAX_PIECE);
      const size = await this.handle.stepOnPool(output, POOL_INPUT);
      if (size === 0) return undefined;
      return size < MAX_PIECE ? output.slice(0, size) : output;
    } catch (error) {
      throw this.#fail(error);
    } finally {
      pool.leave();
    }
  }

  #hasWork(): boolean {
    return !this.handle.isClosed && (!this.handle.isDone || this.loadNext());
  }

  #fail(error: unknown): unknown {
    this.close();
    return this.toFailure(error);
  }
}

class HandleDeflater extends HandleCoder implements Deflater {
  flush(): void {
    this.waiting.put(FLUSH);
  }

  protected override loadNext(): boolean {
    const next = this.waiting.take();
    if (next === undefined) return false;
    if (!(next instanceof Uint8Array)) {
      this.handle.load(NO_INPUT, SYNC_FLUSH);
      return true;
    }
    const isFlushed = this.waiting.peek() === FLUSH;
    if (isFlushed) this.waiting.take();
    this.load(next, isFlushed ? SYNC_FLUSH : NO_FLUSH);
    return true;
  }
}

class HandleInflater extends HandleCoder implements Inflater {
  #isFinishing = false;
  /** Whether the input that is loaded has filled a piece: there may be much more in it. */
  #isRich = false;

  finish(last: number): void {
    this.waiting.put(endsWithBlockHeader(last) ? FINISH_HEADER : FINISH);
  }

  protected override loadNext(): boolean {
    const next = this.waiting.take();
    if (next === undefined) return false;
    this.#isRich = false;
    this.#isFinishing = !(next instanceof Uint8Array);
    if (next instanceof Uint8Array) this.load(next, NO_FLUSH);
    else this.handle.load(next === FINISH ? PROBED_BLOCK : PROBED_REST, BLOCK);
    return true;
  }

  protected override isLarge(): boolean {
    // A flood of streams of a few bytes is not worth the way to the pool.
    return !this.handle.isStuck && (this.#isRich || super.isLarge());
  }

  protected override step(output: Uint8Array, at: number, turn: TurnBudget): number {
    if (this.handle.isStuck) {
      this.handle.restart();
      turn.spend(RESTART_COST);
    }
    const produced = super.step(output, at, turn);
    if (this.#isFinishing) this.#checkEnd(produced);
    this.#isRich = at + produced === output.length;
    return produced;
  }

  protected override toFailure(error: unknown): unknown {
    return error instanceof ZlibError && error.errno === DATA_ERROR ? invalidData(error.message) : error;
  }

  /** After the appended bytes, zlib must stand behind a block: it stops there, before the byte that is there for this purpose. */
  #checkEnd(produced: number): void {
    const { left, isUntouched } = this.handle;
    // Nothing is taken if a block with BFINAL was the last of the message.
    if (produced > 0 || (left !== 1 && !isUntouched)) throw incompleteMessage();
    this.handle.discardInput();
  }
}
