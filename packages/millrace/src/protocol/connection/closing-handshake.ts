import { CloseCode } from '../base/close-code.ts';
import type { CloseBody, Closure } from '../base/closure.ts';
import { nextClosingState, type ClosingEvent, type ClosingState } from './closing.ts';

/** Learns how a {@link ClosingHandshake} goes on. */
export interface ClosingListener {
  /** The state has changed. */
  onMove(): void;
}

/** What is said where nothing was asked for. */
const NO_BODY: CloseBody = Object.freeze({ code: undefined, reason: '' });

/** What did not arrive, in bytes. */
type Losses = Pick<Closure, 'unsentBytes' | 'discardedBytes'>;

/** What is known of the end of a connection, from its first sign to its {@link Closure}. */
export class ClosingHandshake {
  readonly #listener: ClosingListener;
  #state: ClosingState = 'open';

  /** Who began; the first one to set it stays. */
  #initiator: Closure['initiator'] | undefined;
  /** The Close frame that we sent, or send as soon as it can go out. */
  body: CloseBody = NO_BODY;
  /** Whether it is on its way. */
  isSent = false;
  /** What the application has asked for, if it wanted the end first, whatever became of it then. */
  #farewell: CloseBody | undefined;
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

  /** What made the connection fail. */
  get error(): Error | undefined {
    return this.#error;
  }

  /** What the application has asked to close with, if it wanted the end first: also if that could not be sent. */
  get farewell(): CloseBody | undefined {
    return this.#farewell;
  }

  /** Notes what the application wants to close with. */
  sayFarewell(body: CloseBody): void {
    if (this.#initiator === undefined) this.#farewell = body;
  }

  /** Goes on in the table of `closing.ts`. */
  move(event: ClosingEvent): void {
    const before = this.#state;
    this.#state = nextClosingState(before, event);
    if (before !== this.#state) this.#listener.onMove();
  }

  /** Notes who began, and why if it is an error. What was noted first stays. */
  begin(initiator: Closure['initiator'], error?: Error): void {
    this.#initiator ??= initiator;
    this.#error ??= error;
  }

  /** Sums up, when the transport is gone. */
  closure(wasClean: boolean, losses: Losses): Closure {
    const { received } = this;
    const ofPeer = wasClean && received !== undefined;
    return Object.freeze({
      code: ofPeer ? (received.code ?? CloseCode.NO_STATUS_RECEIVED) : CloseCode.ABNORMAL_CLOSURE,
      reason: ofPeer ? received.reason : (this.#error?.message ?? 'the transport ended before the closing handshake'),
      wasClean,
      sent: this.isSent ? this.body : undefined,
      received,
      initiator: this.#initiator ?? 'remote',
      ...losses,
      error: this.#error,
    });
  }
}
