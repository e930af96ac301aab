import type { MessageTransform, PulledPiece, TransformedMessage } from '../protocol/base/transform.ts';
import type { Inflater } from './codec/codec.ts';
import type { ContextPool } from './context-pool.ts';
import { TurnBudget } from './codec/turn-budget.ts';

/** Marks the first frame of a message that is compressed (RFC 7692 §6). */
export const COMPRESSED_BIT = 0b100;

/** Decompresses the messages that a connection receives (RFC 7692 §7.2.2). */
export class InflateTransform implements MessageTransform {
  readonly #pool: ContextPool<Inflater>;
  readonly #keepsHistory: boolean;
  readonly #turn = new TurnBudget();
  /** Made for the first message that has something in it; kept if the peer refers back to it. */
  #inflater: Inflater | undefined;
  /** The last byte of the payload of the message so far; `undefined` if there is none. */
  #last: number | undefined;
  #isEnding = false;

  constructor(pool: ContextPool<Inflater>, keepsHistory: boolean) {
    this.#pool = pool;
    this.#keepsHistory = keepsHistory;
  }

  begin(message: TransformedMessage): boolean {
    this.#last = undefined;
    this.#isEnding = false;
    return (message.reservedBits & COMPRESSED_BIT) !== 0;
  }

  push(chunk: Uint8Array): void {
    this.#inflater ??= this.#pool.take();
    this.#inflater.push(chunk);
    this.#last = chunk[chunk.length - 1];
  }

  /** @throws {InvalidPayloadError} what was received is no DEFLATE stream; so a promise rejects, too */
  pull(): PulledPiece | Promise<PulledPiece> {
    if (this.#inflater === undefined) return undefined;
    try {
      const piece = this.#inflater.pull(this.#turn);
      return piece instanceof Promise ? this.#handOnLater(piece) : this.#handOn(piece);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  end(): void {
    this.#isEnding = true;
    // Some peers send an empty message like this. Nothing is appended to nothing: zlib would wait for the rest of a block.
    if (this.#last !== undefined) this.#inflater?.finish(this.#last);
  }

  /** Frees what it holds. Idempotent. */
  close(): void {
    if (this.#inflater !== undefined) this.#pool.discard(this.#inflater);
    this.#inflater = undefined;
  }

  async #handOnLater(promised: Promise<PulledPiece>): Promise<PulledPiece> {
    try {
      return this.#handOn(await promised);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  #handOn(piece: PulledPiece): PulledPiece {
    if (piece === undefined && this.#isEnding && !this.#keepsHistory) this.#giveBack();
    return piece;
  }

  #giveBack(): void {
    if (this.#inflater !== undefined) this.#pool.give(this.#inflater);
    this.#inflater = undefined;
  }
}
