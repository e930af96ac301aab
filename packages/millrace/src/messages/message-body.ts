import { LocalUsageError } from '../protocol/base/errors.ts';
import { createDeferred, type Deferred } from './deferred.ts';

/** What waits in a body: some payload, or the beginning of a frame, as the length that it announces. */
export type BodyItem = Uint8Array | number;

/** Takes the items of a body as they arrive. */
export interface BodySink {
  /** A frame of `length` bytes begins; `isLast` if the message ends with it. */
  beginFrame(length: number, isLast: boolean): void;
  /** Some payload; `chunk` is lent until the call returns. */
  push(chunk: Uint8Array): void;
  /** The message is complete. */
  complete(): void;
  /** The message will never be complete. */
  fail(error: Error): void;
}

/** Whom a {@link MessageBody} tells what becomes of it. */
export interface BodyOwner {
  /** What waits has grown by `cost` bytes; it is negative where something was taken. */
  weigh(cost: number): void;
  /** Nothing is left to read, and nothing will come. */
  finished(body: MessageBody): void;
}

const NOTHING = new Uint8Array(0);

/** What an item costs beside its bytes, about: a peer must not have us keep millions of small ones. */
const ITEM_COST = 128;

/**
 * The payload of one message, between the connection that receives it and whoever reads it.
 *
 * What was received and not read waits here; its owner sees to it that this is not too much.
 */
export class MessageBody implements BodySink {
  readonly #owner: BodyOwner;
  #items: BodyItem[] = [];
  /** Items at the start of the list that were taken out. */
  #taken = 0;
  /** Whether the last frame has begun. */
  #lastBegan = false;
  #isComplete = false;
  #error: Error | undefined;
  #isClaimed = false;
  #isDiscarded = false;
  #wake: Deferred<undefined> | undefined;
  /** Takes what comes, in place of the list. */
  #sink: BodySink | undefined;

  constructor(owner: BodyOwner) {
    this.#owner = owner;
  }

  // From the connection

  beginFrame(length: number, isLast: boolean): void {
    this.#lastBegan = isLast;
    if (this.#sink !== undefined) this.#sink.beginFrame(length, isLast);
    else if (!this.#isDiscarded) this.#add(length);
  }

  push(chunk: Uint8Array): void {
    if (this.#sink !== undefined) this.#sink.push(chunk);
    else if (!this.#isDiscarded) this.#add(new Uint8Array(chunk));
  }

  complete(): void {
    this.#isComplete = true;
    this.#end();
  }

  /** The message will never be complete. What has come of it can be read. */
  fail(error: Error): void {
    this.#error = error;
    this.#end();
  }

  // From its reader

  /** Whether it was read, or is being read. */
  get isClaimed(): boolean {
    return this.#isClaimed;
  }

  /** Whether nothing is left to read, and nothing will come. */
  get isFinished(): boolean {
    return this.#hasEnded && this.#taken === this.#items.length;
  }

  /** Makes the caller its reader, the only one. */
  claim(): void {
    if (this.#isDiscarded) {
      throw new LocalUsageError('the message was discarded: by discard(), or unread when the next one was asked for');
    }
    if (this.#isClaimed) throw new LocalUsageError('the message was read before, or is being read');
    this.#isClaimed = true;
  }

  /** Takes the next item, if one waits. */
  take(): BodyItem | undefined {
    const item = this.#items[this.#taken];
    if (item === undefined) return undefined;
    this.#taken++;
    if (this.#taken === this.#items.length) {
      this.#items = [];
      this.#taken = 0;
    }
    this.#owner.weigh(-costOf(item));
    if (this.isFinished) this.#owner.finished(this);
    return item;
  }

  /** Takes the payload, if all of it is there in one piece of at most `limit` bytes: the usual case, which needs no copy. */
  takeWhole(limit: number): Uint8Array | undefined {
    const [length, chunk = NOTHING] = this.#items;
    if (!this.#isComplete || this.#taken > 0 || this.#items.length > 2) return undefined;
    if (typeof chunk === 'number' || chunk.length !== length || length > limit) return undefined;
    this.take();
    this.take();
    return chunk;
  }

  /**
   * Waits for something to take, or for the end of the message.
   *
   * @throws {ConnectionClosedError} the connection has ended before
   */
  wait(): Promise<void> {
    if (this.#error !== undefined) return Promise.reject(this.#error);
    this.#wake ??= createDeferred();
    return this.#wake.promise;
  }

  /** Hands all that waits and all that comes to `sink`. */
  pour(sink: BodySink): void {
    const items = this.#items.slice(this.#taken);
    const frames = items.filter((item) => typeof item === 'number').length;
    let begun = 0;
    while (this.take() !== undefined);
    for (const item of items) {
      if (typeof item !== 'number') sink.push(item);
      else sink.beginFrame(item, this.#lastBegan && ++begun === frames);
    }
    if (this.#isComplete) sink.complete();
    else if (this.#error !== undefined) sink.fail(this.#error);
    else this.#sink = sink;
  }

  /** Throws away what waits, and what comes. Repeating it does nothing. */
  discard(): void {
    this.#isDiscarded = true;
    this.#sink = undefined;
    while (this.take() !== undefined);
  }

  get #hasEnded(): boolean {
    return this.#isComplete || this.#error !== undefined;
  }

  #add(item: BodyItem): void {
    this.#items.push(item);
    this.#owner.weigh(costOf(item));
    this.#wakeUp();
  }

  #end(): void {
    const sink = this.#sink;
    this.#sink = undefined;
    if (this.#error === undefined) sink?.complete();
    else sink?.fail(this.#error);
    this.#wakeUp();
    if (this.isFinished) this.#owner.finished(this);
  }

  #wakeUp(): void {
    const wake = this.#wake;
    if (wake === undefined) return;
    this.#wake = undefined;
    if (this.#error === undefined) wake.resolve(undefined);
    else wake.reject(this.#error);
  }
}

function costOf(item: BodyItem): number {
  return typeof item === 'number' ? ITEM_COST : ITEM_COST + item.length;
}
