import { LimitExceededError } from '../../protocol/base/errors.ts';
import { ByteCollector } from '../../protocol/receive/stages/byte-collector.ts';
import type { CollectorLimits } from '../../protocol/receive/handlers.ts';
import { createDeferred, handled, type Deferred } from '../../engine/deferred.ts';
import type { BodySink, MessageBody } from './message-body.ts';

/** Limits for what is collected, and what becomes of a connection whose peer exceeds one. */
export interface ReadLimits extends CollectorLimits {
  /** Fails the connection. */
  fail(error: Error): void;
  /** What is being collected, in bytes; kept here. */
  collectedSize: number;
}

/**
 * Joins what is left of a body.
 *
 * @param convert - makes the result of it
 *
 * @throws {LimitExceededError} the message, or a frame of it, is too long; the connection has failed for it
 * @throws {ConnectionClosedError} the connection has ended before the message was complete
 */
export function collectBody<Result>(
  body: MessageBody,
  limits: ReadLimits,
  convert: (bytes: Uint8Array<ArrayBuffer>) => Result,
): Promise<Result> {
  const whole = body.takeWhole(Math.min(limits.maxMessageSize, limits.maxFrameSize));
  if (whole !== undefined) return Promise.resolve(convert(whole));
  const collector = new BodyCollector(limits);
  body.pour(collector);
  return handled(collector.collected.then(convert));
}

/** Fails the connection because what is collected is too long. */
export function exceedLimit(limits: ReadLimits, option: keyof CollectorLimits, size: number): LimitExceededError {
  const advice = `longer ${option === 'maxFrameSize' ? 'frames' : 'messages'} can be read chunk by chunk`;
  const error = new LimitExceededError({ option, limit: limits[option], size, advice });
  limits.fail(error);
  return error;
}

class BodyCollector implements BodySink {
  readonly #limits: ReadLimits;
  readonly #collected: Deferred<Uint8Array<ArrayBuffer>> = createDeferred();
  readonly #bytes = new ByteCollector();
  /** Bytes that have come of the present frame. */
  #frameSize = 0;
  /** Bytes that the headers of its frames announce. */
  #announced = 0;
  /** The size of the whole, when the last frame announces it. */
  #expected = Infinity;
  #hasFailed = false;

  constructor(limits: ReadLimits) {
    this.#limits = limits;
  }

  get collected(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#collected.promise;
  }

  beginFrame(length: number, isLast: boolean): void {
    this.#frameSize = 0;
    this.#announced += length;
    if (isLast) this.#expected = this.#announced;
    this.#check('maxFrameSize', length);
    this.#check('maxMessageSize', this.#announced);
  }

  push(chunk: Uint8Array): void {
    // An inflated message is longer than its frames announce.
    this.#frameSize += chunk.length;
    this.#check('maxFrameSize', this.#frameSize);
    this.#check('maxMessageSize', this.#bytes.size + chunk.length);
    if (this.#hasFailed) return;
    this.#bytes.append(chunk, this.#expected);
    this.#limits.collectedSize += chunk.length;
  }

  complete(): void {
    this.#limits.collectedSize -= this.#bytes.size;
    this.#collected.resolve(this.#bytes.take());
  }

  fail(error: Error): void {
    this.#hasFailed = true;
    this.#limits.collectedSize -= this.#bytes.size;
    this.#bytes.take();
    this.#collected.reject(error);
  }

  #check(option: keyof CollectorLimits, size: number): void {
    if (size > this.#limits[option] && !this.#hasFailed) this.fail(exceedLimit(this.#limits, option, size));
  }
}
