import { Countdown } from '../base/length.ts';
import {
  MAX_HEADER_SIZE,
  createFrameHeaderBuffer,
  decodeFrameHeader,
  frameHeaderSize,
  type FrameHeader,
  type FrameHeaderBuffer,
} from './frame-header.ts';
import { applyMask, maskAtAddress, receiveAddress, rotateKey } from './mask.ts';

/** Receives what a {@link FrameParser} finds, in wire order. Must not call {@link FrameParser.push}. */
export interface FrameSink {
  /**
   * A header is complete. Throwing here stops the parser before any payload is read.
   *
   * @param header - valid during the call; the next frame reuses it
   */
  frameBegin(header: FrameHeader): void;
  /**
   * Some unmasked payload of the frame begun last; called zero or more times a frame, never with an empty view.
   *
   * @param payload - a view into the chunk given to {@link FrameParser.push}, valid during the call
   */
  frameData(payload: Uint8Array): void;
  /** The payload is complete. */
  frameEnd(): void;
}

/**
 * Cuts a byte stream into frames without holding back payload.
 *
 * Holds at most {@link MAX_HEADER_SIZE} − 1 bytes between calls, whatever the peer sends. It knows the layout of a frame
 * and nothing else: neither the role, nor fragmentation, nor limits.
 *
 * @see RFC 6455 §5.2
 */
export class FrameParser {
  readonly #sink: FrameSink;
  readonly #largestPiece: number;
  #paused = false;

  /** Start of a header that did not lie in one chunk. */
  #cut: Uint8Array | undefined;
  #cutSize = 0;

  readonly #header: FrameHeaderBuffer = createFrameHeaderBuffer();
  #insideFrame = false;
  /** What is still to come of the frame's payload. */
  readonly #missing = new Countdown();
  /** The masking key, turned to the next byte of the payload; `undefined` for an unmasked frame. */
  #key: number | undefined;

  /** @param largestPiece - bytes of payload that the sink gets at a time, at most */
  constructor(sink: FrameSink, largestPiece: number = Infinity) {
    this.#sink = sink;
    this.#largestPiece = largestPiece;
  }

  /** Whether a frame has begun and not ended, so that its sender cannot say anything else. */
  get insideFrame(): boolean {
    return this.#insideFrame || this.#cutSize > 0;
  }

  /** Whether the payload of a frame is complete and the sink was not told so, because of a pause: {@link push} does it, even with an empty chunk. */
  get isFrameComplete(): boolean {
    return this.#insideFrame && this.#missing.done;
  }

  /** Makes {@link push} return after the call of the sink that is under way. */
  pause(): void {
    this.#paused = true;
  }

  /** Lets {@link push} work again; call it with what it left. */
  resume(): void {
    this.#paused = false;
  }

  /**
   * Parses `chunk` from `offset` on, calling the sink before it returns.
   *
   * @param chunk - bytes from the network, of any size. The parser takes it over: a masked payload is unmasked in place.
   * @param offset - where to begin, in bytes
   *
   * @returns the offset where it stopped: the length of the chunk, or less if it was paused
   *
   * What the sink throws comes through; the parser must not be used after.
   */
  push(chunk: Uint8Array, offset: number): number {
    const address = receiveAddress(chunk);
    while (!this.#paused) {
      if (this.#insideFrame && this.#missing.done) {
        this.#insideFrame = false;
        this.#sink.frameEnd();
      } else if (offset === chunk.length) {
        break;
      } else if (this.#insideFrame) {
        offset = this.#readPayload(chunk, offset, address);
      } else {
        offset = this.#readHeader(chunk, offset);
      }
    }
    return offset;
  }

  #readHeader(chunk: Uint8Array, offset: number): number {
    if (this.#cutSize > 0 || chunk.length - offset < 2) return this.#readCutHeader(chunk, offset);
    const end = offset + frameHeaderSize(chunk[offset + 1]!);
    if (end > chunk.length) return this.#readCutHeader(chunk, offset);
    this.#begin(chunk, offset);
    return end;
  }

  /** The slow path, byte by byte, for a header that lies in several chunks. */
  #readCutHeader(chunk: Uint8Array, offset: number): number {
    const cut = (this.#cut ??= new Uint8Array(MAX_HEADER_SIZE));
    cut[this.#cutSize++] = chunk[offset]!;
    if (this.#cutSize >= 2 && this.#cutSize === frameHeaderSize(cut[1]!)) {
      this.#cutSize = 0;
      this.#begin(cut, 0);
    }
    return offset + 1;
  }

  #begin(bytes: Uint8Array, offset: number): void {
    const header = this.#header;
    decodeFrameHeader(bytes, offset, header);
    this.#insideFrame = true;
    this.#missing.set(header.lengthHigh, header.lengthLow);
    this.#key = header.maskingKey;
    this.#sink.frameBegin(header);
  }

  #readPayload(chunk: Uint8Array, offset: number, address: number | undefined): number {
    const end = offset + this.#missing.fitting(Math.min(chunk.length - offset, this.#largestPiece));
    const payload = chunk.subarray(offset, end);
    this.#missing.take(payload.length);

    if (this.#key !== undefined) {
      if (address === undefined) applyMask(payload, this.#key, 0);
      else maskAtAddress(address + offset, payload.length, this.#key);
      this.#key = rotateKey(this.#key, payload.length);
    }
    this.#sink.frameData(payload);
    return end;
  }
}
