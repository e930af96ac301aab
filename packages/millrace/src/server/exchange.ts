import type { Duplex } from 'node:stream';

import type { RequestParts } from '../protocol/handshake/rules/connection-request.ts';
import type { HeaderField, HeadLimits } from '../protocol/handshake/rules/header-fields.ts';
import type { Refusal } from '../protocol/handshake/rules/refusal.ts';

/** A transport that has become a WebSocket connection. */
export interface AcceptedTransport {
  readonly socket: Duplex;
  /** What the client sent right behind its request; its own memory. Comes before anything that is read from the socket. */
  readonly head: Uint8Array;
}

/**
 * One request for a connection, and the two ways to answer it: all that the gate knows of HTTP. An upgrade of HTTP/1.1 makes one; so can the extended CONNECT of
 * HTTP/2 (RFC 8441).
 *
 * It is answered once, by whoever has it.
 */
export interface Exchange {
  /**
   * Reads the request.
   *
   * @throws {HandshakeError} it exceeds the limits, or lacks what its version of HTTP asks of an opening handshake
   */
  read(limits: HeadLimits): RequestParts;

  /** Accepts the request, with header fields that were checked. */
  accept(fields: readonly HeaderField[]): AcceptedTransport;

  /** Refuses the request, and ends its transport. */
  refuse(refusal: Refusal): void;
}
