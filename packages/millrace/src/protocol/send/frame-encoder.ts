import { isControlOpcode } from '../base/opcode.ts';
import { MAX_HEADER_SIZE, encodeFrameHeader, encodedHeaderSize, frameHeaderSize } from '../wire/frame-header.ts';
import { UNOBSERVED, type FrameObserver } from '../wire/frame-observer.ts';
import { applyMask, maskInto, rotateKey } from '../wire/mask.ts';
import type { TextCodec } from '../wire/text-codec.ts';
import { OutputQueue } from './output-queue.ts';

/** Up to this many bytes, copying a payload costs less than writing it as a piece of its own. */
const SMALL = 4096;

/** Up to this many bytes, a payload that has to wait is copied, so that whoever gave it has it back. */
const LARGEST_COPY = 64 * 1024;

/** Up to this many UTF-16 units, text is encoded where it is packed: their UTF-8 is small. */
const SHORT_TEXT = Math.floor(SMALL / 3);

/** What a {@link FrameEncoder} asks of whoever writes its output. */
export interface FrameEncoderHost {
  readonly text: TextCodec;
  /** A fresh masking key for each frame of a client. */
  maskingKey(): number;
  /** Bytes that the transport has not written yet; while there are any, what is written has to wait. */
  transportBufferedAmount(): number;
}

/** What a {@link FrameEncoder} works with. */
export interface FrameEncoderSetup {
  readonly output: OutputQueue;
  readonly host: FrameEncoderHost;
  /** Whether frames are masked, as those of a client are. */
  readonly masks: boolean;
  readonly observer?: FrameObserver | undefined;
}

/** What was written so far: sent, or on its way. */
export interface SendCounts {
  /** Begun ones included. */
  readonly framesSent: number;
  /** Payload of the frames of messages, in bytes. */
  readonly dataSent: number;
  /** Payload of control frames, in bytes. */
  readonly controlSent: number;
}

/** Writes frames to an {@link OutputQueue}, masked where the role demands it (RFC 6455 §5.1, §5.3). */
export class FrameEncoder {
  readonly #output: OutputQueue;
  /** Whether frames are masked, so that what was encoded for another connection cannot be sent on this one. */
  readonly masks: boolean;
  readonly #host: FrameEncoderHost;
  readonly #observer: FrameObserver;
  /** The masking key of the frame that is written in parts, turned to its next byte. */
  #partialKey: number | undefined;
  #framesSent = 0;
  #dataSent = 0;
  #controlSent = 0;

  constructor({ output, host, masks, observer = UNOBSERVED }: FrameEncoderSetup) {
    this.#output = output;
    this.#host = host;
    this.masks = masks;
    this.#observer = observer;
  }

  /** What was written so far. */
  get counts(): SendCounts {
    return { framesSent: this.#framesSent, dataSent: this.#dataSent, controlSent: this.#controlSent };
  }

  /** Writes a whole frame. A large payload is taken by reference and must not change until it is sent. */
  writeFrame(byte0: number, payload: Uint8Array): void {
    const { length } = payload;
    this.#count(byte0, length);
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
    const length = this.#host.text.encodeInto(text, bytes, assumed);
    this.#count(byte0, length);
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
    this.#count(frame[0]!, frame.length - frameHeaderSize(frame[1]!));
    if (frame.length > SMALL) {
      this.#output.push(frame, { endsFrame: true, isReference: false });
      return;
    }
    if (this.#output.pushShared(frame)) return;
    const start = this.#output.reserve(frame.length);
    this.#output.packing.set(frame, start);
    this.#output.commit(start + frame.length, true);
  }

  /** Begins a frame whose payload follows in parts, `length` bytes in all. */
  beginFrame(byte0: number, length: number | bigint): void {
    this.#framesSent++;
    if (this.#observer.observesSent) this.#observer.onFrameSent(byte0, length);
    const maskingKey = this.#nextKey();
    this.#partialKey = maskingKey;
    this.#writeHeader(byte0, length, maskingKey);
  }

  /** Writes the next part of the payload. */
  writeFrameData(payload: Uint8Array, endsFrame: boolean): void {
    this.#dataSent += payload.length;
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
    this.#count(byte0, length);
    const maskingKey = this.#nextKey();
    const frame = new Uint8Array(encodedHeaderSize(length, this.masks) + length);
    const body = encodeFrameHeader({ byte0, length, maskingKey }, frame, 0);
    copy(payload, frame, body, maskingKey);
    return frame;
  }

  /** Adds a large payload: by reference, unless it has to wait and is not too large to be copied. */
  #pushPayload(payload: Uint8Array, endsFrame: boolean, maskingKey: number | undefined): void {
    if (payload.length <= LARGEST_COPY && this.#host.transportBufferedAmount() > 0) {
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
    return this.masks ? this.#host.maskingKey() : undefined;
  }

  /** Counts a whole frame. */
  #count(byte0: number, length: number): void {
    this.#framesSent++;
    if (isControlOpcode(byte0 & 0x0f)) this.#controlSent += length;
    else this.#dataSent += length;
    if (this.#observer.observesSent) this.#observer.onFrameSent(byte0, length);
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
