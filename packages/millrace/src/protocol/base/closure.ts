/** What a Close frame said. */
export interface CloseBody {
  /** The code of the frame, or `undefined` if its body was empty (RFC 6455 §7.1.5). */
  readonly code: number | undefined;
  /** The reason of the frame; empty if it had none (RFC 6455 §7.1.6). */
  readonly reason: string;
}

/** How a connection ended. */
export interface Closure {
  /** The code to tell users: the received one, 1005 for a Close without code, 1006 where the end was not clean. */
  readonly code: number;
  /** The reason that belongs to {@link code}; for 1006, what we know of the cause. */
  readonly reason: string;
  /** Whether the closing handshake was completed: each side sent one Close and received one (RFC 6455 §7.1.4). */
  readonly wasClean: boolean;
  /** The Close frame that we sent, if we did. */
  readonly sent?: CloseBody | undefined;
  /** The Close frame that we received, if we did. */
  readonly received?: CloseBody | undefined;
  /**
   * Who ended the connection first:
   *
   * - `'application'`: ours, by `close()`, by the end of its handler, by closing its server
   * - `'engine'`: ours too, for a failure, a deadline or a limit
   * - `'remote'`: the peer, by its Close, by the end of the transport, or by a reset
   *
   * Of two Close frames that cross, ours counts if it was asked for before the other one came.
   */
  readonly initiator: 'application' | 'engine' | 'remote';
  /** Bytes that were accepted to be sent and never reached the socket. */
  readonly unsentBytes: number;
  /** Bytes that were received and never reached the application, though it had not asked for that: payload of messages, for the most part. */
  readonly discardedBytes: number;
  /** What made us fail the connection, or what broke the transport. A peer is never told. */
  readonly error?: Error | undefined;
}
