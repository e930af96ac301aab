import { LocalUsageError } from '../../protocol/base/errors.ts';
import { createDeferred, type Deferred } from '../../engine/deferred.ts';
import type { MessageKind } from '../sending/sendable.ts';

/** What comes in a body: some payload; the beginning of a frame, as the length that it announces; or its end, if the reader wants to know it. */
export type BodyItem = Uint8Array<ArrayBuffer> | number | 'frameEnd';

/** Takes the items of a body as they arrive. */
export interface BodySink {
  /** A frame of `length` bytes begins; `isLast` if the message ends with it. */
  beginFrame(length: number, isLast: boolean): void;
  /** Some payload, the sink's for good. */
  push(chunk: Uint8Array<ArrayBuffer>): void;
  /** The message is complete. */
  complete(): void;
  /** No more of it will come. */
  fail(error: Error): void;
}

/** Whom a {@link MessageBody} tells what becomes of it. */
export interface BodyOwner {
  /** More of it is wanted: what is there already comes before this returns. */
  demand(): void;
  /** Nothing is left to read, and nothing will come. May be told again. */
  finished(body: MessageBody): void;
}

/**
 * The payload of one message, between the connection that receives it and whoever reads it.
 *
 * It holds no more than one item, for which its reader has asked; everything else waits in the engine.
 */
export class MessageBody implements BodySink {
  readonly type: MessageKind;
  readonly #owner: BodyOwner;
  /** The payload of a message that came whole, as long as nobody has read it. */
  #whole: Uint8Array<ArrayBuffer> | undefined;
  /** What its reader has asked for. */
  #item: BodyItem | undefined;
  #isAsking = false;
  /** All that came when it was to make room for the next message. */
  #kept: BodyItem[] | undefined;
  #isComplete = false;
  #error: Error | undefined;
  #isClaimed = false;
  #tellsFrameEnds = false;
  #isDiscarded = false;
  /** Takes what comes, in place of a reader. */
  #sink: BodySink | undefined;
  /** Somebody waits for a change. */
  #wake: Deferred<undefined> | undefined;

  /** @param whole - the payload, if the message came whole, in one frame */
  constructor(owner: BodyOwner, type: MessageKind, whole?: Uint8Array<ArrayBuffer>) {
    this.#owner = owner;
    this.type = type;
    this.#whole = whole;
    this.#isComplete = whole !== undefined;
  }

  // From the connection

  /** Whether something is wanted of what is still to come. */
  get wantsMore(): boolean {
    if (this.#hasEnded) return false;
    return this.#isAsking || this.#isDiscarded || this.#sink !== undefined || this.#kept !== undefined;
  }

  beginFrame(length: number, isLast: boolean): void {
    if (this.#sink === undefined) this.#give(length);
    else this.#sink.beginFrame(length, isLast);
  }

  /** A frame is over. Its length does not tell: an extension makes it longer or shorter. */
  endFrame(): void {
    if (this.#tellsFrameEnds || this.#kept !== undefined) this.#give('frameEnd');
  }

  push(chunk: Uint8Array<ArrayBuffer>): void {
    if (this.#sink === undefined) this.#give(chunk);
    else this.#sink.push(chunk);
  }

  complete(): void {
    this.#isComplete = true;
    this.#end();
  }

  /** The message will never be complete. What has come of it can be read. */
  fail(error: Error): void {
    if (this.#isComplete) return;
    this.#error = error;
    this.#end();
  }

  // From its reader

  /** Whether it was read, is being read, or was discarded. */
  get isUsed(): boolean {
    return this.#isClaimed || this.#isDiscarded;
  }

  /** Whether nothing is left of it to read. */
  get isFinished(): boolean {
    return this.#hasEnded && this.#item === undefined && this.#whole === undefined && this.#kept === undefined;
  }

  /** Makes the caller its reader, the only one. */
  claim(): void {
    if (this.#isClaimed) throw new LocalUsageError('the message was read before, or is being read');
    if (this.#isDiscarded) throw discarded();
    this.#isClaimed = true;
  }

  /** Makes the caller its reader, who learns where frames end. */
  claimFrames(): void {
    this.claim();
    this.#tellsFrameEnds = true;
  }

  /** Takes the next item, if it can be had at once. */
  take(): BodyItem | undefined {
    if (this.#whole !== undefined) return this.#takeOfWhole(this.#whole);
    if (this.#item === undefined && !this.#hasEnded) {
      this.#isAsking = true;
      this.#owner.demand();
    }
    const item = this.#item;
    this.#item = this.#takeKept();
    if (item !== undefined) this.#checkFinished();
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
      if (this.#isDiscarded) throw discarded();
      const item = this.take();
      if (item !== undefined) return item;
      if (this.#error !== undefined) throw this.#error;
      if (this.#isComplete) return undefined;
      this.#wake ??= createDeferred();
      await this.#wake.promise;
    }
  }

  /** Takes the payload, if the message came whole, with at most `limit` bytes: the usual case, which needs no copy. */
  takeWhole(limit: number): Uint8Array<ArrayBuffer> | undefined {
    const whole = this.#whole;
    if (whole === undefined || whole.length > limit) return undefined;
    this.#whole = undefined;
    this.#checkFinished();
    return whole;
  }

  /** Hands all that comes to `sink`. Nothing may have been read. */
  pour(sink: BodySink): void {
    const whole = this.#whole;
    this.#whole = undefined;
    if (whole !== undefined) {
      sink.beginFrame(whole.length, true);
      if (whole.length > 0) sink.push(whole);
    }
    this.#sink = sink;
    if (this.#hasEnded) this.#end();
    else this.#owner.demand();
  }

  /** Keeps what is left of it, which must not be much, so that the next message can come though this one is not read to its end. */
  keepRest(): void {
    this.#kept ??= [];
    this.#owner.demand();
  }

  /** Throws away what comes; a reader that is not done fails. Repeating it does nothing. */
  discard(): void {
    if (this.#isDiscarded) return;
    this.#isDiscarded = true;
    this.#whole = undefined;
    this.#item = undefined;
    this.#kept = undefined;
    this.#sink?.fail(discarded());
    this.#sink = undefined;
    this.#wakeUp();
    if (this.#hasEnded) this.#owner.finished(this);
    else this.#owner.demand();
  }

  get #hasEnded(): boolean {
    return this.#isComplete || this.#error !== undefined;
  }

  /** A message that came whole is a frame, too. */
  #takeOfWhole(whole: Uint8Array<ArrayBuffer>): BodyItem {
    this.#whole = undefined;
    const rest: BodyItem[] = whole.length > 0 ? [whole] : [];
    if (this.#tellsFrameEnds) rest.push('frameEnd');
    this.#item = rest.shift();
    if (rest.length > 0) this.#kept = rest;
    this.#checkFinished();
    return whole.length;
  }

  #takeKept(): BodyItem | undefined {
    const item = this.#kept?.shift();
    if (this.#kept?.length === 0 && this.#hasEnded) this.#kept = undefined;
    return item;
  }

  #give(item: BodyItem): void {
    this.#isAsking = false;
    if (this.#isDiscarded) return;
    if (this.#item === undefined) this.#item = item;
    else this.#kept?.push(item);
    this.#wakeUp();
  }

  #end(): void {
    const sink = this.#sink;
    this.#sink = undefined;
    if (this.#error === undefined) sink?.complete();
    else sink?.fail(this.#error);
    if (this.#kept?.length === 0) this.#kept = undefined;
    this.#wakeUp();
    this.#checkFinished();
  }

  #checkFinished(): void {
    if (this.isFinished) this.#owner.finished(this);
  }

  #wakeUp(): void {
    this.#wake?.resolve(undefined);
    this.#wake = undefined;
  }
}

function discarded(): LocalUsageError {
  return new LocalUsageError(
    'the message was discarded: by discard(), by leaving its loop, or unread when the next one was asked for',
  );
}
