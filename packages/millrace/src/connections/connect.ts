import { dial } from '../client/dial.ts';
import { parseEndpoint } from '../client/endpoint.ts';
import { CLIENT_OPTION_NAMES, resolveClientOptions, type ClientOptions } from '../client/options.ts';
import { checkFunction, checkOptions, type KnownNames } from '../protocol/base/checks.ts';
import { resolveConnectionOptions } from '../protocol/connection/options.ts';
import type { ConnectionResponse } from '../protocol/handshake/rules/connection-response.ts';
import { formatExtensionOffers } from '../protocol/handshake/rules/extension-offer.ts';
import { TRANSPORT_OPTION_NAMES, resolveTransportOptions, type TransportOptions } from '../transport/options.ts';
import { findOnreadPlaces } from '../transport/shared-read-buffer.ts';
import type { WebSocketConnection } from './connection.ts';
import { handled } from '../engine/deferred.ts';
import { openIterated } from './open.ts';
import {
  MESSAGE_CONNECTION_OPTION_NAMES,
  contextOf,
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
 *
 * @throws {LocalUsageError} the URL is invalid, or an option has a value that it cannot have
 * @throws {TransportError} there is no connection to the server
 * @throws {HandshakeError} the server did not accept, or not as RFC 6455 §4.1 demands; or the time was up
 * @throws {Error} the reason of `signal`, if that was aborted
 */
export function connect<Answer extends ContextAnswer = undefined>(
  url: string | URL,
  options: ConnectOptions<Answer> = {},
): Promise<WebSocketConnection<ContextOf<Answer>>> {
  return handled(connectChecked(url, options));
}

async function connectChecked<Answer extends ContextAnswer>(
  url: string | URL,
  options: ConnectOptions<Answer>,
): Promise<WebSocketConnection<ContextOf<Answer>>> {
  checkOptions('connect', options, CONNECT_OPTION_NAMES);
  return establish(url, options);
}

/** Connects as {@link connect} does, for a caller whose options are more than those of `connect`, and who has checked their names. */
export async function establish<Answer extends ContextAnswer = undefined>(
  url: string | URL,
  options: ConnectOptions<Answer>,
): Promise<WebSocketConnection<ContextOf<Answer>>> {
  parseEndpoint(url);
  const clientOptions = resolveClientOptions(options);
  const connectionOptions = resolveConnectionOptions(options);
  const onConnect = checkFunction('onConnect', options.onConnect);
  const { sharedReadBuffer } = resolveTransportOptions(options);
  const onreadPlaces = sharedReadBuffer ? await findOnreadPlaces() : undefined;
  const { socket, head, response } = await dial(url, clientOptions);
  let context: ContextOf<Answer>;
  try {
    context = contextOf<Answer>(await onConnect?.(response));
    clientOptions.signal?.throwIfAborted();
  } catch (error) {
    socket.destroy();
    throw error;
  }
  const made = {
    role: 'client' as const,
    socket,
    options: connectionOptions,
    onreadPlaces,
    peer: response.peer,
    subprotocol: response.subprotocol,
    extensions: formatExtensionOffers(response.extensions),
  };
  const opened = openIterated({ made, context, events: NOBODY });
  opened.start(head);
  return opened.connection;
}

/** Whoever has the connection learns from it how it ended. */
const NOBODY = { onClosed: () => undefined, onError: () => undefined };
