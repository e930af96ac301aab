import { LimitExceededError } from '../base/errors.ts';
import { Opcode } from '../base/opcode.ts';
import type { FrameHeader } from '../wire/frame-header.ts';
import type { TextCodec } from '../wire/text-codec.ts';
import { ByteCollector } from './byte-collector.ts';
import type { CollectorLimits, MessageHandler, StreamingHandler } from './handlers.ts';

/**
 * Turns level 3 into level 1: joins the chunks of a message. `maxMessageSize` lives here.
 *
 * It takes chunks and not frames, so that a fragment is not copied twice. A message that lies whole in one chunk is
 * copied once, into exactly its size; as text, it is decoded from where it lies.
 */
export class MessageCollector implements StreamingHandler {
  readonly #next: MessageHandler;
  readonly #limits: CollectorLimits;
  readonly #text: TextCodec;
  readonly #message = new ByteCollector();
  /** The message, when it came in one chunk. */
  #whole: string | Uint8Array | undefined;
  #opcode: number = Opcode.TEXT;
  /** Size of the message so far, with what the header of the present frame announces. */
  #announced = 0;
  /** Whether the present frame is the only one of its message. */
  #alone = false;

  constructor(next: MessageHandler, limits: CollectorLimits, text: TextCodec) {
    this.#next = next;
    this.#limits = limits;
    this.#text = text;
  }

  onMessageBegin(opcode: number): void {
    this.#opcode = opcode;
    this.#announced = 0;
    this.#alone = true;
  }

  /** @throws {LimitExceededError} before a byte of the payload is kept */
  onFrameBegin(header: FrameHeader): void {
    const { payloadLength } = header;
    if (payloadLength > this.#limits.maxFrameSize) throw this.#exceeded('maxFrameSize', payloadLength);
    this.#announced = this.#message.size + payloadLength;
    if (this.#announced > this.#limits.maxMessageSize) throw this.#exceeded('maxMessageSize', this.#announced);
    this.#alone &&= header.fin;
  }

  /** @throws {LimitExceededError} the message became longer than its headers announced, as an inflated one can */
  onFrameData(chunk: Uint8Array): void {
    if (this.#alone && chunk.length === this.#announced && this.#message.size === 0) {
      this.#whole = this.#opcode === Opcode.TEXT ? this.#text.decode(chunk) : new Uint8Array(chunk);
      return;
    }
    const size = this.#message.size + chunk.length;
    if (size > this.#limits.maxMessageSize) throw this.#exceeded('maxMessageSize', size);
    this.#message.append(chunk, this.#announced);
  }

  onFrameEnd(): void {
    // The next frame goes on where this one ended.
  }

  onMessageEnd(): void {
    const payload = this.#whole ?? this.#take();
    this.#whole = undefined;
    this.#next.onMessage(payload, this.#opcode);
  }

  #take(): string | Uint8Array {
    const bytes = this.#message.take();
    return this.#opcode === Opcode.TEXT ? this.#text.decode(bytes) : bytes;
  }

  #exceeded(option: keyof CollectorLimits, size: number): LimitExceededError {
    const advice = 'longer messages can be received as a stream, at level 3';
    return new LimitExceededError({ option, limit: this.#limits[option], size, advice });
  }
}
