import { parseEndpoint } from '../client/endpoint.ts';
import { establish } from '../client/establish.ts';
import { resolveClientOptions, type ClientOptions } from '../client/options.ts';
import { checkFunction } from '../protocol/base/option-checks.ts';
import { resolveConnectionOptions } from '../protocol/connection/options.ts';
import type { ConnectionResponse } from '../protocol/handshake/connection-response.ts';
import { resolveTransportOptions, type TransportOptions } from '../transport/options.ts';
import type { WebSocketConnection } from './connection.ts';
import { handled } from '../engine/deferred.ts';
import { reportError } from '../engine/report-error.ts';
import { checkCallbacks, type ConnectionCallbacks } from './callbacks.ts';
import { NO_EVENTS, openCalling, openIterated, type ConnectionEvents } from './open.ts';
import {
  contextOf,
  resolveReceive,
  type ContextAnswer,
  type ContextOf,
  type MessageConnectionOptions,
} from './serve-options.ts';

/** Options of {@link connect}. */
export interface ConnectOptions<Answer extends ContextAnswer = undefined>
  extends ClientOptions, MessageConnectionOptions, TransportOptions {
  /**
   * The server has accepted the connection. What is thrown here ends it before it is open.
   *
   * @returns nothing, or the connection's `context`
   */
  readonly onConnect?: ((response: ConnectionResponse) => Answer | Promise<Answer>) | undefined;
}

/**
 * Connects to a WebSocket server.
 *
 * @param url - `ws:`, `wss:`, `http:`, `https:` or `ws+unix:`; a user name and password in it become an `Authorization` header
 * @param callbacks - what to call for it, as for `serve`; without them, messages are asked for
 *
 * @throws {LocalUsageError} the URL is invalid, or an option has a value that it cannot have
 * @throws {TransportError} there is no connection to the server
 * @throws {HandshakeError} the server did not accept, or not as RFC 6455 §4.1 demands; the time was up, or `signal` was aborted
 */
export function connect<Answer extends ContextAnswer = undefined>(
  url: string | URL,
  options: ConnectOptions<Answer> = {},
  callbacks?: ConnectionCallbacks<ContextOf<Answer>>,
): Promise<WebSocketConnection<ContextOf<Answer>>> {
  return handled(open(url, options, callbacks));
}

async function open<Answer extends ContextAnswer>(
  url: string | URL,
  options: ConnectOptions<Answer>,
  callbacks: ConnectionCallbacks<ContextOf<Answer>> | undefined,
): Promise<WebSocketConnection<ContextOf<Answer>>> {
  parseEndpoint(url);
  const client = resolveClientOptions(options);
  const connection = resolveConnectionOptions(options);
  const receives = resolveReceive(options);
  const onConnect = checkFunction('onConnect', options.onConnect);
  if (callbacks !== undefined) checkCallbacks(callbacks);
  const { sharedReadBuffer } = resolveTransportOptions(options);
  const { made, head, answer } = await establish({
    url,
    client,
    connection,
    sharedReadBuffer,
    onConnect: (response) => onConnect?.(response),
  });
  const context = contextOf<Answer>(answer);
  const parts = { made, context, receives };
  const opened =
    callbacks === undefined
      ? openIterated<ContextOf<Answer>>({ ...parts, events: NO_EVENTS })
      : openCalling<ContextOf<Answer>>({ ...parts, events: REPORTED }, callbacks);
  opened.start(head);
  return opened.connection;
}

/** Nobody else could be told what a callback has thrown. */
const REPORTED: ConnectionEvents<unknown> = {
  ...NO_EVENTS,
  onError: (error) => reportError(undefined, error, undefined),
};
