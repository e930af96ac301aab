import type { Closure } from '../protocol/base/closure.ts';
import { toError } from '../protocol/base/errors.ts';
import type { MessageHandler, Receiver } from '../protocol/receive/handlers.ts';
import { DONE } from '../engine/deferred.ts';
import { EngineConnection, type ConnectionMade, type ConnectionUser } from '../engine/engine-connection.ts';
import { reportError } from '../engine/report-error.ts';
import type { ConnectionCallbacks } from './callbacks.ts';
import { WebSocketConnection } from './connection.ts';
import type { ReadLimits } from './receiving/body-collector.ts';
import { Inbox } from './receiving/inbox.ts';
import { toOwnBytes } from './receiving/own-bytes.ts';
import type { ConnectionHandler } from './serve-options.ts';
import { warnOfUnread } from './unread-warning.ts';

/** What a connection tells whoever made it. */
export interface ConnectionEvents<Context> {
  /** The connection has ended. */
  onEnded(connection: WebSocketConnection<Context>, closure: Closure): void;
  /** The connection is over, and its application has returned from everything. */
  onFinished(connection: WebSocketConnection<Context>): void;
  /** Something of the application has thrown; the connection has failed for it. */
  onError(error: Error, connection: WebSocketConnection<Context>): void;
}

/** For those who learn of everything from the connection itself. */
export const NO_EVENTS: ConnectionEvents<unknown> = { onEnded: nothing, onFinished: nothing, onError: nothing };

/** What to make a connection of. */
export interface ConnectionParts<Context> {
  readonly made: ConnectionMade;
  readonly context: Context;
  readonly events: ConnectionEvents<Context>;
  /** Whether messages are received at all; otherwise they are read and dropped. */
  readonly receives: boolean;
}

/** A connection that has not begun to receive. */
export interface OpenedConnection<Context> {
  readonly connection: WebSocketConnection<Context>;
  /** Begins, with what came right behind the opening handshake. */
  start(head: Uint8Array): void;
}

/** Makes a connection for whatever deals with it: a function, callbacks, or whoever asks it for messages. */
export function openFor<Context>(
  parts: ConnectionParts<Context>,
  handler: ConnectionHandler<Context> | undefined,
): OpenedConnection<Context> {
  return typeof handler === 'object' ? new CallingConnection(parts, handler) : new IteratedConnection(parts, handler);
}

/**
 * Makes a connection whose messages are asked for.
 *
 * @param handler - deals with it, if it is there; when its promise is fulfilled, the connection is closed
 */
export function openIterated<Context>(
  parts: ConnectionParts<Context>,
  handler?: (connection: WebSocketConnection<Context>) => Promise<void>,
): OpenedConnection<Context> {
  return new IteratedConnection(parts, handler);
}

/** Makes a connection whose messages go to callbacks. */
export function openCalling<Context>(
  parts: ConnectionParts<Context>,
  callbacks: ConnectionCallbacks<Context>,
): OpenedConnection<Context> {
  return new CallingConnection(parts, callbacks);
}

/** A connection whose messages are asked for, with the handler that deals with it. */
class IteratedConnection<Context> implements ConnectionUser, OpenedConnection<Context> {
  readonly connection: WebSocketConnection<Context>;
  readonly #engine: EngineConnection;
  readonly #inbox: Inbox;
  readonly #limits: ReadLimits;
  readonly #events: ConnectionEvents<Context>;
  readonly #handler: ((connection: WebSocketConnection<Context>) => Promise<void>) | undefined;
  #isRunning: boolean;
  #isClosed = false;
  /** What the peer did wrong, for which the connection has failed while a message was read. */
  #violation: Error | undefined;

  constructor(
    { made, context, events, receives }: ConnectionParts<Context>,
    handler: ((connection: WebSocketConnection<Context>) => Promise<void>) | undefined,
  ) {
    const { maxMessageSize, maxFrameSize } = made.options;
    const fail = (error: Error): void => this.#failForPeer(error);
    const limits = { maxMessageSize, maxFrameSize, fail, collectedSize: 0 };
    this.#limits = limits;
    this.#events = events;
    this.#handler = handler;
    this.#isRunning = handler !== undefined;
    this.#inbox = new Inbox({ limits, hasHandler: this.#isRunning });
    this.#engine = new EngineConnection(made, this);
    this.#inbox.attach(this.#engine.connection);
    this.connection = new WebSocketConnection(this.#engine, this.#inbox, context);
    if (!receives) this.connection.ignoreMessages();
  }

  get receiver(): Receiver {
    return { level: 'whole or streaming', handler: this.#inbox };
  }

  start(head: Uint8Array): void {
    const handler = this.#handler;
    if (handler !== undefined) this.#engine.made.context.open(() => void this.#run(handler));
    this.#engine.start(head);
  }

  get isWorking(): boolean {
    return this.#inbox.isWorking;
  }

  get collectedSize(): number {
    return this.#limits.collectedSize;
  }

  onHighWater(): void {}
  onDrain(): void {}
  onClosing(): void {}

  onFull(): void {
    if (this.#inbox.isUnread) warnOfUnread(() => this.#inbox.isUnread);
  }

  onEnded(closure: Closure): void {
    this.#inbox.end(closure);
    this.#events.onEnded(this.connection, closure);
  }

  onClosed(): void {
    this.#inbox.finish();
    this.#isClosed = true;
    this.#finishIfDone();
  }

  onError(error: Error): void {
    this.#events.onError(error, this.connection);
  }

  /** Has the handler deal with the connection, and ends it as the handler ends. */
  async #run(handler: (connection: WebSocketConnection<Context>) => Promise<void>): Promise<void> {
    try {
      await handler(this.connection);
      this.#inbox.handlerReturned();
      void this.connection.close();
    } catch (thrown) {
      this.#handlerFailed(toError(thrown));
    } finally {
      this.#isRunning = false;
      this.#finishIfDone();
    }
  }

  #handlerFailed(error: Error): void {
    // What the peer did is no error of the handler's, which learned of it in this way.
    if (this.#engine.isEndOf(error)) {
      this.#inbox.handlerReturned();
      return;
    }
    this.#engine.connection.fail(error);
    if (error !== this.#violation) this.#engine.onError(error);
  }

  #failForPeer(error: Error): void {
    this.#violation = error;
    this.#engine.connection.fail(error);
  }

  #finishIfDone(): void {
    if (!this.#isRunning && this.#isClosed) this.#events.onFinished(this.connection);
  }
}

/** A connection whose messages go to callbacks. */
class CallingConnection<Context> implements ConnectionUser, OpenedConnection<Context>, MessageHandler {
  readonly connection: WebSocketConnection<Context>;
  readonly #engine: EngineConnection;
  readonly #events: ConnectionEvents<Context>;
  readonly #callbacks: ConnectionCallbacks<Context>;

  constructor({ made, context, events, receives }: ConnectionParts<Context>, callbacks: ConnectionCallbacks<Context>) {
    this.#events = events;
    this.#callbacks = callbacks;
    this.#engine = new EngineConnection(made, this);
    this.connection = new WebSocketConnection(this.#engine, undefined, context);
    if (!receives || callbacks.message === undefined) this.connection.ignoreMessages();
  }

  get receiver(): Receiver {
    return { level: 'message', handler: this };
  }

  /** What its callbacks return is known to the engine. */
  get isWorking(): boolean {
    return false;
  }

  start(head: Uint8Array): void {
    const { calls, made } = this.#engine;
    calls.call(() => made.context.open(() => this.#callbacks.open?.(this.connection)));
    this.#engine.start(head);
  }

  onMessage(payload: string | Uint8Array): void {
    const data = typeof payload === 'string' ? payload : toOwnBytes(payload);
    const result = this.#callbacks.message?.(this.connection, data);
    // What `send` returns when nobody has to wait: then, receiving goes on at once, too.
    if (result !== DONE) this.#engine.calls.waitFor(result);
  }

  onHighWater(): void {}
  onClosing(): void {}
  onFull(): void {}

  onDrain(): void {
    const { drain } = this.#callbacks;
    if (drain !== undefined) this.#engine.calls.call(() => drain(this.connection));
  }

  onEnded(closure: Closure): void {
    this.#events.onEnded(this.connection, closure);
  }

  onClosed(closure: Closure): void {
    this.#engine.calls.call(() => this.#callbacks.close?.(this.connection, closure));
    this.#events.onFinished(this.connection);
  }

  onError(error: Error): void {
    const { error: onError } = this.#callbacks;
    if (onError === undefined) this.#events.onError(error, this.connection);
    else reportError((reported) => onError(this.connection, reported), error, undefined);
  }
}

function nothing(): void {
  // Nobody has to know.
}
