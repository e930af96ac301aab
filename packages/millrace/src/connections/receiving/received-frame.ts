import { LocalUsageError } from '../../protocol/base/errors.ts';
import { ByteCollector } from '../../protocol/receive/stages/byte-collector.ts';
import { exceedLimit, type ReadLimits } from './body-collector.ts';
import { DONE, attempt, handled } from '../../engine/deferred.ts';
import { HandledIterator } from './handled-iterator.ts';
import type { MessageBody } from './message-body.ts';

/** A frame of a message that is being received. It has one reader, until the next frame is asked for. */
export class ReceivedFrame implements AsyncIterable<Uint8Array<ArrayBuffer>> {
  /** What its header announces, in bytes; above 2^53 rounded. Where an extension changes it, as compression does, its payload is longer or shorter. */
  readonly length: number;
  readonly #body: MessageBody;
  readonly #limits: ReadLimits;
  /** Whether all of it was read. */
  #isOver = false;
  /** The piece that was asked for last: whoever asks waits for those who asked before. */
  #last: Promise<unknown> = DONE;
  #isClaimed = false;
  /** Whether something of it was thrown away. */
  #isDiscarded = false;
  /** Settles when {@link bytes} is done. */
  #collecting: Promise<unknown> = DONE;

  constructor(body: MessageBody, length: number, limits: ReadLimits) {
    this.length = length;
    this.#body = body;
    this.#limits = limits;
  }

  /**
   * Reads its payload as it arrives, in pieces of at most 64 KiB that are the reader's for good. A loop that goes on after the next frame was asked for, without
   * all of this one, fails with `LocalUsageError`.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array<ArrayBuffer>, void> {
    this.#claim();
    return new HandledIterator(this.#iterate());
  }

  /**
   * Reads all of it. The next frame comes after that.
   *
   * @throws {LimitExceededError} it is longer than `maxFrameSize`: the connection has failed with 1009
   */
  bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return attempt(() => {
      this.#claim();
      this.#checkSize(this.length);
      const collecting = handled(this.#collect());
      this.#collecting = collecting;
      return collecting;
    });
  }

  /** Reads on to its end, and throws that away; what {@link bytes} reads is waited for. */
  discard(): Promise<void> {
    return handled(this.#discard());
  }

  async *#iterate(): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
    for (let chunk = await this.#next(); chunk !== undefined; chunk = await this.#next()) yield chunk;
    if (this.#isDiscarded) throw new LocalUsageError('the rest of the frame was discarded: the next one was asked for');
  }

  async #collect(): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new ByteCollector();
    for (let chunk = await this.#next(); chunk !== undefined; chunk = await this.#next()) {
      // An inflated frame is longer than its header announces.
      this.#checkSize(bytes.size + chunk.length);
      bytes.append(chunk, this.length);
    }
    return bytes.take();
  }

  async #discard(): Promise<void> {
    this.#isClaimed = true;
    await this.#collecting;
    while ((await this.#next()) !== undefined) this.#isDiscarded = true;
  }

  #next(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const read = (): Promise<Uint8Array<ArrayBuffer> | undefined> => this.#read();
    const next = handled(this.#last.then(read, read));
    this.#last = next;
    return next;
  }

  async #read(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const item = this.#isOver ? undefined : await this.#body.read();
    if (item instanceof Uint8Array) return item;
    this.#isOver = true;
    return undefined;
  }

  #checkSize(size: number): void {
    if (size > this.#limits.maxFrameSize) throw exceedLimit(this.#limits, 'maxFrameSize', size);
  }

  #claim(): void {
    if (this.#isClaimed) throw new LocalUsageError('the frame was read before, or the next one was asked for');
    this.#isClaimed = true;
  }
}
