import { ENTRY_COST } from '../base/costs.ts';
import { NOTHING } from '../base/nothing.ts';
import {
  SMALL_PIECE,
  lostSizeOf,
  ownPiece,
  split,
  toWrite,
  type OutputPiece,
  type PieceFormat,
} from './output-pieces.ts';

/** Bytes of output that the connections of a process pack small frames into at a time. */
const SLAB_SIZE = 16 * 1024;

/** The first block that a connection has for itself, in bytes; the next ones are larger. */
const FIRST_BLOCK = 512;
const LARGEST_BLOCK = 16 * 1024;

/**
 * Where the connections of this process pack their first small frames, one after the other. What was handed out is never written again, and a full slab
 * is left to the garbage collector, so nobody waits for a write to end.
 */
const slab = { bytes: NOTHING, used: 0 };

/** Up to so many frames that others may send, too, wait as they are. */
const MAX_SHARED = 16;

/** What an {@link OutputQueue} holds, and has held. */
export interface OutputState {
  /** What it holds, in bytes. */
  readonly size: number;
  /** What that costs in memory, in bytes. */
  readonly cost: number;
  /** How many payloads it was given by reference so far. */
  readonly referencesGiven: number;
  /** How many of them, the first ones, were taken out. What is given up counts no more, for the connection fails then. */
  readonly referencesTaken: number;
  /** What was given up with payloads that were detached or shrunk before their turn, in bytes. */
  readonly lostSize: number;
  /** Whether something was given up that will never be taken. */
  readonly hasGivenUp: boolean;
}

/**
 * Bytes on their way to the transport, in pieces: small frames packed together, large payloads by reference.
 *
 * It knows where frames end, so that a control frame can be put in front of what waits, and what waits can be given up. Payloads by reference are masked
 * (into a copy) only when they are taken, so that a large message has no second copy.
 */
export class OutputQueue implements OutputState {
  #pieces: OutputPiece[] = [];
  #size = 0;

  /** Where small frames are packed, from `#start` to `#end`: a part of the slab, or a block of this queue. */
  #packing: Uint8Array = NOTHING;
  #start = 0;
  #end = 0;
  #packedFrameEnd = 0;
  /** The size of the last block of this queue; 0 while it packs into a slab. */
  #blockSize = 0;

  /** Whether what was taken so far ends with the end of a frame. */
  #takenEndsFrame = true;
  #referencesGiven = 0;
  #referencesTaken = 0;
  /** The size of a payload that was detached or shrunk before it was taken, until somebody was told. */
  #lostPayload: number | undefined;
  #lostSize = 0;
  #hasGivenUp = false;

  get size(): number {
    return this.#size;
  }

  get cost(): number {
    const room = !this.#isOwnBlock ? 0 : this.#packing.length - this.#end;
    return this.#size + this.#pieces.length * ENTRY_COST + room;
  }

  get referencesGiven(): number {
    return this.#referencesGiven;
  }

  get referencesTaken(): number {
    return this.#referencesTaken;
  }

  get lostSize(): number {
    return this.#lostSize;
  }

  get hasGivenUp(): boolean {
    return this.#hasGivenUp;
  }

  /**
   * Says, once, that a payload was detached or shrunk before its turn. It was given up with all that was behind it, from the end of the frame before it on, if that
   * was still to be taken.
   *
   * @returns its size in bytes, or `undefined` if there was none
   */
  takeLostPayload(): number | undefined {
    const size = this.#lostPayload;
    this.#lostPayload = undefined;
    return size;
  }

  /** Visits what it holds as it was given, and others may hold, too. */
  visitShared(visit: (bytes: Uint8Array) => void): void {
    for (const { bytes, size } of this.#pieces) if (size > SMALL_PIECE) visit(bytes);
  }

  /**
   * Makes room for `size` bytes, at most 8 KiB, that follow what was packed before.
   *
   * Write them to {@link packing} from the returned offset on, then {@link commit}.
   */
  reserve(size: number): number {
    const isFull = this.#packing.length - this.#end < size;
    if (isFull || !(this.#isOwnBlock || this.#isLastInSlab)) this.#beginPacking(size);
    return this.#end;
  }

  /** Whether nobody else packs where this queue does. */
  get #isOwnBlock(): boolean {
    return this.#blockSize > 0;
  }

  /** Whether no other connection has packed anything behind, in the slab: not if another slab has taken its place, either. */
  get #isLastInSlab(): boolean {
    return this.#packing === slab.bytes && this.#end === slab.used;
  }

  /** The bytes that {@link reserve} gave an offset of. */
  get packing(): Uint8Array {
    return this.#packing;
  }

  /** Adds what was written since {@link reserve}, up to the offset `end`. */
  commit(end: number, endsFrame: boolean): void {
    this.#size += end - this.#end;
    this.#end = end;
    if (this.#packing === slab.bytes) slab.used = end;
    if (endsFrame) this.#packedFrameEnd = end;
  }

  /** Adds bytes that are not copied. */
  push(bytes: Uint8Array, format: PieceFormat): void {
    this.seal();
    const { endsFrame, maskingKey, isReference } = format;
    const size = bytes.length;
    const frameEnd = endsFrame ? size : 0;
    this.#pieces.push({ bytes, size, frameEnd, endsFrame, maskingKey, isReference, isInserted: false });
    this.#size += size;
    if (isReference) this.#referencesGiven++;
  }

  /**
   * Adds a small frame that does not change, and that other queues may be given, too: what is taken of them is joined once for all.
   *
   * @returns whether it did: not where it would be one of many, which are better packed
   */
  pushShared(frame: Uint8Array): boolean {
    if (this.#pieces.length >= MAX_SHARED) return false;
    this.push(frame, SHARED_FRAME);
    return true;
  }

  /** Closes the piece that is being packed, so that what follows can be told from it. */
  seal(): void {
    if (this.#end === this.#start) return;
    const bytes = this.#packing.subarray(this.#start, this.#end);
    const frameEnd = this.#packedFrameEnd - this.#start;
    this.#pieces.push(ownPiece(bytes, frameEnd));
    this.#start = this.#end;
    this.#packedFrameEnd = this.#end;
  }

  /**
   * Takes out pieces, the oldest first, until they have `limit` bytes or none is left.
   *
   * @returns what to write, in order; the queue does not touch it again
   */
  take(limit: number): Uint8Array[] {
    if (this.#pieces.length === 0) return this.#takePacked();
    this.seal();
    let count = 0;
    let bytes = 0;
    while (count < this.#pieces.length && bytes < limit) {
      const piece = this.#pieces[count]!;
      const lost = this.#lostAt(count);
      if (lost !== undefined) {
        this.#lostPayload = lost;
        this.#giveUpFrom(count);
        continue;
      }
      bytes += piece.size;
      count++;
      this.#takenEndsFrame = piece.endsFrame;
      if (piece.isReference) this.#referencesTaken++;
    }
    this.#size -= bytes;
    const isAll = count === this.#pieces.length;
    const taken = isAll ? this.#pieces : this.#pieces.slice(0, count);
    this.#pieces = isAll ? [] : this.#pieces.slice(count);
    // An idle connection keeps no memory alive.
    if (this.#pieces.length === 0) this.#stopPacking();
    return toWrite(taken, bytes);
  }

  /**
   * Puts whole frames where the first frame ends that is on its way: in front of all that follows, behind those that were put there
   * before.
   *
   * @returns whether there is such a place
   */
  insert(frames: readonly Uint8Array[]): boolean {
    let index = this.#firstBoundary();
    if (index === undefined) return false;
    while (this.#pieces[index]?.isInserted === true) index++;
    const inserted = frames.map((bytes) => ({ ...ownPiece(bytes, bytes.length), isInserted: true }));
    this.#pieces = [...this.#pieces.slice(0, index), ...inserted, ...this.#pieces.slice(index)];
    for (const frame of frames) this.#size += frame.length;
    return true;
  }

  /**
   * Gives up all that follows the first end of a frame.
   *
   * @returns whether there is one, so that another frame can follow
   */
  truncate(): boolean {
    const index = this.#firstBoundary();
    if (index === undefined) return false;
    this.#remove(index);
    return true;
  }

  /**
   * Gives up the frame at the end that is not complete, if there is one.
   *
   * @returns whether another frame can follow now; not if a part of that frame was taken
   */
  cutOpenFrame(): boolean {
    this.seal();
    const index = this.#pieces.findLastIndex((piece) => piece.frameEnd > 0);
    if (index === -1 && !this.#takenEndsFrame) return false;
    this.#remove(index + 1);
    const last = this.#pieces[index];
    if (last !== undefined && !last.endsFrame) this.#shorten(index, last);
    return true;
  }

  /**
   * Packs from now on where there is room for `size` bytes: in the slab, unless something waits already and others have packed behind it, which would make
   * a piece of each frame; then, in a block of its own.
   */
  #beginPacking(size: number): void {
    const isAlone = this.#isLastInSlab;
    this.seal();
    if (isAlone || this.#pieces.length === 0) {
      if (slab.bytes.length - slab.used < size) {
        slab.bytes = new Uint8Array(SLAB_SIZE);
        slab.used = 0;
      }
      this.#packing = slab.bytes;
      this.#start = slab.used;
      this.#blockSize = 0;
    } else {
      this.#blockSize = Math.max(size, Math.min(Math.max(2 * this.#blockSize, FIRST_BLOCK), LARGEST_BLOCK));
      this.#packing = new Uint8Array(this.#blockSize);
      this.#start = 0;
    }
    this.#end = this.#start;
    this.#packedFrameEnd = this.#start;
  }

  /** Takes out what is packed, where that is all: the usual case. */
  #takePacked(): Uint8Array[] {
    if (this.#end === this.#start) return [];
    const bytes = this.#packing.subarray(this.#start, this.#end);
    this.#takenEndsFrame = this.#packedFrameEnd === this.#end;
    this.#size = 0;
    this.#stopPacking();
    return [bytes];
  }

  /** What is lost with the piece at `index`: a header goes out only with its payload. */
  #lostAt(index: number): number | undefined {
    const piece = this.#pieces[index]!;
    return lostSizeOf(piece) ?? (piece.endsFrame ? undefined : lostSizeOf(this.#pieces[index + 1]));
  }

  #stopPacking(): void {
    this.#packing = NOTHING;
    this.#start = 0;
    this.#end = 0;
    this.#packedFrameEnd = 0;
    this.#blockSize = 0;
  }

  /** The payload in the piece at `index`, or the one that goes on with its frame, is lost: gives up all but the whole frames before it. */
  #giveUpFrom(index: number): void {
    const before = this.#size;
    const piece = this.#pieces[index]!;
    this.#remove(index + 1);
    if (piece.frameEnd > 0 && lostSizeOf(piece) === undefined) this.#shorten(index, piece);
    else this.#remove(index);
    this.#lostSize += before - this.#size;
  }

  /** Cuts a piece off where the last frame ends in it. */
  #shorten(index: number, piece: OutputPiece): void {
    const [whole, rest] = split(piece);
    this.#pieces[index] = whole;
    this.#size -= rest.size;
    this.#hasGivenUp = true;
  }

  /** Removes the pieces from `index` on. */
  #remove(index: number): void {
    for (const { size } of this.#pieces.splice(index)) {
      this.#size -= size;
      this.#hasGivenUp = true;
    }
  }

  /** The index of the first piece in front of which a frame can be put. */
  #firstBoundary(): number | undefined {
    this.seal();
    if (this.#takenEndsFrame) return 0;
    const index = this.#pieces.findIndex((piece) => piece.frameEnd > 0);
    const piece = this.#pieces[index];
    if (piece === undefined) return undefined;
    if (!piece.endsFrame) this.#pieces.splice(index, 1, ...split(piece));
    return index + 1;
  }
}

const SHARED_FRAME: PieceFormat = { endsFrame: true, isReference: false };
