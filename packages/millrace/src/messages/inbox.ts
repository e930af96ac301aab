import { ConnectionClosedError } from '../protocol/base/errors.ts';
import type { Closure } from '../protocol/base/closure.ts';
import type { StreamingHandler } from '../protocol/message/handlers.ts';
import type { FrameHeader } from '../protocol/wire/frame-header.ts';
import { onAbort } from './abort.ts';
import { createDeferred, rejected, type Deferred } from './deferred.ts';
import { MessageBody, type BodyOwner } from './message-body.ts';
import { ReceivedMessage, type MessageLimits } from './received-message.ts';

/** What an {@link Inbox} works with. */
export interface InboxSetup {
  /** Bytes that wait at most, about, before receiving is paused. */
  readonly highWaterMark: number;
  readonly limits: MessageLimits;
  /** Pauses receiving, or goes on with it. */
  readonly setPaused: (isPaused: boolean) => void;
}

/** What a message costs beside its payload, about, in bytes. */
const MESSAGE_COST = 256;

interface Arrival {
  readonly message: ReceivedMessage;
  readonly body: MessageBody;
}

/**
 * The messages of a connection, from the wire to whoever asks for them, one at a time.
 *
 * It reads ahead while nobody asks, up to the high-water mark, so that pings and Close are still found.
 */
export class Inbox implements StreamingHandler, BodyOwner {
  readonly #setup: InboxSetup;
  /** Messages that nobody was given. */
  #queue: Arrival[] = [];
  /** The message that is being received. */
  #arriving: MessageBody | undefined;
  /** The message that was handed out last, until it is read to its end. */
  #current: MessageBody | undefined;
  /** Those who ask for the next message. */
  #asking: Deferred<ReceivedMessage | undefined>[] = [];
  #weight = 0;
  #isPaused = false;
  #isServing = false;
  #closure: Closure | undefined;

  constructor(setup: InboxSetup) {
    this.#setup = setup;
  }

  /**
   * Gives the next message, as soon as it begins and the one before it is over.
   *
   * @returns `undefined` when the connection has ended cleanly
   *
   * @throws {ConnectionClosedError} it has ended, and not cleanly
   */
  receive(signal?: AbortSignal): Promise<ReceivedMessage | undefined> {
    if (signal?.aborted === true) return rejected(signal.reason);
    const message = this.#asking.length === 0 ? this.#handOut() : undefined;
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
    const body = new MessageBody(this);
    this.#arriving = body;
    this.#queue.push({ message: new ReceivedMessage(body, opcode, this.#setup.limits), body });
    this.weigh(MESSAGE_COST);
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

  /** Hands messages to those who ask, as far as there are any. */
  #serve(): void {
    // Whoever is asked to give up its message says that it is finished.
    if (this.#isServing) return;
    this.#isServing = true;
    while (this.#asking.length > 0) {
      const message = this.#handOut();
      if (message === undefined && !this.#isOver) break;
      const asking = this.#asking.shift();
      if (message !== undefined || this.#closure?.wasClean === true) asking?.resolve(message);
      else if (this.#closure !== undefined) asking?.reject(new ConnectionClosedError(this.#closure));
    }
    this.#isServing = false;
  }

  /** Whether no message will come any more. */
  get #isOver(): boolean {
    return this.#closure !== undefined && this.#queue.length === 0 && this.#current === undefined;
  }

  #handOut(): ReceivedMessage | undefined {
    if (this.#current?.isClaimed === false) this.#current.discard();
    if (this.#current !== undefined) return undefined;
    const next = this.#queue.shift();
    if (next === undefined) return undefined;
    this.weigh(-MESSAGE_COST);
    if (!next.body.isFinished) this.#current = next.body;
    return next.message;
  }
}
