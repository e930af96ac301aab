import { randomFillSync } from 'node:crypto';

import type { ByteSource } from './hash-task.ts';

/** Random bytes, in pieces of one size; the last piece may be shorter. */
export class RandomBytes implements ByteSource {
  readonly size: number;
  readonly #pieceSize: number;
  #rest: number;

  constructor(pieceSize: number, size: number) {
    this.size = size;
    this.#pieceSize = pieceSize;
    this.#rest = size;
  }

  next(): Uint8Array | undefined {
    if (this.#rest === 0) return undefined;

    const piece = randomFillSync(new Uint8Array(Math.min(this.#pieceSize, this.#rest)));
    this.#rest -= piece.length;
    return piece;
  }
}
