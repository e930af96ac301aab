import { LimitExceededError } from '../protocol/base/errors.ts';
import { ByteCollector } from '../protocol/message/byte-collector.ts';
import { createDeferred, type Deferred } from './deferred.ts';
import type { BodySink, MessageBody } from './message-body.ts';

/** A limit for what is collected. */
export interface CollectLimit {
  /** The option that sets it. */
  readonly option: 'maxMessageSize' | 'maxFrameSize';
  /** In bytes. */
  readonly limit: number;
  /** Fails the connection, because the limit was exceeded. */
  fail(error: Error): void;
}

/** Joins what is left of a body, and keeps a limit. */
export class BodyCollector implements BodySink {
  readonly #limit: CollectLimit;
  readonly #collected: Deferred<Uint8Array> = createDeferred();
  readonly #bytes = new ByteCollector();
  #announced = 0;
  #lastBegan = false;
  #isOver = false;

  private constructor(limit: CollectLimit) {
    this.#limit = limit;
  }

  /**
   * Collects a body.
   *
   * @throws {LimitExceededError} it is too long; the connection has failed for it
   * @throws {ConnectionClosedError} the connection has ended before the message was complete
   */
  static collect(body: MessageBody, limit: CollectLimit): Promise<Uint8Array> {
    const whole = body.takeWhole(limit.limit);
    if (whole !== undefined) return Promise.resolve(whole);
    const collector = new BodyCollector(limit);
    body.pour(collector);
    return collector.#collected.promise;
  }

  beginFrame(length: number, isLast: boolean): void {
    this.#announced += length;
    this.#lastBegan = isLast;
    this.#check(this.#announced);
  }

  push(chunk: Uint8Array): void {
    if (this.#isOver) return;
    // An inflated message is longer than its frames announce.
    if (!this.#check(this.#bytes.size + chunk.length)) return;
    this.#bytes.append(chunk, this.#lastBegan ? this.#announced : Infinity);
  }

  complete(): void {
    if (!this.#isOver) this.#collected.resolve(this.#bytes.take());
  }

  fail(error: Error): void {
    this.#isOver = true;
    this.#collected.reject(error);
  }

  #check(size: number): boolean {
    const { option, limit } = this.#limit;
    if (size <= limit) return true;
    if (this.#isOver) return false;
    const advice = 'longer messages can be read chunk by chunk';
    const error = new LimitExceededError({ option, limit, size, advice });
    this.fail(error);
    this.#limit.fail(error);
    return false;
  }
}
