/** What a block holds at most beyond the bytes that are in it. */
const MAX_BLOCK = 64 * 1024;

/** The smallest block, so that a dribbling peer does not make one for each byte. */
const MIN_BLOCK = 256;

/**
 * Collects bytes that come in pieces, into one buffer of exactly their size.
 *
 * An announced size is a promise, not a reason to allocate: until half of it is there, pieces are packed into blocks, each as large as all that came
 * before it, from 256 bytes to 64 KiB; then they move to a buffer of that size, which the rest fills. So it holds at most twice what it was
 * given, and 64 KiB, and no object for each piece.
 */
export class ByteCollector {
  readonly #allocate: (size: number) => Uint8Array<ArrayBuffer>;
  #blocks: Uint8Array<ArrayBuffer>[] = [];
  #block: Uint8Array<ArrayBuffer> | undefined;
  #used = 0;
  #size = 0;

  /** @param allocate - makes buffers whose bytes may be anything: all of them are written before anybody gets them */
  constructor(allocate: (size: number) => Uint8Array<ArrayBuffer> = allocateZeros) {
    this.#allocate = allocate;
  }

  /** What was collected so far, in bytes. */
  get size(): number {
    return this.#size;
  }

  /**
   * Takes a copy of `bytes`.
   *
   * @param expected - the size that is announced for the whole, what came before included; `Infinity` if it is not known
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
  take(): Uint8Array<ArrayBuffer> {
    const joined = this.#join();
    this.#blocks = [];
    this.#block = undefined;
    this.#used = 0;
    this.#size = 0;
    return joined;
  }

  /** Begins a new block with `bytes`. */
  #begin(bytes: Uint8Array, expected: number): void {
    const size = this.#size + bytes.length;
    if (expected >= size && expected <= 2 * size) {
      this.#block = this.#gather(this.#allocate(expected));
      this.#blocks = [this.#block];
      this.#used = this.#size;
    } else {
      const spare = Math.min(Math.max(this.#size, MIN_BLOCK), MAX_BLOCK);
      this.#block = this.#allocate(Math.max(bytes.length, spare));
      this.#blocks.push(this.#block);
      this.#used = 0;
    }
    this.#block.set(bytes, this.#used);
    this.#used += bytes.length;
    this.#size = size;
  }

  #join(): Uint8Array<ArrayBuffer> {
    if (this.#blocks.length === 1 && this.#block?.length === this.#size) return this.#block;
    return this.#gather(this.#allocate(this.#size));
  }

  /** Copies what was collected to the start of `target`. */
  #gather(target: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    let offset = 0;
    for (const block of this.#blocks) {
      const rest = this.#size - offset;
      target.set(block.length <= rest ? block : block.subarray(0, rest), offset);
      offset += block.length;
    }
    return target;
  }
}

function allocateZeros(size: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(size);
}
