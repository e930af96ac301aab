import type { Closure } from '../protocol/base/closure.ts';
import { toError } from '../protocol/base/errors.ts';
import { DONE } from '../engine/deferred.ts';
import { EngineConnection, type ConnectionMade, type ConnectionUser } from '../engine/engine-connection.ts';
import { reportError } from '../engine/report-error.ts';
import type { ConnectionCallbacks } from './callbacks.ts';
import { WebSocketConnection } from './connection.ts';
import { Inbox } from './receiving/inbox.ts';
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
export const NO_EVENTS: ConnectionEvents<unknown> = {
  onEnded: () => undefined,
  onFinished: () => undefined,
  onError: () => undefined,
};

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

/**
 * Makes a connection whose messages are asked for.
 *
 * @param handler - deals with it, if it is there; when its promise is fulfilled, the connection is closed
 */
export function openIterated<Context>(
  { made, context, events, receives }: ConnectionParts<Context>,
  handler?: (connection: WebSocketConnection<Context>) => Promise<void>,
): OpenedConnection<Context> {
  const { maxMessageSize, maxFrameSize } = made.options;
  /** What the peer did wrong, for which the connection has failed while a message was read. */
  let violation: Error | undefined;
  const fail = (error: Error): void => {
    violation = error;
    engine.connection.fail(error);
  };
  const inbox = new Inbox({ limits: { maxMessageSize, maxFrameSize, fail }, hasHandler: handler !== undefined });
  let isRunning = handler !== undefined;
  let isClosed = false;
  const finishIfDone = (): void => {
    if (!isRunning && isClosed) events.onFinished(connection);
  };
  const engine = new EngineConnection(made, {
    ...NO_USER,
    receiver: { level: 'whole or streaming', handler: inbox },
    get isWorking() {
      return inbox.isWorking;
    },
    onFull: () => {
      if (!inbox.wasAsked) warnOfUnread();
    },
    onEnded: (closure) => {
      inbox.end(closure);
      events.onEnded(connection, closure);
    },
    onClosed: () => {
      inbox.finish();
      isClosed = true;
      finishIfDone();
    },
    onError: (error) => events.onError(error, connection),
  });
  inbox.attach(engine.connection);
  const connection = new WebSocketConnection(engine, inbox, context);
  if (!receives) connection.ignoreMessages();

  /** Has the handler deal with the connection, and ends it as the handler ends. */
  async function run(handle: (connection: WebSocketConnection<Context>) => Promise<void>): Promise<void> {
    try {
      await handle(connection);
      inbox.handlerReturned();
      void connection.close();
    } catch (thrown) {
      const error = toError(thrown);
      engine.connection.fail(error);
      // What the peer did is no error of the handler's, which learned of it in this way.
      if (error !== violation) engine.onError(error);
    } finally {
      isRunning = false;
      finishIfDone();
    }
  }
  return {
    connection,
    start: (head) => {
      if (handler !== undefined) made.context.open(() => void run(handler));
      engine.start(head);
    },
  };
}

/** Makes a connection whose messages go to callbacks. */
export function openCalling<Context>(
  { made, context, events, receives }: ConnectionParts<Context>,
  callbacks: ConnectionCallbacks<Context>,
): OpenedConnection<Context> {
  const engine = new EngineConnection(made, {
    ...NO_USER,
    receiver: {
      level: 'message',
      handler: {
        onMessage: (payload) => {
          const result = callbacks.message?.(connection, payload);
          // What `send` returns when nobody has to wait: then, receiving goes on at once, too.
          if (result !== DONE) engine.calls.waitFor(result);
        },
      },
    },
    onDrain: () => engine.calls.call(() => callbacks.drain?.(connection)),
    onEnded: (closure) => events.onEnded(connection, closure),
    onClosed: (closure) => {
      engine.calls.call(() => callbacks.close?.(connection, closure));
      events.onFinished(connection);
    },
    onError: (error) => {
      const { error: onError } = callbacks;
      if (onError === undefined) events.onError(error, connection);
      else reportError((reported) => onError(connection, reported), error, undefined);
    },
  });
  const connection = new WebSocketConnection(engine, undefined, context);
  if (!receives || callbacks.message === undefined) connection.ignoreMessages();
  return {
    connection,
    start: (head) => {
      engine.calls.call(() => made.context.open(() => callbacks.open?.(connection)));
      engine.start(head);
    },
  };
}

const NO_USER: Omit<ConnectionUser, 'receiver' | 'onError'> = {
  isWorking: false,
  onHighWater: nothing,
  onDrain: nothing,
  onClosing: nothing,
  onFull: nothing,
  onEnded: nothing,
  onClosed: nothing,
};

function nothing(): void {
  // Nobody has to know.
}
