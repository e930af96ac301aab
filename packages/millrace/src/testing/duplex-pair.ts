import { Duplex } from 'node:stream';

import { ByteLine, type Chunking } from './byte-line.ts';

/** How a {@link DuplexEnd} is made. */
export interface DuplexEndOptions {
  /** How what arrives is cut; `'whole'` unless given. */
  readonly chunking?: Chunking | undefined;
  /** Whether this side stays open when the other has ended, as for `net.Socket`; `false` unless given. */
  readonly allowHalfOpen?: boolean | undefined;
}

/** One of two streams that are joined in memory: what is written to one is read from the other. */
export class DuplexEnd extends Duplex {
  readonly #incoming: ByteLine;
  #other: DuplexEnd | undefined;
  #wantsInput = false;
  #otherHasEnded = false;
  /** Tells the other end that what it wrote last was read. */
  #done: (() => void) | undefined;

  /** Use {@link createDuplexPair}. */
  constructor(options: DuplexEndOptions = {}) {
    super({ allowHalfOpen: options.allowHalfOpen ?? false });
    this.#incoming = new ByteLine(options.chunking);
  }

  /** How what arrives here is cut. */
  get chunking(): Chunking {
    return this.#incoming.chunking;
  }

  set chunking(chunking: Chunking) {
    this.#incoming.chunking = chunking;
    this.#pump();
  }

  /** Has the next `size` bytes arrive here as one chunk. */
  deliver(size: number): void {
    this.#incoming.order(size);
    this.#pump();
  }

  /** Breaks the connection: both streams fail with `error`. */
  fail(error: Error): void {
    this.#other?.destroy(error);
    this.destroy(error);
  }

  /** Joins it to `other`, one way. */
  join(other: DuplexEnd): void {
    this.#other = other;
  }

  override _read(): void {
    this.#wantsInput = true;
    this.#pump();
  }

  override _write(chunk: Uint8Array, _encoding: string, done: () => void): void {
    if (this.#other === undefined || this.#other.destroyed) {
      done();
      return;
    }
    this.#other.#arrive(chunk, done);
  }

  override _final(done: () => void): void {
    this.#endOther();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const told = this.#done;
    this.#done = undefined;
    told?.();
    this.#endOther();
    done(error);
  }

  #arrive(chunk: Uint8Array, done: () => void): void {
    this.#incoming.write(chunk);
    this.#done = done;
    this.#pump();
  }

  #endOther(): void {
    const other = this.#other;
    if (other === undefined) return;
    other.#otherHasEnded = true;
    other.#pump();
  }

  #pump(): void {
    if (this.destroyed) return;
    while (this.#wantsInput && this.#incoming.size > 0) {
      const chunk = this.#incoming.take();
      if (chunk === undefined) return;
      this.#wantsInput = this.push(chunk);
    }
    if (this.#incoming.size > 0) return;
    const told = this.#done;
    this.#done = undefined;
    told?.();
    if (this.#otherHasEnded && this.#incoming.size === 0) this.push(null);
  }
}

/**
 * Makes two streams that are joined in memory, with backpressure: what was written to one counts as written when the other has read it.
 *
 * An end that is destroyed ends the other; bytes for it vanish.
 */
export function createDuplexPair(
  options: readonly [DuplexEndOptions?, DuplexEndOptions?] = [],
): [DuplexEnd, DuplexEnd] {
  const one = new DuplexEnd(options[0]);
  const other = new DuplexEnd(options[1]);
  one.join(other);
  other.join(one);
  return [one, other];
}
