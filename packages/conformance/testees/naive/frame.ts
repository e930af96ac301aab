import { randomBytes } from 'node:crypto';

import type { Defects } from './behaviour.ts';

/** A frame whose header is complete. */
export interface IncomingFrame {
  readonly fin: boolean;
  readonly rsv: number;
  readonly opcode: number;
  readonly key: Buffer | undefined;
  readonly length: bigint;
  readonly minimal: boolean;
  /** Bytes of the payload that came so far. */
  taken: bigint;
}

/** Reads the header at the start of `bytes`, or says `undefined` if it is not complete. */
export function readHeader(bytes: Buffer, defects: Defects): { frame: IncomingFrame; size: number } | undefined {
  if (bytes.length < 2) return undefined;
  const [first = 0, second = 0] = bytes;
  const short = second & 0x7f;
  const lengthSize = short === 127 ? 8 : short === 126 ? 2 : 0;
  const masked = second >= 0x80;
  const size = 2 + lengthSize + (masked ? 4 : 0);
  if (bytes.length < size) return undefined;

  const exact = readLength(bytes, short);
  const frame = {
    fin: first >= 0x80,
    rsv: (first >> 4) & 7,
    opcode: first & 15,
    key: masked ? Buffer.from(bytes.subarray(size - 4, size)) : undefined,
    length: defects.readsLengthAs === '32 bits' ? exact & 0xffff_ffffn : exact,
    minimal: short < 126 || exact > (short === 127 ? 0xffffn : 125n),
    taken: 0n,
  };
  return { frame, size };
}

function readLength(bytes: Buffer, short: number): bigint {
  if (short === 127) return bytes.readBigUInt64BE(2);
  return BigInt(short === 126 ? bytes.readUInt16BE(2) : short);
}

/** Masks or unmasks bytes, the first of which stands at `position` of its payload. */
export function mask(bytes: Buffer, key: Buffer, position: number): Buffer {
  const masked = Buffer.alloc(bytes.length);
  for (let index = 0; index < bytes.length; index++) masked[index] = bytes[index]! ^ key[(position + index) % 4]!;
  return masked;
}

let counter = 0;

/** Writes a frame. */
export function writeFrame(opcode: number, payload: Buffer, masked: boolean, defects: Defects): Buffer {
  const reserved = defects.echoes === 'with a reserved bit' && opcode < 8 ? 0x10 : 0;
  const length = lengthBytes(payload.length, defects);
  length[0] = length[0]! | (masked ? 0x80 : 0);
  const head = Buffer.concat([Buffer.from([0x80 | reserved | opcode]), length]);
  if (!masked) return Buffer.concat([head, payload]);
  const key = chooseKey(defects);
  return Buffer.concat([head, key, mask(payload, key, 0)]);
}

function lengthBytes(length: number, defects: Defects): Buffer {
  const wide = defects.echoes === '126 in 64 bits' && length >= 126;
  if (length < 126) return Buffer.from([length]);
  if (length <= 0xffff && !wide) return Buffer.from([126, length >> 8, length & 0xff]);
  const bytes = Buffer.alloc(9, 127);
  bytes.writeBigUInt64BE(BigInt(length), 1);
  return bytes;
}

function chooseKey(defects: Defects): Buffer {
  if (defects.masks === 'constant') return Buffer.from('12345678', 'hex');
  if (defects.masks !== 'counted') return randomBytes(4);
  const key = Buffer.alloc(4);
  key.writeUInt32BE(counter++);
  return key;
}
