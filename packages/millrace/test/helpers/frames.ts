import { concat, hex } from './bytes.ts';

/** What {@link frame} builds, the parts that are left out being those of an unmasked, unfragmented binary frame. */
export interface FrameParts {
  /** The first byte: FIN, reserved bits, opcode; `0x82` unless told otherwise. */
  readonly byte0?: number;
  /** The payload; empty unless told otherwise. */
  readonly payload?: Uint8Array;
  /** The masking key in hex, such as `37 fa 21 3d`; unmasked without. */
  readonly key?: string;
  /** The length to announce, where it is not that of the payload. */
  readonly length?: bigint;
  /** How many bits the length takes; as few as it can unless told otherwise. */
  readonly lengthBits?: 7 | 16 | 64;
}

/** Builds a frame, or the start of one, as naively as RFC 6455 §5.2 reads: shares no code with what it tests. */
export function frame(parts: FrameParts): Uint8Array<ArrayBuffer> {
  const { byte0 = 0x82, payload = new Uint8Array(0), key = '' } = parts;
  const length = parts.length ?? BigInt(payload.length);
  const bits = parts.lengthBits ?? (length < 126n ? 7 : length < 65_536n ? 16 : 64);
  const maskBit = key === '' ? 0 : 0x80;
  const byte1 = bits === 7 ? Number(length) : bits === 16 ? 126 : 127;
  const extended = bits === 7 ? '' : length.toString(16).padStart(bits / 4, '0');

  return concat([Uint8Array.of(byte0, maskBit | byte1), hex(extended), hex(key), masked(payload, key, 0)]);
}

/**
 * Masks `bytes` as RFC 6455 §5.3 says it, octet by octet, into a new array.
 *
 * @param bytes - part of a payload
 * @param key - in hex; if it is empty, `bytes` are copied as they are
 * @param position - where in the payload they stand
 */
export function masked(bytes: Uint8Array, key: string, position: number): Uint8Array<ArrayBuffer> {
  const octets = key === '' ? hex('00 00 00 00') : hex(key);
  const result = new Uint8Array(bytes.length);
  for (let index = 0; index < bytes.length; index++) result[index] = bytes[index]! ^ octets[(position + index) % 4]!;
  return result;
}

/** The masking key `key`, in hex, as the number that headers hold: signed, in network byte order. */
export function keyNumber(key: string): number {
  return new DataView(hex(key).buffer).getInt32(0);
}
