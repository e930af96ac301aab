import { LimitExceededError, Opcode } from 'millrace';
import { ByteCollector, type FrameHeader, type WholeMessageHandler } from 'millrace/facade';

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

/** Joins what arrives to messages, within the limits of `ws`: none is judged later than by the header of a frame. */
export class MessageAssembly implements WholeMessageHandler {
  readonly #setup: AssemblySetup;
  #opcode = 0;
  readonly #collector = new ByteCollector(allocate);
  /** The length of what the frames so far have announced. */
  #announced = 0;
  /** The same, as soon as no frame follows; `Infinity` before. */
  #expected = Infinity;
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

  onFrameBegin({ payloadLength, fin }: FrameHeader): void {
    const { maxFragments } = this.#setup;
    this.#announced += payloadLength;
    this.#checkSize(this.#announced);
    this.#frames++;
    if (maxFragments > 0 && this.#frames > maxFragments) throw tooManyFragments(maxFragments, this.#frames);
    this.#frameLengths.push(0);
    this.#expected = fin ? this.#announced : Infinity;
  }

  onFrameData(chunk: Uint8Array): void {
    // What an extension has made longer than its frame.
    this.#checkSize(this.#collector.size + chunk.length);
    const frame = this.#frameLengths.length - 1;
    this.#frameLengths[frame] = (this.#frameLengths[frame] ?? 0) + chunk.length;
    this.#collector.append(chunk, this.#expected);
  }

  onMessageCut(): void {
    this.#reset();
  }

  onFrameEnd(): void {
    // Its header has told.
  }

  onMessageEnd(): void {
    const buffer = toBuffer(this.#collector.take());
    const lengths = this.#frameLengths;
    this.#reset();
    if (this.#opcode === Opcode.TEXT) this.#setup.onMessage(buffer, false);
    else this.#setup.onMessage(this.#binary(buffer, lengths), true);
  }

  #reset(): void {
    if (this.#collector.size > 0) this.#collector.take();
    this.#frameLengths = [];
    this.#frames = 0;
    this.#announced = 0;
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

/** A copy, of which small ones share memory, as those of Node.js do. */
export function copyToBuffer(bytes: Uint8Array): Buffer<ArrayBuffer> {
  const copy = Buffer.allocUnsafe(bytes.length);
  copy.set(bytes);
  return copy;
}

/** Memory whose bytes may be anything, and that is shared with nothing else. */
function allocate(size: number): Buffer<ArrayBuffer> {
  return Buffer.allocUnsafeSlow(size);
}

/** The same bytes as a `Buffer`. */
export function toBuffer(bytes: Uint8Array): Buffer {
  if (bytes instanceof Buffer) return bytes;
  return bytes.length === 0 ? EMPTY : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

function toArrayBuffer({ buffer, byteOffset, length }: Buffer): ArrayBuffer {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === length) return buffer;
  const copy = new ArrayBuffer(length);
  new Uint8Array(copy).set(new Uint8Array(buffer, byteOffset, length));
  return copy;
}
