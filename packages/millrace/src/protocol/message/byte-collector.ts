/** What a block holds at most beyond the bytes that are in it. */
const MAX_BLOCK = 64 * 1024;

/** The smallest block, so that a dribbling peer does not make one for each byte. */
const MIN_BLOCK = 256;

/**
 * Collects bytes that come in pieces, and joins them once at the end.
 *
 * Holds at most 64 KiB more than it was given, and no object for each piece: pieces are packed into blocks, each as
 * large as all that came before it, from 256 bytes to 64 KiB.
 */
export class ByteCollector {
  #blocks: Uint8Array[] = [];
  #block: Uint8Array | undefined;
  #used = 0;
  #size = 0;

  /** What was collected so far, in bytes. */
  get size(): number {
    return this.#size;
  }

  /**
   * Takes a copy of `bytes`.
   *
   * @param expected - the size that is announced for the whole, `bytes` included; `Infinity` if it is not known. Where `bytes`
   *   are the whole, they are copied into exactly their size; otherwise it only keeps the last block from being too large.
   */
  append(bytes: Uint8Array, expected: number): void {
    let rest = bytes;
    if (this.#block !== undefined) {
      const room = this.#block.length - this.#used;
      const fitting = rest.length <= room ? rest : rest.subarray(0, room);
      this.#block.set(fitting, this.#used);
      this.#used += fitting.length;
      this.#size += fitting.length;
      rest = rest.subarray(fitting.length);
    }
    if (rest.length > 0) this.#begin(rest, expected);
  }

  /** Hands over what was collected, in a buffer of exactly its size, and starts anew. */
  take(): Uint8Array {
    const joined = this.#join();
    this.#blocks = [];
    this.#block = undefined;
    this.#used = 0;
    this.#size = 0;
    return joined;
  }

  /** Begins a new block with `bytes`. */
  #begin(bytes: Uint8Array, expected: number): void {
    const spare = Math.min(Math.max(this.#size, MIN_BLOCK), MAX_BLOCK);
    const announced = expected - this.#size;
    // What is longer than announced may grow on.
    const wanted = announced < bytes.length ? Infinity : announced;
    const block = new Uint8Array(Math.min(wanted, Math.max(bytes.length, spare)));
    block.set(bytes);
    this.#blocks.push(block);
    this.#block = block;
    this.#used = bytes.length;
    this.#size += bytes.length;
  }

  #join(): Uint8Array {
    if (this.#blocks.length === 1 && this.#block?.length === this.#size) return this.#block;
    const joined = new Uint8Array(this.#size);
    let offset = 0;
    for (const block of this.#blocks) {
      const rest = this.#size - offset;
      joined.set(block.length <= rest ? block : block.subarray(0, rest), offset);
      offset += block.length;
    }
    return joined;
  }
}
