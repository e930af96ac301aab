import { ConnectionClosedError, toError } from '../protocol/base/errors.ts';
import { ApplicationCalls } from '../engine/application-calls.ts';
import { reportError } from '../engine/report-error.ts';
import type { ConnectionCallbacks } from './callbacks.ts';
import { WebSocketConnection } from './connection.ts';
import { DONE } from '../engine/deferred.ts';
import { Inbox } from './receiving/inbox.ts';
import type { ConnectionHandler } from './serve-options.ts';
import { MessageSession, type ConnectionMade } from './session.ts';

/** What a connection tells whoever made it. */
export interface ConnectionEvents<Context> {
  /** The connection is over. */
  onClosed(connection: WebSocketConnection<Context>): void;
  /** Something of the application has thrown; the connection has failed for it. */
  onError(error: Error, connection: WebSocketConnection<Context>): void;
}

/** What to make a connection of. */
export interface ConnectionParts<Context> {
  readonly made: ConnectionMade;
  readonly context: Context;
  readonly events: ConnectionEvents<Context>;
}

/** A connection that has not begun to receive. */
export interface OpenedConnection<Context> {
  readonly connection: WebSocketConnection<Context>;
  /** Begins, with what came right behind the opening handshake. */
  start(head: Uint8Array): void;
}

/** The reason with which receiving waits until somebody reads. */
const READ_AHEAD = 'read-ahead';

/** Makes a connection for whatever deals with it: a function, callbacks, or whoever asks it for messages. */
export function openFor<Context>(
  parts: ConnectionParts<Context>,
  handler: ConnectionHandler<Context> | undefined,
): OpenedConnection<Context> {
  return typeof handler === 'object' ? openCalling(parts, handler) : openIterated(parts, handler);
}

/**
 * Makes a connection whose messages are asked for.
 *
 * @param handler - deals with it, if it is there; when its promise is fulfilled, the connection is closed
 */
export function openIterated<Context>(
  { made, context, events }: ConnectionParts<Context>,
  handler?: (connection: WebSocketConnection<Context>) => Promise<void>,
): OpenedConnection<Context> {
  const { maxMessageSize, maxFrameSize, highWaterMark } = made.options;
  /** What the peer did wrong, for which the connection has failed while a message was read. */
  let violation: Error | undefined;
  const failForPeer = (error: Error): void => {
    violation = error;
    session.connection.fail(error);
  };
  const inbox = new Inbox({
    highWaterMark,
    limits: { maxMessageSize, maxFrameSize, fail: (error) => failForPeer(error) },
    setPaused: (isPaused) => {
      if (isPaused) session.connection.pause(READ_AHEAD);
      else session.connection.resume(READ_AHEAD);
    },
  });
  const session = new MessageSession(made, {
    receiver: { level: 'streaming', handler: inbox },
    onDrain: () => undefined,
    onClosed: (closure) => {
      inbox.end(closure);
      events.onClosed(connection);
    },
    onError: (error) => events.onError(error, connection),
  });
  const connection = new WebSocketConnection(session, inbox, context);
  /** Has the handler deal with the connection, and ends it as the handler ends. */
  async function run(handle: (connection: WebSocketConnection<Context>) => Promise<void>): Promise<void> {
    try {
      await handle(connection);
      void connection.close();
    } catch (thrown) {
      const error = toError(thrown);
      session.connection.fail(error);
      // What the peer did is no error of the handler's, which learned of it in this way.
      if (error !== violation && !isEndOf(session, error)) events.onError(error, connection);
    }
  }
  return {
    connection,
    start: (head) => {
      if (handler !== undefined) void run(handler);
      session.start(head);
    },
  };
}

/** Makes a connection whose messages go to callbacks. */
export function openCalling<Context>(
  { made, context, events }: ConnectionParts<Context>,
  callbacks: ConnectionCallbacks<Context>,
): OpenedConnection<Context> {
  const session = new MessageSession(made, {
    receiver: {
      level: 'message',
      handler: {
        onMessage: (payload) => {
          const result = callbacks.message?.(connection, payload);
          // What `send` returns when nobody has to wait: then, receiving goes on at once, too.
          if (result !== DONE) calls.waitFor(result);
        },
      },
    },
    onDrain: () => calls.waitFor(callbacks.drain?.(connection)),
    onClosed: (closure) => {
      calls.call(() => callbacks.close?.(connection, closure));
      events.onClosed(connection);
    },
    onError: (error) => report(error),
  });
  const connection = new WebSocketConnection(session, undefined, context);
  const calls = new ApplicationCalls({ connection: session.connection, onError: report });
  function report(error: Error): void {
    if (isEndOf(session, error)) return;
    const { error: onError } = callbacks;
    if (onError === undefined) events.onError(error, connection);
    else reportError((reported) => onError(connection, reported), error, undefined);
  }
  return {
    connection,
    start: (head) => {
      calls.call(() => callbacks.open?.(connection));
      session.start(head);
    },
  };
}

/** Whether an error says that this connection has ended: whoever waits for it learns it so, and need not catch it. */
function isEndOf(session: MessageSession, error: Error): boolean {
  return error instanceof ConnectionClosedError && error.closure === session.closure;
}
