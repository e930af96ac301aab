/** What a Close frame said. */
export interface CloseBody {
  /** The code of the frame, or `undefined` if its body was empty (RFC 6455 §7.1.5). */
  readonly code: number | undefined;
  /** The reason of the frame; empty if it had none (RFC 6455 §7.1.6). */
  readonly reason: string;
}

/** How a connection ended. */
export interface Closure {
  /** The code to tell users: the received one, 1005 for a Close without code, 1006 where no Close came. */
  readonly code: number;
  /** The reason that belongs to {@link code}; for 1006, what we know of the cause. */
  readonly reason: string;
  /** Whether the closing handshake was completed: each side sent one Close and received one (RFC 6455 §7.1.4). */
  readonly wasClean: boolean;
  /** The Close frame that we sent, if we did. */
  readonly sent?: CloseBody | undefined;
  /** The Close frame that we received, if we did. */
  readonly received?: CloseBody | undefined;
  /** Which side began to end the connection. */
  readonly initiator: 'local' | 'remote';
  /** What made us fail the connection, or what broke the transport. A peer is never told. */
  readonly error?: Error | undefined;
}
