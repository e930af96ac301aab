import { LocalUsageError } from './errors.ts';

/**
 * The longest payload that a frame can announce, in bytes: 2^63−1.
 *
 * A bigint, for as a `number` it would be 2^63.
 *
 * @see RFC 6455 §5.2
 */
export const MAX_FRAME_LENGTH = 0x7fff_ffff_ffff_ffffn;

/** Bytes that {@link Countdown} counts in one lap. A number counts them exactly, with room for one more payload. */
const LAP = 2 ** 52;

/**
 * Counts down a length of up to 2^63−1 bytes exactly, without a bigint for each frame.
 *
 * The length is `laps` × 2^52 + `rest`; almost always `laps` is 0 and this is one number.
 */
export class Countdown {
  #laps = 0;
  #rest = 0;

  /** Sets it to `high` × 2^32 + `low`, both unsigned 32-bit numbers. */
  set(high: number, low: number): void {
    // Small numbers, in almost all cases: V8 keeps others in an object of their own.
    this.#laps = high === 0 ? 0 : high >>> 20;
    this.#rest = high === 0 ? low : (high & 0xf_ffff) * 2 ** 32 + low;
  }

  /** Sets it to `length` bytes, as {@link checkFrameLength} lets it pass. */
  setLength(length: number | bigint): void {
    const exact = typeof length === 'bigint' ? length : BigInt(length);
    this.set(Number(exact >> 32n), Number(exact & 0xffff_ffffn));
  }

  /** How many of `available` bytes, at most 2^52, still belong to the length. */
  fitting(available: number): number {
    return this.#laps > 0 || this.#rest > available ? available : this.#rest;
  }

  /** Takes off `count` bytes, at most what {@link fitting} allows. */
  take(count: number): void {
    if (count > this.#rest) {
      this.#laps--;
      this.#rest += LAP;
    }
    this.#rest -= count;
  }

  /** Whether nothing is left. */
  get done(): boolean {
    return this.#rest === 0 && this.#laps === 0;
  }

  /** What is left, in bytes; above 2^53 rounded. */
  get remaining(): number {
    return this.#laps * LAP + this.#rest;
  }

  /** Whether so much is left that nobody will ever send it: 2^53 bytes or more. */
  get endless(): boolean {
    return this.#laps > 1;
  }
}

/**
 * Checks the length of a frame.
 *
 * @returns `length` itself
 *
 * @throws {LocalUsageError} it is negative, not whole, over {@link MAX_FRAME_LENGTH}, or a number that is no safe integer:
 *   `0x7FFFFFFFFFFFFFFF` is 2^63 in JavaScript, `0x7FFFFFFFFFFFFFFFn` is what was meant
 */
export function checkFrameLength(length: number | bigint): number | bigint {
  const valid =
    typeof length === 'bigint'
      ? length >= 0n && length <= MAX_FRAME_LENGTH
      : Number.isSafeInteger(length) && length >= 0;
  if (valid) return length;
  throw new LocalUsageError(
    `frame length is ${String(length)}, expected an integer from 0 to 2^63−1, as a bigint if it is over 2^53−1`,
  );
}
