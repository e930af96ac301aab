import type { TurnBudget } from './turn-budget.ts';

/** The most that a codec gives at once, in bytes. */
export const MAX_PIECE = 65_536;

/** What a codec gives: 1 to {@link MAX_PIECE} bytes that nobody changes any more, in memory that others may share; or nothing for now. */
export type Piece = Uint8Array<ArrayBuffer> | undefined;

/** What decides how well a stream is compressed, and what that costs. */
export interface DeflateSettings {
  /** The window that back references may reach into: 2 to the power of 9 to 15 bytes. */
  readonly windowBits: number;
  /** 1 (fast) to 9 (small). */
  readonly level: number;
  /** Memory for what is not yet coded, 1 to 9: room for 2 to the power of `memLevel` + 6 literals and references. */
  readonly memLevel: number;
}

/**
 * One side of a DEFLATE stream (RFC 1951).
 *
 * Input goes in by {@link push}, output comes out by {@link pull}, and nothing is made ahead of it. One pull at a time.
 */
interface Coder {
  /**
   * Takes input; more of it may be taken before the next pull.
   *
   * @param chunk - at least one byte, which must not change until it was used up
   */
  push(chunk: Uint8Array): void;
  /**
   * Gives the next piece of what can be made of the input so far.
   *
   * Work that would hold the event loop is done elsewhere or later, and the piece is promised.
   *
   * @param turn - what its holder may still do in this turn of the event loop
   *
   * @returns `undefined` when there is no more for now
   */
  pull(turn: TurnBudget): Piece | Promise<Piece>;
  /** Forgets the history, and input that is left. Not while a piece is promised. */
  reset(): void;
  /** Frees it, at once or when the promised piece is there; that promise gives `undefined`. Idempotent. */
  close(): void;
}

/** Makes a DEFLATE stream. */
export interface Deflater extends Coder {
  /** Ends what was pushed so far with a sync flush: the output for it is complete, and ends with the bytes 00 00 ff ff. */
  flush(): void;
}

/**
 * Reads a DEFLATE stream.
 *
 * A block with BFINAL ends a stream for zlib; what follows begins the next, without history.
 */
export interface Inflater extends Coder {
  /**
   * Ends the payload of a message, behind what was pushed for it: the four bytes that its sender took off are appended (RFC 7692 §7.2.2).
   *
   * A pull fails with an `InvalidPayloadError` if that leaves the stream inside a block. An empty payload has no end: nothing is appended to it.
   *
   * @param last - the last byte of the payload
   */
  finish(last: number): void;
}

/** Makes both sides of streams. */
export interface Codec {
  /**
   * Makes one that compresses.
   *
   * @throws {Error} there is no memory for it
   */
  createDeflater(settings: DeflateSettings): Deflater;
  /**
   * Makes one that decompresses what was made with a window of `windowBits`, 8 to 15. What it is given that is no DEFLATE stream fails the pull
   * with an `InvalidPayloadError`.
   *
   * @throws {Error} there is no memory for it
   */
  createInflater(windowBits: number): Inflater;
}
