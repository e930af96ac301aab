import { ByteCollector } from '../../protocol/receive/byte-collector.ts';

/** Collects the pieces that go out together: one of them by reference, several in one copy. */
export class PiecePacker {
  /** The only piece so far. */
  #first: Uint8Array | undefined;
  readonly #rest = new ByteCollector();
  #isEmpty = true;
  #size = 0;

  /** Whether no piece is there, not even an empty one. */
  get isEmpty(): boolean {
    return this.#isEmpty;
  }

  /** What is there, in bytes. */
  get size(): number {
    return this.#size;
  }

  /** Adds a piece, which must not change until {@link take}. */
  add(bytes: Uint8Array): void {
    this.#size += bytes.length;
    if (this.#isEmpty) {
      this.#isEmpty = false;
      this.#first = bytes;
      return;
    }
    if (this.#first !== undefined) this.#rest.append(this.#first, Infinity);
    this.#first = undefined;
    this.#rest.append(bytes, Infinity);
  }

  /** Hands over all that is there, as one piece, and starts anew. */
  take(): Uint8Array {
    const taken = this.#first ?? this.#rest.take();
    this.#first = undefined;
    this.#isEmpty = true;
    this.#size = 0;
    return taken;
  }
}
