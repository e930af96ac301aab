import { maskInto } from '../wire/mask.ts';

/** Bytes of output that small frames are packed into at a time. */
const SLAB_SIZE = 16 * 1024;

const NOTHING = new Uint8Array(0);

/**
 * Where the connections of this process pack their small frames, one after the other. What was handed out is never
 * written again, and a full slab is left to the garbage collector, so nobody waits for a write to end.
 */
const slab = { bytes: NOTHING, used: 0 };

interface Piece {
  readonly bytes: Uint8Array;
  /** Whether a frame ends with the last byte, so that another can follow. */
  readonly endsFrame: boolean;
  /** Masking key still to be applied, turned to the first byte of the piece. */
  readonly maskingKey: number | undefined;
  /** Whether it was put in front of others. */
  readonly isInserted?: boolean;
}

/**
 * Bytes on their way to the transport, in pieces: small frames packed together, large payloads by reference.
 *
 * It knows where frames end, so that a control frame can be put in front of what waits, and what waits can be given up.
 * Payloads by reference are masked (into a copy) only when they are taken, so that a large message has no second copy.
 */
export class OutputQueue {
  #pieces: Piece[] = [];
  #size = 0;

  /** The part of the slab, `#start` to `#end`, that this queue packs into. */
  #packing: Uint8Array = NOTHING;
  #start = 0;
  #end = 0;
  #packingEndsFrame = true;

  /** Whether what was taken so far ends with the end of a frame. */
  #takenEndsFrame = true;

  /** What it holds, in bytes. */
  get size(): number {
    return this.#size;
  }

  /**
   * Makes room for `size` bytes, at most 8 KiB, that follow what was packed before.
   *
   * Write them to {@link packing} from the returned offset on, then {@link commit}.
   */
  reserve(size: number): number {
    if (slab.bytes.length - slab.used < size) {
      slab.bytes = new Uint8Array(SLAB_SIZE);
      slab.used = 0;
    }
    if (this.#packing !== slab.bytes || this.#end !== slab.used) {
      this.seal();
      this.#packing = slab.bytes;
      this.#start = slab.used;
      this.#end = slab.used;
    }
    return this.#end;
  }

  /** The bytes that {@link reserve} gave an offset of. */
  get packing(): Uint8Array {
    return this.#packing;
  }

  /** Adds what was written since {@link reserve}, up to the offset `end`. */
  commit(end: number, endsFrame: boolean): void {
    this.#size += end - this.#end;
    this.#end = end;
    slab.used = end;
    this.#packingEndsFrame = endsFrame;
  }

  /** Adds `bytes` by reference; with a `maskingKey`, turned to their first byte, they are masked when they are taken. */
  push(bytes: Uint8Array, endsFrame: boolean, maskingKey?: number): void {
    this.seal();
    this.#pieces.push({ bytes, endsFrame, maskingKey });
    this.#size += bytes.length;
  }

  /** Closes the piece that is being packed, so that what follows can be told from it. */
  seal(): void {
    if (this.#end === this.#start) return;
    const bytes = this.#packing.subarray(this.#start, this.#end);
    this.#pieces.push({ bytes, endsFrame: this.#packingEndsFrame, maskingKey: undefined });
    this.#start = this.#end;
  }

  /**
   * Takes out pieces, the oldest first, until they have `limit` bytes or none is left.
   *
   * @returns what to write, in order; the queue does not touch it again
   */
  take(limit: number): Uint8Array[] {
    this.seal();
    const taken: Uint8Array[] = [];
    let bytes = 0;
    for (const piece of this.#pieces) {
      if (bytes >= limit) break;
      taken.push(piece.maskingKey === undefined ? piece.bytes : maskedCopy(piece.bytes, piece.maskingKey));
      bytes += piece.bytes.length;
      this.#takenEndsFrame = piece.endsFrame;
    }
    this.#size -= bytes;
    if (taken.length < this.#pieces.length) {
      this.#pieces.splice(0, taken.length);
      return taken;
    }
    this.#pieces = [];
    // An idle connection keeps no slab alive.
    this.#packing = NOTHING;
    this.#start = 0;
    this.#end = 0;
    return taken;
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
    const inserted = frames.map((bytes) => ({ bytes, endsFrame: true, maskingKey: undefined, isInserted: true }));
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
    for (const { bytes } of this.#pieces.splice(index)) this.#size -= bytes.length;
    return true;
  }

  /** The index of the first piece in front of which a frame can be put. */
  #firstBoundary(): number | undefined {
    this.seal();
    if (this.#takenEndsFrame) return 0;
    const index = this.#pieces.findIndex((piece) => piece.endsFrame);
    return index === -1 ? undefined : index + 1;
  }
}

function maskedCopy(bytes: Uint8Array, maskingKey: number): Uint8Array {
  const copy = new Uint8Array(bytes.length);
  maskInto(bytes, copy, maskingKey, 0);
  return copy;
}
