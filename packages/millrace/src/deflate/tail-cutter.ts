import { EMPTY_BLOCK_REST } from './message-end.ts';

const NOTHING = new Uint8Array(0);

/**
 * Takes the last four bytes off what a sync flush ends (RFC 7692 §7.2.1). They may be spread over pieces, so as many are kept back until it is known
 * what follows.
 */
export class TailCutter {
  #kept = NOTHING;

  /**
   * Takes a piece.
   *
   * @returns what is sure to be no part of the last four bytes; empty if nothing is
   */
  cut(piece: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    const whole = this.#kept.length === 0 ? piece : join(this.#kept, piece);
    const end = Math.max(0, whole.length - EMPTY_BLOCK_REST.length);
    this.#kept = whole.slice(end);
    return whole.subarray(0, end);
  }
}

function join(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(first.length + second.length);
  joined.set(first);
  joined.set(second, first.length);
  return joined;
}
