import { NOTHING } from '../base/nothing.ts';

/** Bytes that were received and not parsed yet. What is appended is copied, once unless there is little room for much that comes in small pieces. */
export class UnreadBytes {
  #buffer = NOTHING;
  #start = 0;
  #end = 0;

  /** How many there are. */
  get size(): number {
    return this.#end - this.#start;
  }

  /** All of them: a view that is valid until the next {@link append}. */
  get bytes(): Uint8Array {
    return this.#buffer.subarray(this.#start, this.#end);
  }

  /** Adds a copy of `bytes` at the end. */
  append(bytes: Uint8Array): void {
    if (this.#buffer.length - this.#end < bytes.length) this.#grow(bytes.length);
    this.#buffer.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** Puts a copy of `bytes` in front. */
  prepend(bytes: Uint8Array): void {
    const rest = this.bytes;
    this.clear();
    this.append(bytes);
    this.append(rest);
  }

  /** Takes `count` bytes off the front. */
  consume(count: number): void {
    this.#start += count;
    if (this.#start === this.#end) this.clear();
  }

  /** Throws all of them away. */
  clear(): void {
    this.#buffer = NOTHING;
    this.#start = 0;
    this.#end = 0;
  }

  /** Moves what is there to a new buffer, since views of the old one may be in use. The first copy has just the size that it needs. */
  #grow(count: number): void {
    const rest = this.bytes;
    const needed = rest.length + count;
    this.#buffer = new Uint8Array(rest.length === 0 ? needed : Math.max(needed, 2 * rest.length));
    this.#buffer.set(rest);
    this.#start = 0;
    this.#end = rest.length;
  }
}
