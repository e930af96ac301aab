import type { Closure } from '../../protocol/base/closure.ts';
import type { ConnectionStats } from '../../protocol/connection/host.ts';
import type { ConnectionRequest } from '../../protocol/handshake/rules/connection-request.ts';

/** A connection, as subscribers of our diagnostics channels see it: the same object in each message about it. */
export interface ObservedConnection {
  /** Its number in this process: 1 for the first that somebody watched. */
  readonly id: number;
  /** Our side. */
  readonly role: 'client' | 'server';
  /** Address of the other end; empty where it has none. */
  readonly peer: string;
  /** The subprotocol that was agreed on, or `undefined` for none. */
  readonly subprotocol: string | undefined;
  /** The extensions that were agreed on, as a header; empty for none. */
  readonly extensions: string;
  /** Counters so far; made anew each time. */
  readonly stats: ConnectionStats;
}

/** Message of the channel `millrace:connection:open`: the opening handshake is done. */
export interface ConnectionOpenMessage {
  readonly connection: ObservedConnection;
}

/** Message of the channel `millrace:connection:close`: the connection has ended. */
export interface ConnectionCloseMessage {
  readonly connection: ObservedConnection;
  /** How it ended. */
  readonly closure: Closure;
  /** How long it was open, in milliseconds; `undefined` if nobody watched when it was opened. */
  readonly duration: number | undefined;
}

/** Message of the channel `millrace:handshake:refused`: a server has not accepted an opening handshake. */
export interface HandshakeRefusedMessage {
  /** The status of the response; `undefined` where none could be sent. */
  readonly status: number | undefined;
  /** Why. */
  readonly error: Error;
  /** Address of the client; empty where it has none. */
  readonly peer: string;
  /** The request, if it got so far as to be a valid one. */
  readonly request: ConnectionRequest | undefined;
}

/** Message of the channels `millrace:frame:in` and `millrace:frame:out`: the header of a frame. Its payload is not told. */
export interface FrameMessage {
  readonly connection: ObservedConnection;
  readonly fin: boolean;
  /** A three-bit number; RSV1 is `0b100`. */
  readonly reservedBits: number;
  /** Four bits; see `Opcode`. */
  readonly opcode: number;
  readonly masked: boolean;
  /** In bytes, on the wire; above 2^53 rounded. */
  readonly payloadLength: number;
}

/** Message of the channel `millrace:error`: something of the application has thrown, or a server of ours has failed. */
export interface ErrorMessage {
  readonly error: Error;
  /** The connection that has failed for it; `undefined` where it is about none. */
  readonly connection: ObservedConnection | undefined;
}

/**
 * Message of the `tracingChannel` `millrace:handshake`, the same object in each of its events. What is not known yet is `undefined`.
 *
 * `start` and `end` enclose the call of `onConnect` at a server, and the beginning of the attempt at a client; `asyncStart` and `asyncEnd` come when the handshake
 * is over; `error` comes before them, if it has failed.
 */
export interface HandshakeMessage {
  /** Our side. */
  readonly role: 'client' | 'server';
  /** Where a client connects to, without user information and query; `undefined` at a server. */
  readonly url: string | undefined;
  /** The valid request that a server has received; `undefined` at a client. */
  readonly request: ConnectionRequest | undefined;
  /** Address of the other end; empty where it has none, and `undefined` at a client before it is connected. */
  readonly peer: string | undefined;
  /** Status of the response: 101 if the connection is accepted; `undefined` before, and where there was no response. */
  readonly status: number | undefined;
  /** The subprotocol that was agreed on, or `undefined` for none. */
  readonly subprotocol: string | undefined;
  /** Why it has failed; `undefined` if it has not. */
  readonly error: unknown;
}

/** The messages of our diagnostics channels, by their names. */
export interface DiagnosticsMessages {
  readonly 'millrace:connection:open': ConnectionOpenMessage;
  readonly 'millrace:connection:close': ConnectionCloseMessage;
  readonly 'millrace:handshake:refused': HandshakeRefusedMessage;
  readonly 'millrace:frame:in': FrameMessage;
  readonly 'millrace:frame:out': FrameMessage;
  readonly 'millrace:error': ErrorMessage;
  readonly 'tracing:millrace:handshake:start': HandshakeMessage;
  readonly 'tracing:millrace:handshake:end': HandshakeMessage;
  readonly 'tracing:millrace:handshake:asyncStart': HandshakeMessage;
  readonly 'tracing:millrace:handshake:asyncEnd': HandshakeMessage;
  readonly 'tracing:millrace:handshake:error': HandshakeMessage;
}
