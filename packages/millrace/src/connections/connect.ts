import { parseEndpoint } from '../client/endpoint.ts';
import { establish } from '../client/establish.ts';
import { CLIENT_OPTION_NAMES, resolveClientOptions, type ClientOptions } from '../client/options.ts';
import { checkFunction, checkOptions, type KnownNames } from '../protocol/base/checks.ts';
import { resolveEngineOptions } from '../engine/engine-options.ts';
import type { ConnectionResponse } from '../protocol/handshake/rules/connection-response.ts';
import { TRANSPORT_OPTION_NAMES, resolveTransportOptions, type TransportOptions } from '../transport/options.ts';
import type { WebSocketConnection } from './connection.ts';
import { handled } from '../engine/deferred.ts';
import { reportError } from '../engine/report-error.ts';
import { checkCallbacks, type ConnectionCallbacks } from './callbacks.ts';
import { NO_EVENTS, openCalling, openIterated, type ConnectionEvents } from './open.ts';
import {
  MESSAGE_CONNECTION_OPTION_NAMES,
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

/** What {@link ConnectOptions} are called. */
export const CONNECT_OPTION_NAMES: KnownNames<keyof ConnectOptions> = {
  ...CLIENT_OPTION_NAMES,
  ...MESSAGE_CONNECTION_OPTION_NAMES,
  ...TRANSPORT_OPTION_NAMES,
  onConnect: true,
};

/**
 * Connects to a WebSocket server.
 *
 * @param url - `ws:`, `wss:`, `http:`, `https:` or `ws+unix:`; a user name and password in it become an `Authorization` header
 * @param callbacks - what to call for it, as for `serve`; without them, messages are asked for
 *
 * @throws {LocalUsageError} the URL is invalid, or an option has a value that it cannot have
 * @throws {TransportError} there is no connection to the server
 * @throws {HandshakeError} the server did not accept, or not as RFC 6455 §4.1 demands; or the time was up
 * @throws {Error} the reason of `signal`, if that was aborted
 */
export function connect<Answer extends ContextAnswer = undefined>(
  url: string | URL,
  options: ConnectOptions<Answer> = {},
  callbacks?: ConnectionCallbacks<ContextOf<Answer>>,
): Promise<WebSocketConnection<ContextOf<Answer>>> {
  return handled(connectChecked(url, options, callbacks));
}

async function connectChecked<Answer extends ContextAnswer>(
  url: string | URL,
  options: ConnectOptions<Answer>,
  callbacks: ConnectionCallbacks<ContextOf<Answer>> | undefined,
): Promise<WebSocketConnection<ContextOf<Answer>>> {
  checkOptions('connect', options, CONNECT_OPTION_NAMES);
  return connectUnchecked(url, options, callbacks);
}

/** Connects as {@link connect} does, for a caller whose options are more than those of `connect`, and who has checked their names. */
export async function connectUnchecked<Answer extends ContextAnswer = undefined>(
  url: string | URL,
  options: ConnectOptions<Answer>,
  callbacks?: ConnectionCallbacks<ContextOf<Answer>>,
): Promise<WebSocketConnection<ContextOf<Answer>>> {
  parseEndpoint(url);
  const client = resolveClientOptions(options);
  const connection = resolveEngineOptions(options);
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
