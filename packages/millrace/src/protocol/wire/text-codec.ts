/**
 * UTF-8, as the host does it best.
 *
 * {@link portableTextCodec} works everywhere; a driver may bring a faster one (`ConnectionHost`).
 */
export interface TextCodec {
  /** Says whether `bytes` are UTF-8 from their first byte to their last. */
  isUtf8(bytes: Uint8Array): boolean;
  /** Decodes what is known to be UTF-8. A leading U+FEFF is kept. */
  decode(bytes: Uint8Array): string;
  /** Encodes; a lone surrogate becomes U+FFFD. */
  encode(text: string): Uint8Array;
  /**
   * Encodes into `target` from `offset` on, where there is room for three bytes a UTF-16 unit.
   *
   * @returns the size in bytes
   */
  encodeInto(text: string, target: Uint8Array, offset: number): number;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A {@link TextCodec} out of `TextEncoder` and `TextDecoder`. */
export const portableTextCodec: TextCodec = {
  isUtf8(bytes) {
    try {
      decoder.decode(bytes);
      return true;
    } catch {
      // The only way in which a fatal decoder says no.
      return false;
    }
  },
  decode: (bytes) => decoder.decode(bytes),
  encode: (text) => encoder.encode(text),
  encodeInto: (text, target, offset) => encoder.encodeInto(text, target.subarray(offset)).written,
};
