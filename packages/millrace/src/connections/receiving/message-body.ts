import { LocalUsageError } from '../../protocol/base/errors.ts';
import { createDeferred, type Deferred } from '../../engine/deferred.ts';
import type { MessageKind } from '../sending/sendable.ts';

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
  /** No more of it will come. */
  fail(error: Error): void;
}

/** Whom a {@link MessageBody} tells what becomes of it. */
export interface BodyOwner {
  /** What waits has grown by `cost` bytes; it is negative where something was taken. More may arrive before this returns. */
  weigh(cost: number): void;
  /** Nothing is left to read, and nothing will come. May be told again. */
  finished(body: MessageBody): void;
}

/** What an item costs beside its bytes, about: a peer must not have us keep millions of small ones. */
const ITEM_COST = 128;

/**
 * The payload of one message, between the connection that receives it and whoever reads it.
 *
 * What was received and not read waits here; its owner sees to it that this is not too much.
 */
export class MessageBody implements BodySink {
  readonly type: MessageKind;
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
  /** Takes what comes, in place of the list. */
  #sink: BodySink | undefined;
  /** Somebody waits for a change. */
  #wake: Deferred<undefined> | undefined;

  constructor(owner: BodyOwner, type: MessageKind) {
    this.#owner = owner;
    this.type = type;
  }

  // From the connection

  beginFrame(length: number, isLast: boolean): void {
    this.#lastBegan = isLast;
    if (this.#sink !== undefined) this.#sink.beginFrame(length, isLast);
    else this.#add(length);
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

  /** Whether it was read, is being read, or was discarded. */
  get isUsed(): boolean {
    return this.#isClaimed || this.#isDiscarded;
  }

  /** Makes the caller its reader, the only one. */
  claim(): void {
    if (this.#isClaimed) throw new LocalUsageError('the message was read before, or is being read');
    if (this.#isDiscarded) throw discarded();
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
    this.#removed(costOf(item));
    return item;
  }

  /**
   * Takes the next item, as soon as there is one.
   *
   * @returns `undefined` at the end of the message
   *
   * @throws {ConnectionClosedError} the connection has ended before
   * @throws {LocalUsageError} the message was discarded
   */
  async read(): Promise<BodyItem | undefined> {
    for (;;) {
      const item = this.take();
      if (item !== undefined) return item;
      if (this.#isDiscarded) throw discarded();
      if (this.#error !== undefined) throw this.#error;
      if (this.#isComplete) return undefined;
      this.#wake ??= createDeferred();
      await this.#wake.promise;
    }
  }

  /** Takes the payload, if all of it is there in one piece of at most `limit` bytes: the usual case, which needs no copy. */
  takeWhole(limit: number): Uint8Array | undefined {
    if (!this.#isComplete || this.#items.length > 2) return undefined;
    const [length, chunk = new Uint8Array(0)] = this.#items;
    if (typeof chunk === 'number' || chunk.length !== length || length > limit) return undefined;
    this.#removed(this.#clear());
    return chunk;
  }

  /** Hands all that waits and all that comes to `sink`. */
  pour(sink: BodySink): void {
    const items = this.#items.slice(this.#taken);
    const cost = this.#clear();
    const last = this.#lastBegan ? items.findLastIndex((item) => typeof item === 'number') : -1;
    for (const [index, item] of items.entries()) {
      if (typeof item === 'number') sink.beginFrame(item, index === last);
      else sink.push(item);
    }
    this.#sink = sink;
    if (this.#hasEnded) this.#endSink();
    // What arrives because of this goes behind what has waited.
    this.#removed(cost);
  }

  /** Throws away what waits, and what comes; a reader that is not done fails. Repeating it does nothing. */
  discard(): void {
    if (this.#isDiscarded) return;
    this.#isDiscarded = true;
    this.#sink?.fail(discarded());
    this.#sink = undefined;
    this.#wakeUp();
    this.#removed(this.#clear());
  }

  get #hasEnded(): boolean {
    return this.#isComplete || this.#error !== undefined;
  }

  #add(item: BodyItem): void {
    if (this.#isDiscarded) return;
    this.#items.push(item);
    this.#owner.weigh(costOf(item));
    this.#wakeUp();
  }

  /** Forgets what waits, and says what it costs. */
  #clear(): number {
    let cost = 0;
    for (let index = this.#taken; index < this.#items.length; index++) cost += costOf(this.#items[index]!);
    this.#items = [];
    this.#taken = 0;
    return cost;
  }

  /** Tells the owner that something of altogether `cost` bytes was taken out. */
  #removed(cost: number): void {
    this.#owner.weigh(-cost);
    this.#checkFinished();
  }

  #end(): void {
    this.#endSink();
    this.#wakeUp();
    this.#checkFinished();
  }

  #endSink(): void {
    const sink = this.#sink;
    this.#sink = undefined;
    if (this.#error === undefined) sink?.complete();
    else sink?.fail(this.#error);
  }

  #checkFinished(): void {
    if (this.#hasEnded && this.#items.length === 0) this.#owner.finished(this);
  }

  #wakeUp(): void {
    this.#wake?.resolve(undefined);
    this.#wake = undefined;
  }
}

function costOf(item: BodyItem): number {
  return typeof item === 'number' ? ITEM_COST : ITEM_COST + item.length;
}

function discarded(): LocalUsageError {
  return new LocalUsageError(
    'the message was discarded: by discard(), by leaving its loop, or unread when the next one was asked for',
  );
}
