import { firstHeaderByte, encodeFrameHeader, encodedHeaderSize } from '../wire/frame-header.ts';

/** How a whole message is sent. */
export interface MessageFormat {
  readonly opcode: number;
  /** Reserved bits of its first frame; 0 unless given. */
  readonly reservedBits?: number | undefined;
  /** Longest frame in bytes, if not the option of the connection. */
  readonly fragmentSize?: number | undefined;
}

/** A message that is framed once, for any number of connections. */
export interface PreparedMessage {
  /** The payload alone, for connections that mask or compress. */
  readonly payload: Uint8Array;
  /** The message as one unmasked frame. */
  readonly frame: Uint8Array;
  readonly format: MessageFormat;
}

/** Frames a message. `payload` is copied. */
export function prepareMessage(payload: Uint8Array, opcode: number): PreparedMessage {
  const { length } = payload;
  const size = encodedHeaderSize(length, false);
  const frame = new Uint8Array(size + length);
  encodeFrameHeader({ byte0: firstHeaderByte(true, 0, opcode), length, maskingKey: undefined }, frame, 0);
  frame.set(payload, size);
  return Object.freeze({
    payload: frame.subarray(size),
    frame,
    format: Object.freeze({ opcode }),
  });
}
