import { MAX_HEADER_SIZE, encodeFrameHeader, encodedHeaderSize } from '../wire/frame-header.ts';
import { applyMask, maskInto, rotateKey } from '../wire/mask.ts';
import type { TextCodec } from '../wire/text-codec.ts';
import { OutputQueue } from './output-queue.ts';

/** Up to this many bytes, copying a payload costs less than writing it as a piece of its own. */
const SMALL = 4096;

/** Up to this many bytes, a payload that has to wait is copied, so that whoever gave it has it back. */
const LARGEST_COPY = 64 * 1024;

/** Up to this many UTF-16 units, text is encoded where it is packed: their UTF-8 is small. */
const SHORT_TEXT = Math.floor(SMALL / 3);

/** Gives a fresh masking key for each frame. */
export interface MaskingKeys {
  maskingKey(): number;
}

/** What a {@link FrameEncoder} works with. */
export interface FrameEncoderSetup {
  readonly output: OutputQueue;
  /** `undefined` at a server, which does not mask. */
  readonly keys: MaskingKeys | undefined;
  readonly text: TextCodec;
  /** Whether what is written has to wait, since the transport has not taken what it was given before. */
  readonly isBlocked: () => boolean;
}

/** Writes frames to an {@link OutputQueue}, masked where the role demands it (RFC 6455 §5.1, §5.3). */
export class FrameEncoder {
  readonly #output: OutputQueue;
  readonly #keys: MaskingKeys | undefined;
  readonly #text: TextCodec;
  readonly #isBlocked: () => boolean;
  /** The masking key of the frame that is written in parts, turned to its next byte. */
  #partialKey: number | undefined;
  #framesWritten = 0;

  constructor({ output, keys, text, isBlocked }: FrameEncoderSetup) {
    this.#output = output;
    this.#keys = keys;
    this.#text = text;
    this.#isBlocked = isBlocked;
  }

  /** How many frames were written, begun ones included. */
  get framesWritten(): number {
    return this.#framesWritten;
  }

  /** Writes a whole frame. A large payload is taken by reference and must not change until it is sent. */
  writeFrame(byte0: number, payload: Uint8Array): void {
    const { length } = payload;
    const maskingKey = this.#nextKey();
    if (length > SMALL) {
      this.#writeHeader(byte0, length, maskingKey);
      this.#pushPayload(payload, true, maskingKey);
      return;
    }
    const start = this.#output.reserve(MAX_HEADER_SIZE + length);
    const bytes = this.#output.packing;
    const body = encodeFrameHeader({ byte0, length, maskingKey }, bytes, start);
    copy(payload, bytes, body, maskingKey);
    this.#output.commit(body + length, true);
  }

  /** Writes a whole frame of text, encoded where it is packed. Only for what {@link isShortText} allows. */
  writeShortText(byte0: number, text: string): void {
    const maskingKey = this.#nextKey();
    const start = this.#output.reserve(MAX_HEADER_SIZE + 3 * text.length);
    const bytes = this.#output.packing;
    // Most text is ASCII, so that its length tells that of the header; the rest is moved up by two bytes.
    const assumed = start + encodedHeaderSize(text.length, this.masks);
    const length = this.#text.encodeInto(text, bytes, assumed);
    const body = start + encodedHeaderSize(length, this.masks);
    if (body !== assumed) bytes.copyWithin(body, assumed, assumed + length);
    encodeFrameHeader({ byte0, length, maskingKey }, bytes, start);
    if (maskingKey !== undefined) applyMask(bytes.subarray(body, body + length), maskingKey, 0);
    this.#output.commit(body + length, true);
  }

  /** Says whether `text` is short enough for {@link writeShortText}. */
  isShortText(text: string): boolean {
    return text.length <= SHORT_TEXT;
  }

  /** Adds a frame that is already encoded. Only where {@link masks} is false. */
  writeEncoded(frame: Uint8Array): void {
    this.#framesWritten++;
    // Alone, it goes out as it is; behind others, it is packed with them.
    if (frame.length > SMALL || this.#output.size === 0) {
      this.#output.push(frame, { endsFrame: true, isReference: false });
      return;
    }
    const start = this.#output.reserve(frame.length);
    this.#output.packing.set(frame, start);
    this.#output.commit(start + frame.length, true);
  }

  /** Whether frames are masked, so that what was encoded for another connection cannot be sent on this one. */
  get masks(): boolean {
    return this.#keys !== undefined;
  }

  /** Begins a frame whose payload follows in parts, `length` bytes in all. */
  beginFrame(byte0: number, length: number | bigint): void {
    const maskingKey = this.#nextKey();
    this.#partialKey = maskingKey;
    this.#writeHeader(byte0, length, maskingKey);
  }

  /** Writes the next part of the payload. */
  writeFrameData(payload: Uint8Array, endsFrame: boolean): void {
    const maskingKey = this.#partialKey;
    if (maskingKey !== undefined) this.#partialKey = rotateKey(maskingKey, payload.length);
    if (payload.length > SMALL) {
      this.#pushPayload(payload, endsFrame, maskingKey);
      return;
    }
    const start = this.#output.reserve(payload.length);
    copy(payload, this.#output.packing, start, maskingKey);
    this.#output.commit(start + payload.length, endsFrame);
  }

  /** Encodes a control frame on its own. */
  encodeControlFrame(byte0: number, payload: Uint8Array): Uint8Array {
    const { length } = payload;
    const maskingKey = this.#nextKey();
    const frame = new Uint8Array(encodedHeaderSize(length, this.masks) + length);
    const body = encodeFrameHeader({ byte0, length, maskingKey }, frame, 0);
    copy(payload, frame, body, maskingKey);
    return frame;
  }

  /** Adds a large payload: by reference, unless it has to wait and is not too large to be copied. */
  #pushPayload(payload: Uint8Array, endsFrame: boolean, maskingKey: number | undefined): void {
    if (payload.length <= LARGEST_COPY && this.#isBlocked()) {
      const bytes = new Uint8Array(payload);
      if (maskingKey !== undefined) applyMask(bytes, maskingKey, 0);
      this.#output.push(bytes, { endsFrame, isReference: false });
      return;
    }
    // A view of just these bytes: that of the caller may grow with its buffer.
    const view = new Uint8Array(payload.buffer, payload.byteOffset, payload.length);
    this.#output.push(view, { endsFrame, maskingKey, isReference: true });
  }

  /** The masking key of a new frame. */
  #nextKey(): number | undefined {
    this.#framesWritten++;
    return this.#keys?.maskingKey();
  }

  #writeHeader(byte0: number, length: number | bigint, maskingKey: number | undefined): void {
    const start = this.#output.reserve(MAX_HEADER_SIZE);
    const end = encodeFrameHeader({ byte0, length, maskingKey }, this.#output.packing, start);
    this.#output.commit(end, length < 1);
  }
}

function copy(source: Uint8Array, target: Uint8Array, offset: number, maskingKey: number | undefined): void {
  if (maskingKey === undefined) target.set(source, offset);
  else maskInto(source, target.subarray(offset, offset + source.length), maskingKey, 0);
}
