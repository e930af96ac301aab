import { randomFillSync } from 'node:crypto';

import { applyMask } from 'millrace/protocol/wire';

import type { LoggedFrame } from '../model/event.ts';
import type { FrameSpec } from '../model/frame.ts';
import type { Role } from '../model/verdict.ts';
import { payloadBytes, toHex } from './bytes.ts';

/** A frame on its way out. */
export interface WrittenFrame {
  readonly bytes: Uint8Array;
  readonly head: Omit<LoggedFrame, 'data'>;
  readonly payload: Uint8Array;
}

/** Writes frames, also such as nobody may send: all that a {@link FrameSpec} can say. */
export function writeFrame(spec: FrameSpec, role: Role): WrittenFrame {
  const payload = payloadBytes(spec.payload);
  const length = spec.announce ?? BigInt(payload.length);
  const key = chooseKey(spec, role);
  const { fin = true, reservedBits = 0, opcode } = spec;

  const header = [(fin ? 0x80 : 0) | (reservedBits << 4) | opcode, ...lengthField(length, spec.lengthField)];
  if (key !== undefined) header[1] = header[1]! | 0x80;
  const bytes = new Uint8Array(header.length + (key === undefined ? 0 : 4) + payload.length);
  bytes.set(header);
  bytes.set(payload, bytes.length - payload.length);
  if (key !== undefined) {
    bytes.set(key, header.length);
    const signed = (key[0]! << 24) | (key[1]! << 16) | (key[2]! << 8) | key[3]!;
    applyMask(bytes.subarray(header.length + 4), signed, 0);
  }

  const odd = spec.announce !== undefined || spec.lengthField !== undefined;
  const head = {
    fin,
    reservedBits,
    opcode,
    length: length.toString(),
    ...(key === undefined ? {} : { key: toHex(key) }),
    ...(odd ? { oddHeader: toHex(bytes.subarray(0, bytes.length - payload.length)) } : {}),
  };
  return { bytes, head, payload };
}

function chooseKey({ masking }: FrameSpec, role: Role): Uint8Array | undefined {
  const masked = (role === 'client') !== (masking === 'wrong');
  if (!masked) return undefined;
  return masking === 'zero' ? new Uint8Array(4) : randomKey();
}

/** Random bytes for keys to come: asking for four at a time is slow. */
const pool = new Uint8Array(4096);
let used = pool.length;

function randomKey(): Uint8Array {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += 4;
  return pool.slice(used - 4, used);
}

/** The length as the second byte of a header and what follows it, in its shortest form unless a longer one is asked for. */
function lengthField(length: bigint, bits: 16 | 64 | undefined): number[] {
  if (bits === undefined && length < 126n) return [Number(length)];
  const short = bits === 16 || (bits === undefined && length <= 0xffffn);
  const size = short ? 2 : 8;
  const field: number[] = [short ? 126 : 127];
  for (let index = size - 1; index >= 0; index--) field.push(Number((length >> BigInt(8 * index)) & 0xffn));
  return field;
}
