import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

import type { ByteSource } from '../streaming-hash/hash-task.ts';

/** The bytes of a file, in pieces of one size; the last piece may be shorter. One piece is read ahead. */
export class FileBytes implements ByteSource {
  readonly size: number;
  readonly #path: string;
  readonly #pieceSize: number;
  #file: FileHandle | undefined;
  #position = 0;
  #ahead: Promise<Uint8Array | undefined>;

  /** @param size of the file; what is appended to it later is not read */
  constructor(path: string, pieceSize: number, size: number) {
    this.size = size;
    this.#path = path;
    this.#pieceSize = pieceSize;
    this.#ahead = this.#readAhead();
  }

  /** @throws {Error} if the file cannot be read, or has become shorter */
  async next(): Promise<Uint8Array | undefined> {
    const piece = await this.#ahead;
    this.#ahead = this.#readAhead();
    return piece;
  }

  #readAhead(): Promise<Uint8Array | undefined> {
    const reading = this.#read();
    reading.catch(() => {}); // is thrown by the `next` that awaits it
    return reading;
  }

  async #read(): Promise<Uint8Array | undefined> {
    if (this.#position === this.size) {
      await this.#file?.close();
      this.#file = undefined;
      return undefined;
    }

    this.#file ??= await open(this.#path);
    const piece = new Uint8Array(Math.min(this.#pieceSize, this.size - this.#position));
    for (let offset = 0; offset < piece.length;) {
      const { bytesRead } = await this.#file.read(piece, offset, piece.length - offset);
      if (bytesRead === 0) throw new Error(`${this.#path} became shorter while it was read`);
      offset += bytesRead;
    }
    this.#position += piece.length;
    return piece;
  }
}
