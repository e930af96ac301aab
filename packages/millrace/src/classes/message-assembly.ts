import { LimitExceededError } from '../protocol/base/errors.ts';
import { Opcode } from '../protocol/base/opcode.ts';
import { ByteCollector } from '../protocol/receive/stages/byte-collector.ts';
import type { CollectorLimits } from '../protocol/receive/handlers.ts';
import type { TextCodec } from '../protocol/wire/text-codec.ts';

/**
 * What the default bodies of the hooks collect: data to frames, frames to messages.
 *
 * The limits are judged here, and fail the connection: a subclass that forgets `super` collects nothing, and one that catches errors
 * catches none.
 */
export class MessageAssembly {
  readonly #limits: CollectorLimits;
  readonly #text: TextCodec;
  readonly #fail: (error: Error) => void;
  readonly #frame = new ByteCollector();
  readonly #message = new ByteCollector();
  #opcode: number = Opcode.TEXT;
  #announced = 0;
  /** The reserved bits of the present frame. */
  reserved = 0;

  constructor(limits: CollectorLimits, text: TextCodec, fail: (error: Error) => void) {
    this.#limits = limits;
    this.#text = text;
    this.#fail = fail;
  }

  /** What is collected, in bytes. */
  get size(): number {
    return this.#frame.size + this.#message.size;
  }

  /** Whether the present message is anything but text. */
  get isBinary(): boolean {
    return this.#opcode !== Opcode.TEXT;
  }

  /** Begins a message, whatever the hooks do. */
  begin(opcode: number): void {
    this.#opcode = opcode;
    this.#message.take();
  }

  /**
   * Begins a frame, whatever the hooks do.
   *
   * @param isCollected - whether its payload will be collected, so that its length can be judged before any of it is there
   */
  beginFrame(length: number, reserved: number, isCollected: boolean): void {
    this.#announced = length;
    this.reserved = reserved;
    this.#frame.take();
    if (!isCollected) return;
    if (this.#isWithin('maxFrameSize', length)) this.#isWithin('maxMessageSize', this.#message.size + length);
  }

  /** Collects data of the present frame. */
  appendData(payload: Uint8Array): void {
    if (this.#isWithin('maxFrameSize', this.#frame.size + payload.length)) this.#frame.append(payload, this.#announced);
  }

  /** Hands over the present frame. */
  takeFrame(): Uint8Array {
    return this.#frame.take();
  }

  /** Collects a frame of the present message. */
  appendFrame(payload: Uint8Array): void {
    const size = this.#message.size + payload.length;
    if (this.#isWithin('maxMessageSize', size)) this.#message.append(payload, size);
  }

  /** Hands over the message, text as a string. */
  takeMessage(): string | Uint8Array {
    const bytes = this.#message.take();
    return this.isBinary ? bytes : this.#text.decode(bytes);
  }

  #isWithin(option: keyof CollectorLimits, size: number): boolean {
    const limit = this.#limits[option];
    if (size <= limit) return true;
    const advice = 'override onMessageFrameData, onMessageFrameEnd and onMessageEnd to receive it as a stream';
    this.#fail(new LimitExceededError({ option, limit, size, advice }));
    return false;
  }
}
