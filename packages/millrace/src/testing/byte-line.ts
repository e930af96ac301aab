/**
 * How bytes are cut on their way: `'whole'`, as many at a time as are there; a number, into chunks of that size; ascending
 * offsets in the stream, there; `'by hand'`, as the test says, chunk by chunk.
 */
export type Chunking = 'whole' | 'by hand' | number | readonly number[];

/** Bytes on their way in one direction, cut as a test wants it. */
export class ByteLine {
  /** How what is there is cut, from now on. */
  chunking: Chunking;
  #pieces: Uint8Array[] = [];
  #size = 0;
  /** Bytes that were taken out so far. */
  #position = 0;
  /** Chunks that were ordered by hand, by their sizes. */
  #ordered: number[] = [];

  constructor(chunking: Chunking = 'whole') {
    this.chunking = chunking;
  }

  /** Bytes that are on their way. */
  get size(): number {
    return this.#size;
  }

  /** Adds bytes, which must not change until they are taken out. */
  write(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#pieces.push(bytes);
    this.#size += bytes.length;
  }

  /** Has a chunk of `size` bytes taken out, however the rest is cut; less, if less is there then. */
  order(size: number): void {
    this.#ordered.push(size);
  }

  /** Takes out the next chunk, a copy, or `undefined` if none may go. */
  take(): Uint8Array | undefined {
    const size = Math.min(this.#nextSize(), this.#size);
    if (size <= 0) return undefined;
    this.#ordered.shift();
    return this.#takeBytes(size);
  }

  /** Throws away what is on its way. */
  clear(): void {
    this.#pieces = [];
    this.#size = 0;
  }

  #nextSize(): number {
    const [ordered] = this.#ordered;
    if (ordered !== undefined) return ordered;
    if (this.chunking === 'by hand') return 0;
    if (this.chunking === 'whole') return this.#size;
    if (typeof this.chunking === 'number') return this.chunking;
    const next = this.chunking.find((offset) => offset > this.#position);
    return next === undefined ? this.#size : next - this.#position;
  }

  #takeBytes(size: number): Uint8Array {
    const chunk = new Uint8Array(size);
    let filled = 0;
    let used = 0;
    for (const piece of this.#pieces) {
      if (filled === size) break;
      const part = piece.subarray(0, size - filled);
      chunk.set(part, filled);
      filled += part.length;
      if (part.length === piece.length) used++;
      else this.#pieces[used] = piece.subarray(part.length);
    }
    this.#pieces.splice(0, used);
    this.#size -= size;
    this.#position += size;
    return chunk;
  }
}
