import { ByteCollector } from '../../protocol/receive/stages/byte-collector.ts';

/** Collects the pieces that go out together, in one copy; one that is too large for that, by reference. */
export class PiecePacker {
  readonly #copies = new ByteCollector();
  #reference: Uint8Array | undefined;
  #isEmpty = true;

  /** Whether no piece is there, not even an empty one. */
  get isEmpty(): boolean {
    return this.#isEmpty;
  }

  /** What is there, in bytes. */
  get size(): number {
    return this.#reference?.length ?? this.#copies.size;
  }

  /** Adds a copy of a piece. */
  add(bytes: Uint8Array): void {
    this.#isEmpty = false;
    this.#copies.append(bytes, Infinity);
  }

  /** Adds a piece, which must not change. Nothing else may be there. */
  refer(bytes: Uint8Array): void {
    this.#isEmpty = false;
    this.#reference = bytes;
  }

  /** Hands over all that is there, as one piece, and starts anew. */
  take(): Uint8Array {
    const taken = this.#reference ?? this.#copies.take();
    this.#reference = undefined;
    this.#isEmpty = true;
    return taken;
  }
}
