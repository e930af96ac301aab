import { Opcode } from '../protocol/base/opcode.ts';
import { firstHeaderByte } from '../protocol/wire/frame-header.ts';
import { applyMask } from '../protocol/wire/mask.ts';
import { portableTextCodec } from '../protocol/wire/text-codec.ts';

/** A frame to be sent as it is described, right or wrong. */
export interface FrameScript {
  /** Four bits; Binary unless given. */
  readonly opcode?: number;
  /** Whether it ends its message; `true` unless given. */
  readonly fin?: boolean;
  /** Three reserved bits; 0 unless given. */
  readonly reservedBits?: number;
  /** Text is encoded as UTF-8; empty unless given. */
  readonly payload?: Uint8Array | string;
  /** The masking key, as a signed 32-bit number, or `'none'`; unless given, what the role of the sender demands. */
  readonly maskingKey?: number | 'none';
  /** The length that its header announces, 0 to 2^64−1; that of the payload unless given. */
  readonly announced?: number | bigint;
  /** How many bits the length takes; as few as possible unless given. */
  readonly lengthBits?: 7 | 16 | 64;
}

/**
 * Encodes a frame, without any check.
 *
 * @param key - the masking key, where the script does not say
 */
export function encodeFrameScript(script: FrameScript, key: number | 'none'): Uint8Array {
  const { opcode = Opcode.BINARY, fin = true, reservedBits = 0, maskingKey = key } = script;
  const payload = payloadOf(script);
  const length = lengthBytes(BigInt(script.announced ?? payload.length), script.lengthBits);
  const mask = new Uint8Array(maskingKey === 'none' ? 0 : 4);
  const body = new Uint8Array(payload);

  if (maskingKey !== 'none') {
    length[0]! |= 0x80;
    new DataView(mask.buffer).setInt32(0, maskingKey);
    applyMask(body, maskingKey, 0);
  }
  const head = Uint8Array.of(firstHeaderByte(fin, reservedBits, opcode), ...length, ...mask);
  const frame = new Uint8Array(head.length + body.length);
  frame.set(head);
  frame.set(body, head.length);
  return frame;
}

/** The length as it stands in a header, in one, three or nine bytes. */
function lengthBytes(length: bigint, bits?: FrameScript['lengthBits']): Uint8Array {
  if (bits === 7 || (bits === undefined && length < 126n)) return Uint8Array.of(Number(length));
  const isShort = bits === 16 || (bits === undefined && length < 0x1_0000n);
  const bytes = new Uint8Array(isShort ? 3 : 9);
  bytes[0] = isShort ? 126 : 127;
  const view = new DataView(bytes.buffer);
  if (isShort) view.setUint16(1, Number(length));
  else view.setBigUint64(1, length);
  return bytes;
}

function payloadOf({ payload = new Uint8Array(0) }: FrameScript): Uint8Array {
  return typeof payload === 'string' ? portableTextCodec.encode(payload) : payload;
}
