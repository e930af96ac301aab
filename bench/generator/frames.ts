const MASK_BIT = 0x80;
const FIN = 0x80;
const RSV1 = 0x40;

/** How a frame is to be made. */
export interface FrameFormat {
  readonly opcode: number;
  readonly fin: boolean;
  /** Whether it begins a compressed message (RFC 7692 §6). */
  readonly isCompressed?: boolean;
  /** Payload length, in bytes. */
  readonly length: number | bigint;
  /** Masking key; `undefined` for the frame of a server. */
  readonly key: Uint8Array | undefined;
}

/** A frame header (RFC 6455 §5.2). */
export function frameHeader({ opcode, fin, isCompressed, length, key }: FrameFormat): Uint8Array {
  const byte0 = (fin ? FIN : 0) | (isCompressed === true ? RSV1 : 0) | opcode;
  const mask = key === undefined ? 0 : MASK_BIT;
  const exact = BigInt(length);
  if (exact < 126n) return Uint8Array.of(byte0, mask | Number(exact), ...(key ?? []));
  const size = exact < 65_536n ? 2 : 8;
  const header = new DataView(new ArrayBuffer(2 + size));
  header.setUint8(0, byte0);
  header.setUint8(1, mask | (size === 2 ? 126 : 127));
  if (size === 2) header.setUint16(2, Number(exact));
  else header.setBigUint64(2, exact);
  return Uint8Array.of(...new Uint8Array(header.buffer), ...(key ?? []));
}

/** A whole frame, masked if the format has a key. */
export function frame(format: Omit<FrameFormat, 'length'>, payload: Uint8Array): Uint8Array {
  const header = frameHeader({ ...format, length: payload.length });
  return Buffer.concat([header, format.key === undefined ? payload : masked(payload, format.key)]);
}

/** A masked copy of `payload`. */
export function masked(payload: Uint8Array, key: Uint8Array): Uint8Array<ArrayBuffer> {
  // Four bytes at a time: payloads have up to 16 MiB.
  const words = new Uint32Array(Math.ceil(payload.length / 4));
  const bytes = new Uint8Array(words.buffer, 0, payload.length);
  bytes.set(payload);
  const [keyWord = 0] = new Uint32Array(Uint8Array.from(key).buffer);
  for (let index = 0; index < words.length; index++) words[index]! ^= keyWord;
  return bytes;
}
