import type { ConnectionRequest } from '../../protocol/handshake/rules/connection-request.ts';
import { HANDSHAKE } from './channels.ts';
import type { HandshakeMessage } from './messages.ts';

/** What is known of an opening handshake when it begins. */
export interface HandshakeBeginning {
  readonly role: 'client' | 'server';
  readonly url?: string | undefined;
  readonly request?: ConnectionRequest | undefined;
  readonly peer?: string | undefined;
}

/** What came of an opening handshake. */
export interface HandshakeOutcome {
  readonly status: number | undefined;
  readonly peer?: string | undefined;
  readonly subprotocol?: string | undefined;
  /** Why it has failed, if it has. */
  readonly error?: unknown;
}

/**
 * Makes the trace of an opening handshake.
 *
 * @returns `undefined` if nobody listens
 */
export function traceHandshake(beginning: HandshakeBeginning): HandshakeTrace | undefined {
  return Object.values(HANDSHAKE).some((channel) => channel.hasSubscribers) ? new HandshakeTrace(beginning) : undefined;
}

/** An opening handshake, as subscribers of the tracing channel `millrace:handshake` see it. */
export class HandshakeTrace {
  readonly #message: { -readonly [Member in keyof HandshakeMessage]: HandshakeMessage[Member] };
  /** Whether its beginning has not returned: `end` comes first, whatever comes of it meanwhile. */
  #isBeginning = false;
  #isOver = false;

  constructor({ role, url, request, peer }: HandshakeBeginning) {
    this.#message = { role, url, request, peer, status: undefined, subprotocol: undefined, error: undefined };
  }

  /** Begins it: calls `action` with the stores that are bound to `start`. */
  run<Result>(action: () => Result): Result {
    this.#isBeginning = true;
    try {
      return HANDSHAKE.start.runStores(this.#message, action);
    } finally {
      this.#isBeginning = false;
      HANDSHAKE.end.publish(this.#message);
      if (this.#isOver) this.#tellEnd();
    }
  }

  /** Ends it. Repeating it does nothing. */
  end({ status, peer, subprotocol, error }: HandshakeOutcome): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const message = this.#message;
    message.status = status;
    message.subprotocol = subprotocol;
    message.error = error;
    if (peer !== undefined) message.peer = peer;
    if (!this.#isBeginning) this.#tellEnd();
  }

  #tellEnd(): void {
    const message = this.#message;
    if (message.error !== undefined) HANDSHAKE.error.publish(message);
    HANDSHAKE.asyncStart.publish(message);
    HANDSHAKE.asyncEnd.publish(message);
  }
}
