import { LimitExceededError, Opcode } from 'millrace';
import type { FrameHeader, WholeMessageHandler } from 'millrace/facade';

import { EMPTY } from './empty.ts';
import { tooManyFragments } from './ws-error.ts';

/** What a binary message is given as. */
export type BinaryType = 'nodebuffer' | 'arraybuffer' | 'fragments' | 'blob';

/** A message as it is given. */
export type MessageData = Buffer | ArrayBuffer | Buffer[] | Blob;

/** What a {@link MessageAssembly} works with. */
export interface AssemblySetup {
  /** Longest message, in bytes; 0 sets no limit. */
  readonly maxPayload: number;
  /** Most frames of a message; 0 sets no limit. */
  readonly maxFragments: number;
  /** What binary messages are given as, asked at the end of each. */
  readonly binaryType: () => BinaryType;
  readonly onMessage: (data: MessageData, isBinary: boolean) => void;
}

/** The types that `binaryType` may have. */
export const BINARY_TYPES: readonly BinaryType[] = ['nodebuffer', 'arraybuffer', 'fragments', 'blob'];

/** Chunks up to this size are copied together, in bytes: an object for each costs more than they do. */
const SMALL = 4096;

/** Joins what arrives to messages, within the limits of `ws`: none is judged later than by the header of a frame. */
export class MessageAssembly implements WholeMessageHandler {
  readonly #setup: AssemblySetup;
  #opcode = 0;
  #chunks: Uint8Array[] = [];
  /** Where small chunks are copied together, and how much of it is used: it is the last of the chunks then. */
  #block: Uint8Array | undefined;
  #used = 0;
  #size = 0;
  /** The length of what the frames so far have announced. */
  #announced = 0;
  #frames = 0;
  /** The lengths of its frames, but for empty ones. */
  #frameLengths: number[] = [];

  constructor(setup: AssemblySetup) {
    this.#setup = setup;
  }

  onWholeMessage(payload: Uint8Array, opcode: number): void {
    this.#checkSize(payload.length);
    const buffer = toBuffer(payload);
    if (opcode === Opcode.TEXT) this.#setup.onMessage(buffer, false);
    else this.#setup.onMessage(this.#binary(buffer, payload.length === 0 ? [] : [payload.length]), true);
  }

  onMessageBegin(opcode: number): void {
    this.#opcode = opcode;
    this.#reset();
  }

  onFrameBegin({ payloadLength }: FrameHeader): void {
    const { maxFragments } = this.#setup;
    this.#announced += payloadLength;
    this.#checkSize(this.#announced);
    this.#frames++;
    if (maxFragments > 0 && this.#frames > maxFragments) throw tooManyFragments(maxFragments, this.#frames);
    this.#frameLengths.push(0);
  }

  onFrameData(chunk: Uint8Array): void {
    // What an extension has made longer than its frame.
    this.#checkSize(this.#size + chunk.length);
    this.#size += chunk.length;
    const frame = this.#frameLengths.length - 1;
    this.#frameLengths[frame] = (this.#frameLengths[frame] ?? 0) + chunk.length;
    this.#keep(chunk);
  }

  onMessageCut(): void {
    this.#reset();
  }

  onFrameEnd(): void {
    // Its header has told.
  }

  onMessageEnd(): void {
    this.#closeBlock();
    const buffer = this.#joined();
    const lengths = this.#frameLengths;
    this.#reset();
    if (this.#opcode === Opcode.TEXT) this.#setup.onMessage(buffer, false);
    else this.#setup.onMessage(this.#binary(buffer, lengths), true);
  }

  #joined(): Buffer {
    const [first = EMPTY] = this.#chunks;
    return this.#chunks.length > 1 ? Buffer.concat(this.#chunks, this.#size) : toBuffer(first);
  }

  #keep(chunk: Uint8Array): void {
    if (chunk.length > SMALL) {
      this.#closeBlock();
      this.#chunks.push(chunk);
      return;
    }
    if (this.#block === undefined || this.#used + chunk.length > this.#block.length) {
      this.#closeBlock();
      // The next one is larger, so that there are few.
      this.#block = new Uint8Array(Math.max(chunk.length, Math.min(this.#size, 16 * SMALL)));
      this.#chunks.push(this.#block);
    }
    this.#block.set(chunk, this.#used);
    this.#used += chunk.length;
  }

  #closeBlock(): void {
    if (this.#block === undefined) return;
    this.#chunks.pop();
    this.#chunks.push(this.#block.subarray(0, this.#used));
    this.#block = undefined;
    this.#used = 0;
  }

  #reset(): void {
    this.#chunks = [];
    this.#frameLengths = [];
    this.#frames = 0;
    this.#announced = 0;
    this.#size = 0;
  }

  #checkSize(size: number): void {
    const { maxPayload } = this.#setup;
    const limit = maxPayload > 0 ? maxPayload : Number.MAX_SAFE_INTEGER;
    if (size > limit) throw new LimitExceededError({ option: 'maxPayload', limit, size });
  }

  #binary(buffer: Buffer, frameLengths: readonly number[]): MessageData {
    const type = this.#setup.binaryType();
    if (type === 'nodebuffer') return buffer;
    if (type === 'arraybuffer') return toArrayBuffer(buffer);
    if (type === 'blob') return new Blob([buffer]);
    let start = 0;
    return frameLengths.filter((length) => length > 0).map((length) => buffer.subarray(start, (start += length)));
  }
}

/** The same bytes as a `Buffer`. */
export function toBuffer(bytes: Uint8Array): Buffer {
  return bytes.length === 0 ? EMPTY : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

function toArrayBuffer({ buffer, byteOffset, length }: Buffer): ArrayBuffer {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === length) return buffer;
  const copy = new ArrayBuffer(length);
  new Uint8Array(copy).set(new Uint8Array(buffer, byteOffset, length));
  return copy;
}
