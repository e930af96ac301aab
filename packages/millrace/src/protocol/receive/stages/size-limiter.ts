import { LimitExceededError } from '../../base/errors.ts';
import type { FrameHeader } from '../../wire/frame-header.ts';
import type { StreamingHandler } from '../handlers.ts';

/** Ends messages that stream for longer than `maxStreamedMessageSize`, passes everything else on, and counts it. */
export class SizeLimiter implements StreamingHandler {
  readonly #next: StreamingHandler;
  readonly #limit: number;
  #size = 0;
  #before = 0;

  constructor(next: StreamingHandler, maxStreamedMessageSize: number) {
    this.#next = next;
    this.#limit = maxStreamedMessageSize;
  }

  /** Payload of all messages that has passed, in bytes. */
  get passed(): number {
    return this.#before + this.#size;
  }

  onMessageBegin(opcode: number): void {
    this.#before += this.#size;
    this.#size = 0;
    this.#next.onMessageBegin(opcode);
  }

  /** @throws {LimitExceededError} the header announces more than is allowed */
  onFrameBegin(header: FrameHeader): void {
    this.#check(this.#size + header.payloadLength);
    this.#next.onFrameBegin(header);
  }

  /** @throws {LimitExceededError} the message became longer than its headers announced, as an inflated one can */
  onFrameData(chunk: Uint8Array): void {
    this.#size += chunk.length;
    this.#check(this.#size);
    this.#next.onFrameData(chunk);
  }

  onFrameEnd(): void {
    this.#next.onFrameEnd();
  }

  onMessageEnd(): void {
    this.#next.onMessageEnd();
  }

  #check(size: number): void {
    if (size <= this.#limit) return;
    throw new LimitExceededError({ option: 'maxStreamedMessageSize', limit: this.#limit, size });
  }
}
