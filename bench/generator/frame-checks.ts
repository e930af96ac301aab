// Replies whose bytes are not known beforehand: frames of a client have keys of its choice, compressed ones any length.

import { constants, inflateRawSync } from 'node:zlib';

import { frameHeader, masked } from './frames.ts';
import type { ReplyCheck } from './reply-checks.ts';

const MASK_BIT = 0x80;
const KEY_SIZE = 4;

/** How much of each masked payload is compared, in bytes: unmasking it all would cost more than sending it. */
const COMPARED = 64;

/** Frames that a client has masked, all with the same payload: headers are compared, and how each payload begins. */
export class MaskedFrames implements ReplyCheck {
  readonly #header: Uint8Array;
  readonly #payload: Uint8Array;
  readonly #batch: number;
  readonly #head: Buffer;
  #position = 0;
  #frames = 0;

  /** @param batch - frames that are one reply */
  constructor(opcode: number, payload: Uint8Array, batch: number) {
    const key = new Uint8Array(KEY_SIZE);
    this.#header = frameHeader({ opcode, fin: true, length: payload.length, key }).subarray(0, -KEY_SIZE);
    this.#payload = payload;
    this.#batch = batch;
    this.#head = Buffer.alloc(this.#header.length + KEY_SIZE + Math.min(COMPARED, payload.length));
  }

  add(chunk: Uint8Array): number {
    const size = this.#header.length + KEY_SIZE + this.#payload.length;
    const before = Math.floor(this.#frames / this.#batch);
    let offset = 0;
    while (offset < chunk.length) {
      const end = this.#position < this.#head.length ? this.#head.length : size;
      const taken = Math.min(chunk.length - offset, end - this.#position);
      if (end === this.#head.length) {
        this.#head.set(chunk.subarray(offset, offset + taken), this.#position);
        if (this.#position + taken === end) this.#compare();
      }
      offset += taken;
      this.#position += taken;
      if (this.#position < size) continue;
      this.#position = 0;
      this.#frames++;
    }
    return Math.floor(this.#frames / this.#batch) - before;
  }

  finish(): void {
    // All was compared as it came.
  }

  #compare(): void {
    const start = this.#header.length + KEY_SIZE;
    const head = this.#head.subarray(start);
    const key = this.#head.subarray(start - KEY_SIZE, start);
    const isRight =
      this.#head.subarray(0, this.#header.length).equals(this.#header) &&
      Buffer.compare(masked(head, key), this.#payload.subarray(0, head.length)) === 0;
    if (!isRight) throw new Error('a frame of the client is wrong');
  }
}

/** How many compressed replies are kept, to be decompressed when the time is taken. */
const KEPT = 200;

/** The end of a flush, which is not sent (RFC 7692 §7.2.1). */
const TAIL = Uint8Array.of(0, 0, 0xff, 0xff);

const COMPRESSED = 0x40;

/** Frames of a server, compressed: all are counted, and the first ones decompressed. */
export class CompressedFrames implements ReplyCheck {
  readonly #payloads: readonly Uint8Array[];
  readonly #kept: Uint8Array[] = [];
  #rest: Uint8Array = new Uint8Array();
  #missing = 0;
  #frames = 0;

  /** @param payloads - what they stand for, over and over */
  constructor(payloads: readonly Uint8Array[]) {
    this.#payloads = payloads;
  }

  add(chunk: Uint8Array): number {
    const before = this.#frames;
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (bytes.length > 0) {
      if (this.#missing === 0) {
        const header = readHeader(bytes);
        if (header === undefined) break;
        if (!header.isCompressed) throw new Error('a reply is not compressed');
        bytes = bytes.subarray(header.size);
        this.#missing = header.length;
      }
      bytes = bytes.subarray(this.#take(bytes));
    }
    this.#rest = Uint8Array.from(bytes);
    return this.#frames - before;
  }

  finish(): void {
    if (this.#kept.length === 0) return;
    const kept = Buffer.concat(this.#kept);
    const actual = inflateRawSync(kept, { finishFlush: constants.Z_SYNC_FLUSH });
    let offset = 0;
    for (let index = 0; offset < actual.length; index++) {
      const payload = this.#payloads[index % this.#payloads.length]!;
      const end = Math.min(offset + payload.length, actual.length);
      if (actual.compare(payload, 0, end - offset, offset, end) !== 0) throw new Error('a reply is wrong');
      offset = end;
    }
  }

  /** Takes what there is of a payload, and says how many bytes that is. */
  #take(bytes: Uint8Array): number {
    const taken = Math.min(this.#missing, bytes.length);
    if (this.#frames < KEPT) this.#kept.push(Uint8Array.from(bytes.subarray(0, taken)));
    this.#missing -= taken;
    if (this.#missing === 0 && this.#frames++ < KEPT) this.#kept.push(TAIL);
    return taken;
  }
}

interface Header {
  readonly size: number;
  readonly length: number;
  readonly isCompressed: boolean;
}

/** The header of a frame that is not masked; `undefined` if it is not there as a whole. */
function readHeader(bytes: Uint8Array): Header | undefined {
  if (bytes.length < 2) return undefined;
  const [byte0 = 0, byte1 = 0] = bytes;
  if ((byte1 & MASK_BIT) !== 0) throw new Error('a reply is masked');
  const isCompressed = (byte0 & COMPRESSED) !== 0;
  if (byte1 < 126) return { size: 2, length: byte1, isCompressed };
  const size = byte1 === 126 ? 4 : 10;
  if (bytes.length < size) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return { size, length: size === 4 ? view.getUint16(2) : Number(view.getBigUint64(2)), isCompressed };
}
