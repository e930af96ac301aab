/**
 * Checks text that arrives in pieces, and finds the first byte at which it can no longer be UTF-8.
 *
 * The algorithm is that of the WHATWG Encoding Standard's decoder: how many continuation bytes are missing, and
 * the range in which the next of them must lie, which rules out overlong forms, surrogates and what is over U+10FFFF.
 *
 * @see RFC 6455 §8.1, RFC 3629 §4
 */
export class Utf8Validator {
  #missing = 0;
  #lower = 0x80;
  #upper = 0xbf;

  /** Whether the text could end here: no code point is cut. */
  get complete(): boolean {
    return this.#missing === 0;
  }

  /** Forgets all that came, for the next text. */
  reset(): void {
    this.#missing = 0;
    this.#lower = 0x80;
    this.#upper = 0xbf;
  }

  /**
   * Takes the next piece of the text.
   *
   * @returns the index of the first bad byte, after which only {@link reset} may be called, or `undefined`
   */
  check(bytes: Uint8Array): number | undefined {
    const { length } = bytes;
    for (let index = 0; index < length; index++) {
      const byte = bytes[index]!;
      if (byte < 0x80 && this.#missing === 0) continue;
      if (!(this.#missing === 0 ? this.#lead(byte) : this.#continue(byte))) return index;
    }
    return undefined;
  }

  /** Takes the first byte of a code point that has several. */
  #lead(byte: number): boolean {
    if (byte < 0xc2 || byte > 0xf4) return false;
    this.#missing = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
    if (byte === 0xe0) this.#lower = 0xa0;
    else if (byte === 0xed) this.#upper = 0x9f;
    else if (byte === 0xf0) this.#lower = 0x90;
    else if (byte === 0xf4) this.#upper = 0x8f;
    return true;
  }

  #continue(byte: number): boolean {
    if (byte < this.#lower || byte > this.#upper) return false;
    this.#lower = 0x80;
    this.#upper = 0xbf;
    this.#missing--;
    return true;
  }
}
