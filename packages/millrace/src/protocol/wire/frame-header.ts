/** Size of the longest header, in bytes: 2 fixed, 8 of extended length, 4 of masking key. */
export const MAX_HEADER_SIZE = 14;

/** Longest payload of a control frame, in bytes (RFC 6455 §5.5). */
export const MAX_CONTROL_PAYLOAD = 125;

const FIN = 0x80;
const MASK = 0x80;
const LENGTH_IN_16_BITS = 126;
const LENGTH_IN_64_BITS = 127;

/**
 * The fields of a frame header.
 *
 * @see RFC 6455 §5.2
 */
export interface FrameHeader {
  /** FIN: this frame ends its message. */
  readonly fin: boolean;
  /** RSV1, RSV2, RSV3 as one three-bit number; RSV1 is `0b100`. */
  readonly reservedBits: number;
  /** Four bits, as received: `checkFrameHeader` tells whether they mean anything. */
  readonly opcode: number;
  /** Masking key as a signed 32-bit number in network byte order, or `undefined` if the MASK bit is clear. */
  readonly maskingKey: number | undefined;
  /** Payload length in bytes; above 2^53 rounded. */
  readonly payloadLength: number;
  /** Upper half of the exact payload length, unsigned 32-bit. */
  readonly lengthHigh: number;
  /** Lower half of the exact payload length, unsigned 32-bit. */
  readonly lengthLow: number;
  /** Whether the length takes as few bytes as it can. */
  readonly minimal: boolean;
}

/** A {@link FrameHeader} to decode into, so that a parser needs one for all its frames. */
export type FrameHeaderBuffer = { -readonly [Field in keyof FrameHeader]: FrameHeader[Field] };

/** Makes a header to decode into. */
export function createFrameHeaderBuffer(): FrameHeaderBuffer {
  return {
    fin: false,
    reservedBits: 0,
    opcode: 0,
    maskingKey: undefined,
    payloadLength: 0,
    lengthHigh: 0,
    lengthLow: 0,
    minimal: true,
  };
}

/** Size in bytes of the header whose second byte is `byte1`; 2 to {@link MAX_HEADER_SIZE}. */
export function frameHeaderSize(byte1: number): number {
  const length = byte1 & 0x7f;
  const extended = length === LENGTH_IN_64_BITS ? 8 : length === LENGTH_IN_16_BITS ? 2 : 0;
  return 2 + extended + ((byte1 & MASK) === 0 ? 0 : 4);
}

/**
 * Decodes the header that starts at `bytes[offset]`, of which {@link frameHeaderSize} bytes are there.
 *
 * Decodes only: reserved bits, reserved opcodes, either masking and any length are for `checkFrameHeader` to judge.
 */
export function decodeFrameHeader(bytes: Uint8Array, offset: number, header: FrameHeaderBuffer): void {
  const byte0 = bytes[offset]!;
  const byte1 = bytes[offset + 1]!;

  header.fin = (byte0 & FIN) !== 0;
  header.reservedBits = (byte0 & 0x70) >> 4;
  header.opcode = byte0 & 0x0f;
  decodePayloadLength(bytes, offset, header);
  header.maskingKey = (byte1 & MASK) === 0 ? undefined : readUint32(bytes, offset + frameHeaderSize(byte1) - 4) | 0;
}

function decodePayloadLength(bytes: Uint8Array, offset: number, header: FrameHeaderBuffer): void {
  const length = bytes[offset + 1]! & 0x7f;
  if (length < LENGTH_IN_16_BITS) {
    header.lengthHigh = 0;
    header.lengthLow = length;
    header.minimal = true;
  } else if (length === LENGTH_IN_16_BITS) {
    header.lengthHigh = 0;
    header.lengthLow = (bytes[offset + 2]! << 8) | bytes[offset + 3]!;
    header.minimal = header.lengthLow >= LENGTH_IN_16_BITS;
  } else {
    header.lengthHigh = readUint32(bytes, offset + 2);
    header.lengthLow = readUint32(bytes, offset + 6);
    header.minimal = header.lengthHigh > 0 || header.lengthLow > 0xffff;
  }
  header.payloadLength = header.lengthHigh === 0 ? header.lengthLow : header.lengthHigh * 2 ** 32 + header.lengthLow;
}

/** Makes the first byte of a header out of FIN, the three reserved bits and the opcode. */
export function firstHeaderByte(fin: boolean, reservedBits: number, opcode: number): number {
  return (fin ? FIN : 0) | (reservedBits << 4) | opcode;
}

/** Size in bytes of the header that {@link encodeFrameHeader} writes for a payload of `length` bytes. */
export function encodedHeaderSize(length: number | bigint, masked: boolean): number {
  const extended = length < LENGTH_IN_16_BITS ? 0 : length <= 0xffff ? 2 : 8;
  return 2 + extended + (masked ? 4 : 0);
}

/** What {@link encodeFrameHeader} writes. */
export interface FrameHeaderFields {
  /** FIN, reserved bits and opcode: see {@link firstHeaderByte}. */
  readonly byte0: number;
  /** Payload length in bytes: a number up to 2^53−1, or a bigint up to 2^63−1. */
  readonly length: number | bigint;
  /** Masking key as a signed 32-bit number in network byte order, or `undefined` for an unmasked frame. */
  readonly maskingKey: number | undefined;
}

/**
 * Writes a header to `target`, its length in the shortest form.
 *
 * @returns the offset after it; `target` has {@link MAX_HEADER_SIZE} bytes left at `offset`
 */
export function encodeFrameHeader(fields: FrameHeaderFields, target: Uint8Array, offset: number): number {
  const { byte0, length, maskingKey } = fields;
  const maskBit = maskingKey === undefined ? 0 : MASK;
  target[offset] = byte0;
  let end = offset + 2;

  if (length < LENGTH_IN_16_BITS) {
    target[offset + 1] = maskBit | Number(length);
  } else if (length <= 0xffff) {
    target[offset + 1] = maskBit | LENGTH_IN_16_BITS;
    target[end++] = Number(length) >>> 8;
    target[end++] = Number(length);
  } else {
    target[offset + 1] = maskBit | LENGTH_IN_64_BITS;
    const [high, low] = splitLength(length);
    end = writeUint32(target, end, high);
    end = writeUint32(target, end, low);
  }
  return maskingKey === undefined ? end : writeUint32(target, end, maskingKey);
}

function splitLength(length: number | bigint): [high: number, low: number] {
  if (typeof length === 'bigint') return [Number(length >> 32n), Number(length & 0xffff_ffffn)];
  return [Math.floor(length / 2 ** 32), length >>> 0];
}

function readUint32(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset]! << 24) | (bytes[offset + 1]! << 16) | (bytes[offset + 2]! << 8) | bytes[offset + 3]!) >>> 0;
}

function writeUint32(target: Uint8Array, offset: number, value: number): number {
  target[offset] = value >>> 24;
  target[offset + 1] = value >>> 16;
  target[offset + 2] = value >>> 8;
  target[offset + 3] = value;
  return offset + 4;
}
