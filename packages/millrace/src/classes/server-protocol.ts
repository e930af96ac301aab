import type { ConnectionRequest } from '../protocol/handshake/rules/connection-request.ts';
import type { HeaderFieldsInit } from '../protocol/handshake/rules/header-fields.ts';
import type { WebSocketFactory } from './factory.ts';
import { WebSocketProtocol } from './protocol.ts';

/** What {@link WebSocketServerProtocol.onConnect} may answer, besides nothing and a subprotocol. */
export interface ConnectionAccept {
  /** One of the subprotocols that the client offers. */
  readonly subprotocol?: string | undefined;
  /** Header fields to add to the response. */
  readonly headers?: HeaderFieldsInit | undefined;
  /** Time after which this connection is closed, in milliseconds, in place of the option `maxLifetime`: that of its ticket or session, say. */
  readonly maxLifetime?: number | undefined;
}

/** The server's end of a connection; see {@link WebSocketProtocol}. */
export abstract class WebSocketServerProtocol<
  Factory extends WebSocketFactory = WebSocketFactory,
> extends WebSocketProtocol<Factory> {
  /**
   * A client asks for a connection, with a valid opening handshake.
   *
   * To refuse it, throw a `ConnectionDeny`; anything else that is thrown is answered with 500.
   *
   * @returns nothing to accept it, with the first of the client's subprotocols that the option `subprotocols` has; or the subprotocol; or that and
   *   header fields to add to the response; or a promise of any of these
   */
  onConnect(request: ConnectionRequest): HandshakeAnswer | Promise<HandshakeAnswer>;
  onConnect(): HandshakeAnswer | Promise<HandshakeAnswer> {}
}

/** What {@link WebSocketServerProtocol.onConnect} may answer. */
export type HandshakeAnswer = void | string | ConnectionAccept;
