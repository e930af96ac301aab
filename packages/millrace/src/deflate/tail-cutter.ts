import { EMPTY_BLOCK_REST } from './codec/message-end.ts';

const TAIL = EMPTY_BLOCK_REST.length;

/**
 * Takes the last four bytes off what a sync flush ends (RFC 7692 §7.2.1). They may be spread over pieces, so as many are kept back until it is known
 * what follows.
 */
export class TailCutter {
  readonly #kept = new Uint8Array(TAIL);
  #size = 0;

  /**
   * Takes a piece.
   *
   * @returns what is sure to be no part of the last four bytes; empty if nothing is
   */
  cut(piece: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    const whole = this.#size === 0 ? piece : join(this.#kept.subarray(0, this.#size), piece);
    const end = Math.max(0, whole.length - TAIL);
    this.#size = whole.length - end;
    for (let index = 0; index < this.#size; index++) this.#kept[index] = whole[end + index]!;
    return whole.subarray(0, end);
  }

  /** Forgets what was kept back: nothing followed. */
  clear(): void {
    this.#size = 0;
  }
}

function join(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(first.length + second.length);
  joined.set(first);
  joined.set(second, first.length);
  return joined;
}
