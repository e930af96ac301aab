import { Opcode, PreparedMessage } from 'millrace/protocol';

import { toBytes } from './payload.ts';

/** A frame as `Sender.frame` makes it: its header, and its payload if that stands by itself. */
export type FrameList = readonly (Buffer | string)[];

/** What stands in a {@link FrameList}. */
export interface ParsedFrame {
  readonly opcode: number;
  readonly isFinal: boolean;
  /** Without masking. */
  readonly payload: Uint8Array;
  /** The whole message, framed once, if the frame is one: for all connections that send it. */
  readonly prepared: PreparedMessage | undefined;
}

/** The lists that were seen, since a broadcast sends the same one through many sockets. */
const parsed = new WeakMap<FrameList, ParsedFrame>();

/**
 * Reads a frame that `Sender.frame` has made, so that it takes its turn among other messages and not its chances.
 *
 * @throws {TypeError} it is none, or it is compressed
 */
export function parseFrame(list: FrameList): ParsedFrame {
  let frame = parsed.get(list);
  if (frame === undefined) {
    frame = parse(list);
    parsed.set(list, frame);
  }
  return frame;
}

function parse(list: FrameList): ParsedFrame {
  const [first] = list;
  if (first === undefined) throw new TypeError('a list of no pieces is no frame');
  const bytes = list.length === 1 ? toBytes(first) : Buffer.concat(list.map(toBytes));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < 2) throw new TypeError(`${bytes.length} bytes are no frame`);
  const byte0 = view.getUint8(0);
  if ((byte0 & 0x70) !== 0)
    throw new TypeError('a frame with reserved bits cannot be sent: nothing was negotiated for them');
  const { length, start } = readLength(view);
  const isMasked = (view.getUint8(1) & 0x80) !== 0;
  const payloadStart = isMasked ? start + 4 : start;
  if (bytes.length !== payloadStart + length) {
    throw new TypeError(`a frame of ${length} bytes of payload has ${bytes.length - payloadStart}`);
  }
  const payload = isMasked ? unmask(bytes, start) : bytes.subarray(payloadStart);
  const opcode = byte0 & 0x0f;
  const isFinal = (byte0 & 0x80) !== 0;
  const isMessage = isFinal && (opcode === Opcode.TEXT || opcode === Opcode.BINARY);
  return {
    opcode,
    isFinal,
    payload,
    prepared: isMessage ? new PreparedMessage(payload, opcode, { compress: false }) : undefined,
  };
}

/** Reads the length in a header, and where that ends. */
function readLength(view: DataView): { readonly length: number; readonly start: number } {
  const length = view.getUint8(1) & 0x7f;
  if (length === 126 && view.byteLength >= 4) return { length: view.getUint16(2), start: 4 };
  if (length === 127 && view.byteLength >= 10) return { length: Number(view.getBigUint64(2)), start: 10 };
  return { length, start: 2 };
}

function unmask(bytes: Uint8Array, keyStart: number): Uint8Array {
  const key = bytes.subarray(keyStart, keyStart + 4);
  return bytes.slice(keyStart + 4).map((byte, index) => byte ^ (key[index % 4] ?? 0));
}
