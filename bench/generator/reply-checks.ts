/** Counts the replies on one connection, and compares them with what they should be. */
export interface ReplyCheck {
  /**
   * Takes what arrived, lent until the call returns, and says how many replies it completes.
   *
   * @throws {Error} it is not what should be there
   */
  add(chunk: Uint8Array): number;
  /**
   * Checks what it could not check while it was measured.
   *
   * @throws {Error} the replies are not what they should be
   */
  finish(): void;
}

/** Counts replies that all have one size. */
export class ReplyCounter {
  readonly #replySize: number;
  #partial = 0;

  constructor(replySize: number) {
    this.#replySize = replySize;
  }

  /** Takes so many bytes, and says how many replies they complete. */
  add(length: number): number {
    const bytes = this.#partial + length;
    const count = Math.floor(bytes / this.#replySize);
    this.#partial = bytes - count * this.#replySize;
    return count;
  }
}

/** Replies that repeat themselves: every byte is compared at once, by one call for a chunk. */
export class RepeatingReplies {
  readonly #expected: Buffer;
  readonly #period: number;

  /**
   * @param period - the replies until they repeat
   * @param longest - the longest chunk, in bytes
   */
  constructor(period: Uint8Array, longest: number) {
    const times = Math.ceil(longest / period.length) + 1;
    this.#expected = Buffer.concat(Array.from({ length: times }, () => period));
    this.#period = period.length;
  }

  /** A check for one connection more, whose replies have this size. */
  check(replySize: number): ReplyCheck {
    const counter = new ReplyCounter(replySize);
    let phase = 0;
    const add = (chunk: Uint8Array): number => {
      const end = phase + chunk.length;
      if (this.#expected.compare(chunk, 0, chunk.length, phase, end) !== 0) throw new Error('a reply is wrong');
      phase = end % this.#period;
      return counter.add(chunk.length);
    };
    return { add, finish: () => undefined };
  }
}

/** Replies that do not repeat themselves: they are kept, and compared when the time is taken. */
export class KeptReplies implements ReplyCheck {
  readonly #kept: Buffer[] = [];
  readonly #counter: ReplyCounter;
  readonly #expected: () => Iterable<Uint8Array>;

  /** @param expected - makes one reply after the other */
  constructor(replySize: number, expected: () => Iterable<Uint8Array>) {
    this.#counter = new ReplyCounter(replySize);
    this.#expected = expected;
  }

  add(chunk: Uint8Array): number {
    this.#kept.push(Buffer.from(chunk));
    return this.#counter.add(chunk.length);
  }

  finish(): void {
    const kept = Buffer.concat(this.#kept);
    let offset = 0;
    for (const reply of this.#expected()) {
      if (offset >= kept.length) return;
      const end = Math.min(offset + reply.length, kept.length);
      if (kept.compare(reply, 0, end - offset, offset, end) !== 0) throw new Error('a reply is wrong');
      offset = end;
    }
  }
}
