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
export class PreparedMessage {
  /** The payload alone, for connections that mask or compress. It must not be changed. */
  readonly payload: Uint8Array;
  /** The message as one unmasked frame. It must not be changed. */
  readonly frame: Uint8Array;
  readonly format: MessageFormat;

  /** @param payload - is copied */
  constructor(payload: Uint8Array, opcode: number) {
    const { length } = payload;
    const size = encodedHeaderSize(length, false);
    this.frame = new Uint8Array(size + length);
    encodeFrameHeader({ byte0: firstHeaderByte(true, 0, opcode), length, maskingKey: undefined }, this.frame, 0);
    this.frame.set(payload, size);
    this.payload = this.frame.subarray(size);
    this.format = Object.freeze({ opcode });
    Object.freeze(this);
  }
}
