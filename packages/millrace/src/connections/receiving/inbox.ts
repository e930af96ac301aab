import { ConnectionClosedError } from '../../protocol/base/errors.ts';
import type { Closure } from '../../protocol/base/closure.ts';
import { Opcode } from '../../protocol/base/opcode.ts';
import type { StreamingHandler } from '../../protocol/receive/handlers.ts';
import type { FrameHeader } from '../../protocol/wire/frame-header.ts';
import { onAbort } from '../../engine/abort.ts';
import { createDeferred, rejected, type Deferred } from '../../engine/deferred.ts';
import { MessageBody, type BodyOwner } from './message-body.ts';
import type { ReadLimits } from './body-collector.ts';
import { ReceivedMessage } from './received-message.ts';

/** What an {@link Inbox} works with. */
export interface InboxSetup {
  /** Bytes that wait at most, about, before receiving is paused. */
  readonly highWaterMark: number;
  readonly limits: ReadLimits;
  /** Pauses receiving, or goes on with it. */
  readonly setPaused: (isPaused: boolean) => void;
}

/**
 * The messages of a connection, from the wire to whoever asks for them, one at a time.
 *
 * It reads ahead while nobody asks, up to the high-water mark, so that pings and Close are still found.
 */
export class Inbox implements StreamingHandler, BodyOwner {
  readonly #setup: InboxSetup;
  /** Messages that nobody was given. */
  #queue: MessageBody[] = [];
  /** The message that is being received. */
  #arriving: MessageBody | undefined;
  /** The message that was handed out last, until it is read to its end. */
  #current: MessageBody | undefined;
  /** Those who ask for the next message. */
  #asking: Deferred<ReceivedMessage | undefined>[] = [];
  #weight = 0;
  #isPaused = false;
  #closure: Closure | undefined;

  constructor(setup: InboxSetup) {
    this.#setup = setup;
  }

  /**
   * Gives the next message, as soon as it begins and the one before it is over. That one is discarded if nobody has begun to read it.
   *
   * @returns `undefined` when the connection has ended cleanly
   *
   * @throws {ConnectionClosedError} it has ended, and not cleanly
   */
  receive(signal?: AbortSignal): Promise<ReceivedMessage | undefined> {
    if (signal?.aborted === true) return rejected(signal.reason);
    // Those who have asked before it was handed out wait for its reader; who asks now has no use for it.
    if (this.#current?.isUsed === false) this.#current.discard();
    return this.next(signal);
  }

  /** Gives the next message, if it can be had at once. */
  takeNext(): ReceivedMessage | undefined {
    return this.#asking.length === 0 && this.#hasNext ? this.#handOut() : undefined;
  }

  /**
   * Does the same as {@link receive}, but leaves the message before alone, and waits for its reader.
   *
   * @param signal - not aborted yet
   */
  next(signal?: AbortSignal): Promise<ReceivedMessage | undefined> {
    const message = this.takeNext();
    if (message !== undefined) return Promise.resolve(message);
    const asking = createDeferred<ReceivedMessage | undefined>();
    this.#asking.push(asking);
    onAbort(signal, asking.promise, (reason) => {
      this.#asking = this.#asking.filter((other) => other !== asking);
      asking.reject(reason);
    });
    this.#serve();
    return asking.promise;
  }

  /** The connection has ended: nothing comes any more. What has come can still be had. */
  end(closure: Closure): void {
    this.#closure = closure;
    this.#arriving?.fail(new ConnectionClosedError(closure));
    this.#arriving = undefined;
    this.#serve();
  }

  // From the connection

  onMessageBegin(opcode: number): void {
    this.#arriving = new MessageBody(this, opcode === Opcode.TEXT ? 'text' : 'binary');
    this.#queue.push(this.#arriving);
    this.#serve();
  }

  onFrameBegin(header: FrameHeader): void {
    this.#arriving?.beginFrame(header.payloadLength, header.fin);
  }

  onFrameData(chunk: Uint8Array): void {
    this.#arriving?.push(chunk);
  }

  onFrameEnd(): void {
    // The length of a frame says where it ends.
  }

  onMessageEnd(): void {
    const body = this.#arriving;
    this.#arriving = undefined;
    body?.complete();
  }

  // From the bodies

  weigh(cost: number): void {
    this.#weight += cost;
    const isPaused = this.#weight > 0 && this.#weight >= this.#setup.highWaterMark;
    if (isPaused === this.#isPaused) return;
    this.#isPaused = isPaused;
    this.#setup.setPaused(isPaused);
  }

  finished(body: MessageBody): void {
    if (body !== this.#current) return;
    this.#current = undefined;
    this.#serve();
  }

  /** Hands messages to those who ask, as far as there are any; at the end, tells them of it. */
  #serve(): void {
    while (this.#asking.length > 0 && (this.#hasNext || this.#closure !== undefined)) {
      const asking = this.#asking.shift();
      if (this.#hasNext) asking?.resolve(this.#handOut());
      else if (this.#closure?.wasClean === true) asking?.resolve(undefined);
      else if (this.#closure !== undefined) asking?.reject(new ConnectionClosedError(this.#closure));
    }
  }

  /** Whether there is a message to hand out. At the end of the connection, it does not wait for the reader of the one before. */
  get #hasNext(): boolean {
    return this.#queue.length > 0 && (this.#current === undefined || this.#closure !== undefined);
  }

  #handOut(): ReceivedMessage | undefined {
    const body = this.#queue.shift();
    if (body === undefined) return undefined;
    this.#current = body;
    return new ReceivedMessage(body, this.#setup.limits);
  }
}
