import { randomFillSync } from 'node:crypto';

import { toBytes } from './payload.ts';

/** How a frame is made. */
export interface FrameOptions {
  readonly fin?: boolean | undefined;
  /** Fills in the masking key; strong randomness unless given. */
  readonly generateMask?: ((mask: Buffer) => void) | undefined;
  readonly mask?: boolean | undefined;
  readonly maskBuffer?: Buffer | undefined;
  readonly opcode: number;
  /** Whether the payload must not be changed; otherwise it is masked in place. */
  readonly readOnly?: boolean | undefined;
  readonly rsv1?: boolean | undefined;
}

const FIN = 0x80;
const RSV1 = 0x40;
const MASKED = 0x80;

/**
 * Makes a frame (RFC 6455 §5.2).
 *
 * @returns its header, and its payload, which is a list of one or two pieces
 */
function frame(data: unknown, options: FrameOptions): Buffer[] {
  const bytes = toBytes(data);
  const header = createHeader(bytes.length, options);
  if (options.mask !== true) return bytes.length === 0 ? [header] : [header, toView(bytes)];
  const key = options.maskBuffer ?? Buffer.alloc(4);
  if (options.generateMask === undefined) randomFillSync(key, 0, 4);
  else options.generateMask(key);
  header.set(key, header.length - 4);
  if (bytes.length === 0) return [header];
  const masked = options.readOnly === true ? Buffer.from(bytes) : toView(bytes);
  for (let index = 0; index < masked.length; index++) masked[index] = (masked[index] ?? 0) ^ (key[index & 3] ?? 0);
  return options.readOnly === true ? [Buffer.concat([header, masked])] : [header, masked];
}

/** Makes a header, with room for a masking key. */
function createHeader(length: number, { fin, opcode, rsv1, mask }: FrameOptions): Buffer {
  const lengthSize = length > 65_535 ? 8 : length > 125 ? 2 : 0;
  const header = Buffer.alloc(2 + lengthSize + (mask === true ? 4 : 0));
  header[0] = opcode | (fin === true ? FIN : 0) | (rsv1 === true ? RSV1 : 0);
  header[1] = (lengthSize === 8 ? 127 : lengthSize === 2 ? 126 : length) | (mask === true ? MASKED : 0);
  if (lengthSize === 2) header.writeUInt16BE(length, 2);
  if (lengthSize === 8) header.writeBigUInt64BE(BigInt(length), 2);
  return header;
}

function toView(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Makes frames, for programs that send one through many sockets. */
export const Sender: { readonly frame: (data: unknown, options: FrameOptions) => Buffer[] } = { frame };
