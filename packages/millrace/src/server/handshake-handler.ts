import type { Duplex } from 'node:stream';

import type { ConnectionRequest } from '../protocol/handshake/rules/connection-request.ts';
import type { HeaderFieldsInit } from '../protocol/handshake/rules/header-fields.ts';

/** The decision to accept a request. */
export interface Decision<Context> {
  /** One of those that the client offers; `undefined` leaves the choice to the option `subprotocols`. */
  readonly subprotocol?: string | undefined;
  /** Value of the `Sec-WebSocket-Extensions` header; every extension in it must be offered by the client. */
  readonly extensions?: string | undefined;
  /** Header fields to add to the response. */
  readonly headers?: HeaderFieldsInit | undefined;
  /** Whatever {@link HandshakeHandler.accepted} is to know of it. */
  readonly context: Context;
}

/** A connection whose opening handshake is done. Nothing of the HTTP request is kept by it but {@link request}. */
export interface AcceptedHandshake<Context> {
  /**
   * The transport, not flowing; `'error'` has a listener that ignores it. It may have ended or been destroyed by the time
   * it is handed over.
   */
  readonly socket: Duplex;
  /** What the client sent right behind its request; its own memory. Comes before anything that is read from the socket. */
  readonly head: Uint8Array;
  readonly request: ConnectionRequest;
  /** The subprotocol of the connection, or `undefined` for none. */
  readonly subprotocol: string | undefined;
  /** The `Sec-WebSocket-Extensions` that were accepted, or `undefined` for none. */
  readonly extensions: string | undefined;
  readonly context: Context;
}

/** What a façade does with the opening handshakes of a listener. */
export interface HandshakeHandler<Context> {
  /**
   * Decides about a valid request.
   *
   * To refuse it, throw (or reject with) a {@link ConnectionDeny}. Any other error is answered with 500 without details, and reported.
   */
  decide(request: ConnectionRequest): Decision<Context> | Promise<Decision<Context>>;

  /** Says why no connection can be had now, whoever asks for it, if none can. */
  findObstacle?(): Error | undefined;

  /** Takes a connection over. The response that accepts it has been handed to the socket. */
  accepted(handshake: AcceptedHandshake<Context>): void;

  /**
   * Learns of a handshake that failed: a {@link HandshakeError}, a {@link ConnectionDeny}, a {@link TransportError} where the peer went away before its
   * answer, or whatever else {@link decide} has thrown.
   *
   * @param request - the request, if it got so far as to be a valid one
   * @param status - of the response; `undefined` where none could be sent
   */
  refused?(error: Error, request: ConnectionRequest | undefined, status: number | undefined): void;

  /**
   * Learns of an error on our side: `decide` threw, its decision cannot be sent, the listening socket failed. Without this
   * callback it becomes a process warning.
   */
  error?(error: Error): void;
}
