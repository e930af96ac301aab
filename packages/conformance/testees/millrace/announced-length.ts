import { MAX_FRAME_LENGTH } from 'millrace';

/** A length to announce, of one that was received: above 2^53 those are rounded, and may be more than there can be. */
export function announcedLength(length: number): number | bigint {
  if (Number.isSafeInteger(length)) return length;
  const exact = BigInt(length);
  return exact > MAX_FRAME_LENGTH ? MAX_FRAME_LENGTH : exact;
}
