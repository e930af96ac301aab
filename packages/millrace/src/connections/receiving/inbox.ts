import { ConnectionClosedError } from '../../protocol/base/errors.ts';
import type { Closure } from '../../protocol/base/closure.ts';
import { Fifo, type FifoEntry } from '../../protocol/base/fifo.ts';
import { Opcode } from '../../protocol/base/opcode.ts';
import type { Connection } from '../../protocol/connection/connection.ts';
import type { WholeMessageHandler } from '../../protocol/receive/handlers.ts';
import { HoldReason } from '../../protocol/receive/read-ahead.ts';
import type { FrameHeader } from '../../protocol/wire/frame-header.ts';
import { onAbort } from '../../engine/abort.ts';
import { createDeferred, rejected } from '../../engine/deferred.ts';
import type { ReadLimits } from './body-collector.ts';
import { isEndOfMessages } from './end-of-messages.ts';
import { MessageBody, type BodyOwner } from './message-body.ts';
import { toOwnBytes } from './own-bytes.ts';
import { ReceivedMessage } from './received-message.ts';

/** What an {@link Inbox} works with. */
export interface InboxSetup {
  readonly limits: ReadLimits;
  /** Whether a handler deals with the connection, so that a message is dealt with when the handler asks for the next one, or returns; otherwise when it was read. */
  readonly hasHandler: boolean;
}

/** What an {@link Inbox} asks of its connection. */
export type InboxConnection = Pick<
  Connection,
  'hold' | 'release' | 'handOutOne' | 'proceed' | 'hasWaiting' | 'closureInside'
>;

/** A message that was handed out before it was complete. */
interface Unfinished {
  readonly message: ReceivedMessage;
  readonly isLoop: boolean;
}

/** Somebody who asks for the next message. */
interface Asking {
  /** Gives it the message, or `undefined` at the end. */
  readonly resolve: (message: ReceivedMessage | undefined) => void;
  readonly reject: (error: unknown) => void;
  readonly isLoop: boolean;
}

/**
 * The messages of a connection, from the engine to whoever asks for them, one at a time. As long as nobody asks, they wait in the engine.
 */
export class Inbox implements WholeMessageHandler, BodyOwner {
  readonly #limits: ReadLimits;
  readonly #hasHandler: boolean;
  #connection: InboxConnection | undefined;
  /** The message that is being received, and was handed out. */
  #arriving: MessageBody | undefined;
  /** The message that was handed out last, until it is read to its end. */
  #current: MessageBody | undefined;
  /** Those who ask for the next message. */
  readonly #asking = new Fifo<Asking>();
  /** Whether a loop takes a message at this moment, and the one that it has taken. */
  #isTaking = false;
  #taken: ReceivedMessage | undefined;
  #isHeld = true;
  /** Whether a loop has the message that was handed out last. */
  #isOfLoop = false;
  /** How many loops deal with a message. */
  #loopsAtWork = 0;
  /** The message that somebody else deals with. */
  #received: MessageBody | undefined;
  /** Whether the end of a message is being told. */
  #isEnding = false;
  /** What one of them has that is not complete. */
  #unfinished: Unfinished | undefined;
  #wasAsked = false;
  #closure: Closure | undefined;

  constructor({ limits, hasHandler }: InboxSetup) {
    this.#limits = limits;
    this.#hasHandler = hasHandler;
  }

  /** Gives it its connection, which holds messages back from now on. */
  attach(connection: InboxConnection): void {
    this.#connection = connection;
    connection.hold(HoldReason.DEMAND);
  }

  /** Whether somebody has not returned from a message that was handed out; one that will never be complete does not count. */
  get isWorking(): boolean {
    const atWork = this.#loopsAtWork + (this.#received === undefined ? 0 : 1);
    const isCut = this.#unfinished !== undefined && this.#connection?.closureInside !== undefined;
    return atWork > (isCut ? 1 : 0);
  }

  /** Whether nobody has asked for a message so far, and the connection has not ended. */
  get isUnread(): boolean {
    return !this.#wasAsked && this.#closure === undefined;
  }

  /**
   * Gives the next message, as soon as it begins and the one before it is over. That one is discarded if nobody has begun to read it.
   *
   * @returns `undefined` when the connection has ended, and its messages with it
   *
   * @throws {ConnectionClosedError} it has ended otherwise
   */
  receive(signal?: AbortSignal): Promise<ReceivedMessage | undefined> {
    if (signal?.aborted === true) return rejected(signal.reason);
    this.#receiverReturned();
    // Those who have asked before it was handed out wait for its reader; who asks now has no use for it.
    if (this.#current?.isUsed === false) this.#current.discard();
    const next = createDeferred<ReceivedMessage | undefined>();
    const entry = this.#ask({ ...next, isLoop: false });
    onAbort(signal, next.promise, (reason) => {
      if (this.#asking.remove(entry)) next.reject(reason);
    });
    this.#settle();
    return next.promise;
  }

  /** A loop begins: whoever has received a message before has returned from it, and has no use for what it has not begun to read. */
  beginLoop(): void {
    this.#receiverReturned();
    if (!this.#isOfLoop && this.#current?.isUsed === false) this.#current.discard();
  }

  /** Gives the next message to a loop, if it can be had at once. */
  takeForLoop(): ReceivedMessage | undefined {
    this.#wasAsked = true;
    if (this.#asking.size > 0 || this.#current !== undefined) return undefined;
    this.#isTaking = true;
    for (let isMore = true; isMore && this.#taken === undefined;) isMore = this.#connection?.handOutOne() ?? false;
    this.#isTaking = false;
    const taken = this.#taken;
    this.#taken = undefined;
    return taken;
  }

  /**
   * Gives the next message to a loop. It leaves the message before alone, and waits for its reader.
   *
   * @param take - makes of it what the loop wants
   */
  nextForLoop<Result>(take: (message: ReceivedMessage | undefined) => Result): Promise<Result> {
    const next = createDeferred<Result>();
    this.#ask({ resolve: (message) => next.resolve(take(message)), reject: next.reject, isLoop: true });
    this.#settle();
    return next.promise;
  }

  /** A loop has returned from its message: it asks for the next one, or was left. */
  loopReturned(message: ReceivedMessage): void {
    this.#loopsAtWork--;
    if (this.#unfinished?.message === message) this.#unfinished = undefined;
  }

  /** The handler has returned. */
  handlerReturned(): void {
    this.#receiverReturned();
    this.#connection?.proceed();
  }

  /** The connection has ended: nothing comes any more but what waits in the engine. */
  end(closure: Closure): void {
    this.#closure = closure;
    this.#settle();
  }

  /** Nothing waits in the engine any more. */
  finish(): void {
    this.#settle();
  }

  // From the engine

  onWholeMessage(payload: Uint8Array, opcode: number): void {
    this.#handOut(new MessageBody(this, kindOf(opcode), toOwnBytes(payload)));
  }

  onMessageBegin(opcode: number): void {
    this.#arriving = new MessageBody(this, kindOf(opcode));
    this.#unfinished = this.#handOut(this.#arriving);
  }

  onFrameBegin(header: FrameHeader): void {
    this.#arriving?.beginFrame(header.payloadLength, header.fin);
    this.#holdIfSatisfied();
  }

  onFrameData(chunk: Uint8Array): void {
    this.#arriving?.push(toOwnBytes(chunk));
    this.#holdIfSatisfied();
  }

  onFrameEnd(): void {
    this.#arriving?.endFrame();
    this.#holdIfSatisfied();
  }

  onMessageEnd(): void {
    const body = this.#arriving;
    this.#arriving = undefined;
    this.#unfinished = undefined;
    this.#isEnding = true;
    body?.complete();
    this.#isEnding = false;
    this.#holdIfSatisfied();
  }

  onMessageCut(): void {
    const closure = this.#connection?.closureInside;
    const body = this.#arriving;
    this.#arriving = undefined;
    if (closure !== undefined) body?.fail(new ConnectionClosedError(closure));
    this.#holdIfSatisfied();
  }

  // From the bodies

  demand(): void {
    this.#settle();
  }

  finished(body: MessageBody): void {
    if (body !== this.#current) return;
    this.#current = undefined;
    if (!this.#hasHandler && body === this.#received) {
      // Where its end has just come, whoever reads it learns of that in a microtask.
      if (this.#isEnding) queueMicrotask(() => this.#readerReturned(body));
      else this.#readerReturned(body);
    }
    this.#settle();
  }

  #ask(asking: Asking): FifoEntry<Asking> {
    this.#wasAsked = true;
    return this.#asking.put(asking);
  }

  /** Whether something is wanted of the engine. */
  get #wants(): boolean {
    if (this.#arriving?.wantsMore === true) return true;
    return this.#current === undefined && this.#asking.size > 0;
  }

  /** Has come what is wanted, as far as it is there; at the end, tells those who ask. */
  #settle(): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    if (this.#closure !== undefined) this.#passOver();
    while (this.#wants && connection.handOutOne());
    if (!this.#wants) {
      this.#holdIfSatisfied();
    } else if (this.#isHeld) {
      this.#isHeld = false;
      connection.release(HoldReason.DEMAND);
    } else connection.proceed();
    if (this.#closure !== undefined && !connection.hasWaiting) this.#tellEnd(this.#closure);
  }

  /** At the end of the connection, those who ask do not wait for the reader of a message, who may have stopped. */
  #passOver(): void {
    const current = this.#current;
    if (current === undefined || this.#asking.size === 0 || current.wantsMore) return;
    this.#current = undefined;
    if (current === this.#arriving) current.keepRest();
  }

  #holdIfSatisfied(): void {
    if (this.#isHeld || this.#wants) return;
    this.#isHeld = true;
    this.#connection?.hold(HoldReason.DEMAND);
  }

  /** What has not come will not come: tells those who wait for it. */
  #tellEnd(closure: Closure): void {
    const arriving = this.#arriving;
    if (arriving?.wantsMore === true) {
      this.#arriving = undefined;
      arriving.fail(new ConnectionClosedError(closure));
    }
    for (const { resolve, reject } of this.#asking.takeAll()) {
      if (isEndOfMessages(closure)) resolve(undefined);
      else reject(new ConnectionClosedError(closure));
    }
  }

  /** Nothing is left of a message for whoever has received it. */
  #readerReturned(body: MessageBody): void {
    if (this.#received !== body) return;
    this.#receiverReturned();
    this.#connection?.proceed();
  }

  #receiverReturned(): void {
    this.#received = undefined;
    if (this.#unfinished?.isLoop === false) this.#unfinished = undefined;
  }

  #handOut(body: MessageBody): Unfinished {
    const message = new ReceivedMessage(body, this.#limits);
    const asking = this.#isTaking ? undefined : this.#asking.take();
    this.#current = body;
    const isLoop = this.#isTaking || asking?.isLoop === true;
    this.#isOfLoop = isLoop;
    if (isLoop) this.#loopsAtWork++;
    else this.#received = body;
    if (this.#isTaking) this.#taken = message;
    this.#isTaking = false;
    asking?.resolve(message);
    this.#holdIfSatisfied();
    return { message, isLoop };
  }
}

function kindOf(opcode: number): 'text' | 'binary' {
  return opcode === Opcode.TEXT ? 'text' : 'binary';
}
