import { LimitExceededError } from '../../base/errors.ts';
import { Opcode } from '../../base/opcode.ts';
import type { FrameHeader } from '../../wire/frame-header.ts';
import type { TextCodec } from '../../wire/text-codec.ts';
import { ByteCollector } from './byte-collector.ts';
import type { CollectorLimits, MessageHandler, StreamingHandler } from '../handlers.ts';

/** Up to this many bytes, what an extension has made of a frame is taken for all of it: if it is not, not much was done in vain. */
const LARGEST_GUESS = 16 * 1024;

/**
 * Turns level 3 into level 1: joins the chunks of a message. `maxMessageSize` lives here.
 *
 * It takes chunks and not frames, so that a fragment is not copied twice. A message that lies whole in one chunk, or seems to, is
 * copied once, into exactly its size; as text, it is decoded from where it lies.
 */
export class MessageCollector implements StreamingHandler {
  readonly #next: MessageHandler;
  readonly #limits: CollectorLimits;
  readonly #text: TextCodec;
  /** What came of the message; `undefined` while it is nothing. */
  #message: ByteCollector | undefined;
  /** The message, when it came in one chunk. */
  #whole: string | Uint8Array | undefined;
  #opcode: number = Opcode.TEXT;
  /** Size of the message, once the header of its last frame has announced it; `Infinity` before. */
  #expected = Infinity;
  /** Whether the present frame is the only one of its message. */
  #alone = false;

  constructor(next: MessageHandler, limits: CollectorLimits, text: TextCodec) {
    this.#next = next;
    this.#limits = limits;
    this.#text = text;
  }

  onMessageBegin(opcode: number): void {
    this.#opcode = opcode;
    this.#alone = true;
  }

  /** @throws {LimitExceededError} before a byte of the payload is kept */
  onFrameBegin(header: FrameHeader): void {
    const { payloadLength } = header;
    if (payloadLength > this.#limits.maxFrameSize) throw this.#exceeded('maxFrameSize', payloadLength);
    const announced = this.size + payloadLength;
    if (announced > this.#limits.maxMessageSize) throw this.#exceeded('maxMessageSize', announced);
    this.#expected = header.fin ? announced : Infinity;
    this.#alone &&= header.fin;
  }

  /** @throws {LimitExceededError} the message became longer than its headers announced, as an inflated one can */
  onFrameData(chunk: Uint8Array): void {
    if (this.#mayBeWhole(chunk.length)) {
      this.#whole = this.#opcode === Opcode.TEXT ? this.#decodeWhole(chunk) : new Uint8Array(chunk);
      if (this.#whole !== undefined) return;
    }
    this.#reopen();
    const size = this.size + chunk.length;
    if (size > this.#limits.maxMessageSize) throw this.#exceeded('maxMessageSize', size);
    this.#message ??= new ByteCollector();
    this.#message.append(chunk, this.#expected);
  }

  onFrameEnd(): void {
    // The next frame goes on where this one ended.
  }

  onMessageEnd(): void {
    const payload = this.#whole ?? this.#take();
    this.#whole = undefined;
    this.#next.onMessage(payload, this.#opcode);
  }

  /** What was collected of the present message, in bytes. */
  get size(): number {
    return this.#message?.size ?? this.#whole?.length ?? 0;
  }

  /** Whether a chunk can be all of the message: it is as long as its only frame, or longer, since a stage before this one has changed it. */
  #mayBeWhole(length: number): boolean {
    if (!this.#alone || this.#message !== undefined || this.#whole !== undefined) return false;
    if (length <= this.#expected) return length === this.#expected;
    return length <= LARGEST_GUESS && length <= this.#limits.maxMessageSize;
  }

  /** A stage before this one gives more than the header announced: what seemed to be the whole message was its beginning. */
  #reopen(): void {
    const whole = this.#whole;
    if (whole === undefined) return;
    this.#whole = undefined;
    this.#message = new ByteCollector();
    this.#message.append(typeof whole === 'string' ? this.#text.encode(whole) : whole, Infinity);
  }

  /** Decodes text from where it lies, or gives `undefined` if it ends inside a code point, which the end of the message tells. */
  #decodeWhole(chunk: Uint8Array): string | undefined {
    try {
      return this.#text.decode(chunk);
    } catch {
      // The check of UTF-8 has let it pass so far, and refuses the end of the message.
      return undefined;
    }
  }

  #take(): string | Uint8Array {
    const bytes = this.#message?.take() ?? new Uint8Array(0);
    this.#message = undefined;
    return this.#opcode === Opcode.TEXT ? this.#text.decode(bytes) : bytes;
  }

  #exceeded(option: keyof CollectorLimits, size: number): LimitExceededError {
    const advice = 'longer messages can be received as a stream, at level 3';
    return new LimitExceededError({ option, limit: this.#limits[option], size, advice });
  }
}
