import { CloseCode } from '../base/close-code.ts';
import type { CloseBody, Closure } from '../base/closure.ts';
import type { CloseListener } from '../send/scheduler-setup.ts';
import { nextClosingState, type ClosingEvent, type ClosingState } from './closing.ts';

/** Learns how a {@link ClosingHandshake} goes on. */
export interface ClosingListener {
  /** The state has changed; `before` was the one before. */
  onMove(before: ClosingState): void;
}

/** What is known of the end of a connection, from its first sign to its {@link Closure}. */
export class ClosingHandshake implements CloseListener {
  readonly #listener: ClosingListener;
  #state: ClosingState = 'open';

  /** Which side began; the first one to set it stays. */
  #initiator: 'local' | 'remote' | undefined;
  /** The Close frame that we sent, or send as soon as it can go out. */
  body: CloseBody | undefined;
  /** Whether it is on its way. */
  isSent = false;
  /** The peer's Close frame. */
  received: CloseBody | undefined;
  /** What made the connection fail; the first one to set it stays. */
  #error: Error | undefined;

  constructor(listener: ClosingListener) {
    this.#listener = listener;
  }

  /** Where the connection stands. */
  get state(): ClosingState {
    return this.#state;
  }

  /** Goes on in the table of `closing.ts`. */
  move(event: ClosingEvent): void {
    const before = this.#state;
    this.#state = nextClosingState(before, event);
    if (before !== this.#state) this.#listener.onMove(before);
  }

  onCloseSent(): void {
    this.isSent = true;
    this.move('sendClose');
  }

  /** Notes who began, and why if it is an error. What was noted first stays. */
  begin(initiator: 'local' | 'remote', error?: Error): void {
    this.#initiator ??= initiator;
    this.#error ??= error;
  }

  /** Sums up, when the transport is gone. */
  closure(wasClean: boolean): Closure {
    const { received } = this;
    const ofPeer = wasClean && received !== undefined;
    return Object.freeze({
      code: ofPeer ? (received.code ?? CloseCode.NO_STATUS_RECEIVED) : CloseCode.ABNORMAL_CLOSURE,
      reason: ofPeer ? received.reason : (this.#error?.message ?? 'the transport ended before the closing handshake'),
      wasClean,
      sent: this.isSent ? this.body : undefined,
      received,
      initiator: this.#initiator ?? 'remote',
      error: this.#error,
    });
  }
}
