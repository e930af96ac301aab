import { toCloseInfo, type WebSocketCloseInfo } from './idl/close-info.ts';
import { StreamSession, type WebSocketOpenInfo } from './stream-session.ts';
import type { WebSocketConnection } from '../connections/connection.ts';

/** What a connection looks like that is a {@link WebSocketStream}, or looks like one. */
export interface WebSocketStreamView {
  /** Resolves with the streams when the connection is open. */
  readonly opened: Promise<WebSocketOpenInfo>;
  /** Resolves when the connection was closed cleanly; rejects with a {@link WebSocketError} otherwise. */
  readonly closed: Promise<WebSocketCloseInfo>;
  /** Starts the closing handshake, as {@link WebSocketStream.close} does. */
  close(closeInfo?: WebSocketCloseInfo): void;
}

/**
 * Makes a connection that exists already, such as one that a server has accepted, look like a {@link WebSocketStream}.
 *
 * @param connection - is the view's from now on: nobody else may receive from it
 */
export function webSocketStreamOf(connection: WebSocketConnection): WebSocketStreamView {
  const session = new StreamSession(connection);
  return {
    opened: Promise.resolve(session.info),
    closed: session.closed,
    close: (closeInfo) => session.close(toCloseInfo(closeInfo)),
  };
}
