import { LimitExceededError } from '../../base/errors.ts';
import type { FrameHeader } from '../../wire/frame-header.ts';
import { ByteCollector } from './byte-collector.ts';
import type { CollectorLimits, FrameHandler, StreamingHandler } from '../handlers.ts';

/** Turns level 3 into level 2: joins the chunks of a frame. `maxFrameSize` lives here. */
export class FrameCollector implements StreamingHandler {
  readonly #next: FrameHandler;
  readonly #maxFrameSize: number;
  readonly #frame = new ByteCollector();
  #announced = 0;
  #reservedBits = 0;

  constructor(next: FrameHandler, limits: Pick<CollectorLimits, 'maxFrameSize'>) {
    this.#next = next;
    this.#maxFrameSize = limits.maxFrameSize;
  }

  /** What was collected of the present frame, in bytes. */
  get size(): number {
    return this.#frame.size;
  }

  onMessageBegin(opcode: number): void {
    this.#next.onMessageBegin(opcode);
  }

  /** @throws {LimitExceededError} before a byte of the payload is kept */
  onFrameBegin(header: FrameHeader): void {
    this.#check(header.payloadLength);
    this.#announced = header.payloadLength;
    this.#reservedBits = header.reservedBits;
  }

  /** @throws {LimitExceededError} the frame became longer than its header announced, as an inflated one can */
  onFrameData(chunk: Uint8Array): void {
    this.#check(this.#frame.size + chunk.length);
    this.#frame.append(chunk, this.#announced);
  }

  onFrameEnd(): void {
    this.#next.onFrame(this.#frame.take(), this.#reservedBits);
  }

  onMessageEnd(): void {
    this.#next.onMessageEnd();
  }

  #check(size: number): void {
    if (size <= this.#maxFrameSize) return;
    const advice = 'longer frames can be received as a stream, at level 3';
    throw new LimitExceededError({ option: 'maxFrameSize', limit: this.#maxFrameSize, size, advice });
  }
}
