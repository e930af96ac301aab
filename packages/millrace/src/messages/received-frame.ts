import { LimitExceededError, LocalUsageError } from '../protocol/base/errors.ts';
import { ByteCollector } from '../protocol/message/byte-collector.ts';
import type { CollectLimit } from './body-collector.ts';
import { handled } from './deferred.ts';
import type { MessageBody } from './message-body.ts';

/** A frame of a message that is being received. It has one reader, until the next frame is asked for. */
export class ReceivedFrame implements AsyncIterable<Uint8Array> {
  /** What its header announces, in bytes; above 2^53 rounded. */
  readonly length: number;
  readonly #body: MessageBody;
  readonly #limit: CollectLimit;
  #remaining: number;
  #isClaimed = false;

  constructor(body: MessageBody, length: number, limit: CollectLimit) {
    this.length = length;
    this.#body = body;
    this.#limit = limit;
    this.#remaining = length;
  }

  /** Reads its payload as it arrives, in pieces of at most 64 KiB that are the reader's for good. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    this.#claim();
    for (let chunk = await this.#next(); chunk !== undefined; chunk = await this.#next()) yield chunk;
  }

  /**
   * Reads all of it.
   *
   * @throws {LimitExceededError} it is longer than `maxFrameSize`: the connection has failed with 1009
   */
  bytes(): Promise<Uint8Array> {
    return handled(this.#collect());
  }

  /** Reads on to its end, and throws that away. */
  async discard(): Promise<void> {
    this.#isClaimed = true;
    while ((await this.#next()) !== undefined);
  }

  async #collect(): Promise<Uint8Array> {
    this.#claim();
    const { option, limit } = this.#limit;
    if (this.length > limit) {
      const advice = 'longer frames can be read chunk by chunk';
      const error = new LimitExceededError({ option, limit, size: this.length, advice });
      this.#limit.fail(error);
      throw error;
    }
    const bytes = new ByteCollector();
    for (let chunk = await this.#next(); chunk !== undefined; chunk = await this.#next()) {
      bytes.append(chunk, this.length);
    }
    return bytes.take();
  }

  async #next(): Promise<Uint8Array | undefined> {
    while (this.#remaining > 0) {
      const item = this.#body.take();
      if (item instanceof Uint8Array) {
        this.#remaining -= item.length;
        return item;
      }
      await this.#body.wait();
    }
    return undefined;
  }

  #claim(): void {
    if (this.#isClaimed) throw new LocalUsageError('the frame was read before, or the next one was asked for');
    this.#isClaimed = true;
  }
}
