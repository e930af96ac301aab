import { ByteLine, type Chunking } from './byte-line.ts';

/** Whoever holds a {@link MemoryTransport}. */
export interface TransportUser {
  /** Whether bytes, and the end of them, are wanted now. */
  readonly wantsInput: boolean;
  /** Bytes arrived; lent until the call returns. */
  receive(chunk: Uint8Array): void;
  /** The other side has ended: no bytes will come any more. */
  receiveEnd(): void;
  /** All that was given to the transport is written. */
  written(): void;
  /** The transport has failed; {@link closed} follows. */
  failed(error: Error): void;
  /** The transport is gone, in both directions. */
  closed(): void;
}

/** What a chunk is overwritten with when it was delivered, so that a use after that is found. */
const OVERWRITTEN = 0xdb;

/**
 * One end of a transport in memory, which has no buffer of its own: what was written at one end stays unwritten there until the other has
 * read it.
 *
 * Nothing moves until {@link step} is called. Bytes for an end that is closed vanish.
 */
export class MemoryTransport {
  readonly #incoming = new ByteLine();
  #other: MemoryTransport = this;
  #user: TransportUser | undefined;
  #isReading = true;
  #hasEnded = false;
  #wasToldOfEnd = false;
  #isClosed = false;

  /** Makes the two ends of a transport. */
  static createPair(): [MemoryTransport, MemoryTransport] {
    const one = new MemoryTransport();
    const other = new MemoryTransport();
    one.#other = other;
    other.#other = one;
    return [one, other];
  }

  // For its user

  /** Hands this end to its user. */
  attach(user: TransportUser): void {
    this.#user = user;
  }

  /** Bytes that were written here and that the other side has not read. */
  get bufferedAmount(): number {
    return this.#other.#incoming.size;
  }

  /** Writes bytes, which must not change until they are read. */
  write(bytes: Uint8Array): void {
    if (!this.#hasEnded && !this.#other.#isClosed) this.#other.#incoming.write(bytes);
  }

  /** Ends this side: the other learns of it behind what was written. */
  end(): void {
    this.#hasEnded = true;
  }

  /** Closes this end; what was written before is still read at the other. */
  destroy(): void {
    if (this.#isClosed) return;
    this.#hasEnded = true;
    this.#isClosed = true;
    this.#incoming.clear();
    this.#user?.closed();
  }

  // For tests

  /** How what arrives here is cut. */
  get chunking(): Chunking {
    return this.#incoming.chunking;
  }

  set chunking(chunking: Chunking) {
    this.#incoming.chunking = chunking;
  }

  /** Whether this end is closed, in both directions. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Bytes that wait to be read here. */
  get unreadAmount(): number {
    return this.#incoming.size;
  }

  /** Has the next `size` bytes arrive here as one chunk. */
  deliver(size: number): void {
    this.#incoming.order(size);
  }

  /** Reads nothing any more, as if the user were busy: the other side is blocked. */
  stopReading(): void {
    this.#isReading = false;
  }

  /** Reads again. */
  startReading(): void {
    this.#isReading = true;
  }

  /** Breaks the transport: what is on its way is lost, and both users learn of `error`. */
  fail(error: Error): void {
    for (const end of [this, this.#other]) {
      if (end.#isClosed) continue;
      end.#incoming.clear();
      end.#user?.failed(error);
      end.destroy();
    }
  }

  /**
   * Lets the next thing happen at this end: a chunk arrives, or the end of the other side, or it is closed because both have ended.
   *
   * @returns whether something happened
   */
  step(): boolean {
    const user = this.#user;
    if (user === undefined || this.#isClosed) return false;
    return this.#readChunk(user) || this.#readEnd(user) || this.#close();
  }

  #readChunk(user: TransportUser): boolean {
    if (!this.#isReading || !user.wantsInput) return false;
    const chunk = this.#incoming.take();
    if (chunk === undefined) return false;
    user.receive(chunk);
    chunk.fill(OVERWRITTEN);
    if (this.#incoming.size === 0 && !this.#other.#isClosed) this.#other.#user?.written();
    return true;
  }

  #readEnd(user: TransportUser): boolean {
    if (this.#wasToldOfEnd || !this.#other.#hasEnded || this.#incoming.size > 0) return false;
    if (!this.#isReading || !user.wantsInput) return false;
    this.#wasToldOfEnd = true;
    user.receiveEnd();
    return true;
  }

  #close(): boolean {
    if (!this.#wasToldOfEnd || !this.#hasEnded || this.bufferedAmount > 0) return false;
    this.destroy();
    return true;
  }
}
