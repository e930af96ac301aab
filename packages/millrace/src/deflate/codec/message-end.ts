import { InvalidPayloadError } from '../../protocol/base/errors.ts';

/** What a sender takes off at the end of a message, and its receiver appends again: an empty stored block without its header (RFC 7692 §7.2.1). */
export const EMPTY_BLOCK_REST: Uint8Array<ArrayBuffer> = Uint8Array.of(0, 0, 0xff, 0xff);

/** Its header: three bits of zeros, and zeros up to the end of the byte. It is all that is left of an empty message (RFC 7692 §7.2.3.6). */
export const EMPTY_BLOCK_HEADER = 0;

/** A whole empty stored block. */
export const EMPTY_BLOCK: Uint8Array<ArrayBuffer> = Uint8Array.of(EMPTY_BLOCK_HEADER, ...EMPTY_BLOCK_REST);

const RULE = 'RFC 7692 §7.2.2';

/**
 * Says whether a payload ends with the header of an empty stored block, as it must (RFC 7692 §7.2.1): three bits of zeros and zeros up to the end of
 * the byte.
 *
 * Some senders do not follow this. `ws` and AutobahnPython end a message with nothing behind a sync flush, others with a final block; where the data
 * is complete all the same, it is taken.
 *
 * @param last - the last byte of the payload
 */
export function endsWithBlockHeader(last: number): boolean {
  return (last & 0b1110_0000) === 0;
}

/** Makes the error for data that is no DEFLATE stream. */
export function invalidData(reason: string): InvalidPayloadError {
  return new InvalidPayloadError(`compressed data is not valid: ${reason}`, RULE);
}

/** Makes the error for a message that ends inside a block. */
export function incompleteMessage(): InvalidPayloadError {
  return new InvalidPayloadError('a compressed message ends before its data does', RULE);
}
