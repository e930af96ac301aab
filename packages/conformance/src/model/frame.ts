/** The payload of a frame, as data: text, spaced hex, or a unit (hex) that is repeated and cut to `size` bytes. */
export type Payload =
  { readonly text: string } | { readonly hex: string } | { readonly fill: string; readonly size: number };

/** A frame to send, valid or not. What is left out is as RFC 6455 wants it. */
export interface FrameSpec {
  readonly opcode: number;
  readonly payload?: Payload | undefined;
  readonly fin?: boolean | undefined;
  /** RSV1, RSV2, RSV3 as one three-bit number; RSV1 is `0b100`. */
  readonly reservedBits?: number | undefined;
  /** `'wrong'` leaves the mask out where there must be one, and puts one where there must be none; `'zero'` masks with 0. */
  readonly masking?: 'wrong' | 'zero' | undefined;
  /** Length to announce in place of the payload's: up to 2^64−1. */
  readonly announce?: bigint | undefined;
  /** Bits of the length field, where it is to be longer than it need be. */
  readonly lengthField?: 16 | 64 | undefined;
}

/** How bytes are cut into writes. */
export interface Cut {
  /** Bytes in each write. */
  readonly every?: number | undefined;
  /** Offsets to cut at. */
  readonly at?: readonly number[] | undefined;
  /** Pause between two writes, in milliseconds; without it, the event loop turns once. */
  readonly pause?: number | undefined;
}
