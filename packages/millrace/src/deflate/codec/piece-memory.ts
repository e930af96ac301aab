/** Up to this many bytes, pieces share a block: an array buffer of its own costs more than what is in it. */
const SMALL = 4096;

const BLOCK = 65_536;

/**
 * Gives pieces of output the memory that they keep.
 *
 * Small ones are packed one after the other into blocks, of which nothing is ever written again: a block is left to the garbage collector with the last
 * of its pieces.
 */
export class PieceMemory {
  #block = new Uint8Array(0);
  #used = 0;

  /** Copies the first `size` bytes of `source`. */
  keep(source: Uint8Array<ArrayBuffer>, size: number): Uint8Array<ArrayBuffer> {
    if (size > SMALL) return source.slice(0, size);
    if (this.#block.length - this.#used < size) {
      this.#block = new Uint8Array(BLOCK);
      this.#used = 0;
    }
    const piece = this.#block.subarray(this.#used, this.#used + size);
    piece.set(source.subarray(0, size));
    this.#used += size;
    return piece;
  }
}
