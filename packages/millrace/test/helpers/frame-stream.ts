import { concat, toHex } from './bytes.ts';

/** A frame as {@link decodeFrames} finds it. */
export interface DecodedFrame {
  readonly byte0: number;
  readonly fin: boolean;
  readonly reservedBits: number;
  readonly opcode: number;
  /** In hex; empty if the frame is not masked. */
  readonly key: string;
  readonly length: bigint;
  /** Unmasked. */
  readonly payload: Uint8Array;
}

/** Decodes whole frames as naively as RFC 6455 §5.2 reads: shares no code with what it tests. */
export function decodeFrames(bytes: Uint8Array): DecodedFrame[] {
  const frames: DecodedFrame[] = [];
  let rest = bytes;
  while (rest.length > 0) {
    const [frame, size] = decodeFrame(rest);
    frames.push(frame);
    rest = rest.subarray(size);
  }
  return frames;
}

function decodeFrame(bytes: Uint8Array): [frame: DecodedFrame, size: number] {
  const [byte0, byte1] = bytes;
  if (byte0 === undefined || byte1 === undefined) throw new Error('a header is cut');
  const { length, extended } = decodeLength(bytes, byte1 & 0x7f);
  const isMasked = byte1 >= 0x80;
  const start = 2 + extended + (isMasked ? 4 : 0);
  const size = start + Number(length);
  if (size > bytes.length) throw new Error(`a frame of ${length} bytes is cut`);

  const key = isMasked ? bytes.subarray(start - 4, start) : new Uint8Array(4);
  const payload = bytes.slice(start, size).map((byte, index) => byte ^ key[index % 4]!);
  const head = { byte0, fin: byte0 >= 0x80, reservedBits: (byte0 >> 4) & 7, opcode: byte0 & 15 };
  return [{ ...head, key: isMasked ? toHex(key) : '', length, payload }, size];
}

function decodeLength(bytes: Uint8Array, short: number): { length: bigint; extended: number } {
  if (short < 126) return { length: BigInt(short), extended: 0 };
  const extended = short === 126 ? 2 : 8;
  const length = BigInt(`0x${toHex(bytes.subarray(2, 2 + extended)).replaceAll(' ', '')}`);
  if (length < (extended === 2 ? 126n : 65_536n)) throw new Error('a length is not in its shortest form');
  return { length, extended };
}

/** What a valid sequence of frames says. */
export interface Conversation {
  /** Whole messages: `opcode`, and the payload of all fragments. */
  readonly messages: { readonly opcode: number; readonly payload: Uint8Array; readonly frames: number }[];
  readonly controls: DecodedFrame[];
  /** Whether the last message was not ended. */
  readonly isUnfinished: boolean;
}

/** Reads a sequence of frames by RFC 6455 §5.4, §5.5; throws where it breaks a rule. */
export function readConversation(frames: readonly DecodedFrame[]): Conversation {
  const messages: Conversation['messages'] = [];
  const controls: DecodedFrame[] = [];
  let open: DecodedFrame[] = [];
  for (const frame of frames) {
    if (controls.at(-1)?.opcode === 8) throw new Error('a frame behind Close');
    if (frame.opcode >= 8) {
      if (!frame.fin || frame.length > 125n) throw new Error('a bad control frame');
      controls.push(frame);
      continue;
    }
    if ((frame.opcode === 0) !== open.length > 0) throw new Error(`opcode ${frame.opcode} in the wrong place`);
    open.push(frame);
    if (!frame.fin) continue;
    const payload = concat(open.map((part) => part.payload));
    messages.push({ opcode: open[0]?.opcode ?? 0, payload, frames: open.length });
    open = [];
  }
  return { messages, controls, isUnfinished: open.length > 0 };
}
