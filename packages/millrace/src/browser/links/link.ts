import { CloseCode } from '../../protocol/base/close-code.ts';
import type { Closure } from '../../protocol/base/closure.ts';
import { TransportError } from '../../protocol/base/errors.ts';

/** What a message is made of here: it comes and goes whole. */
export type WholePayload = string | Uint8Array<ArrayBuffer>;

/** An open connection of the browser, whichever of its interfaces it is made of. */
export interface Link {
  readonly subprotocol: string;
  readonly extensions: string;
  /** Bytes that were sent and that the network has not taken. */
  readonly bufferedAmount: number;
  /** How it ended. Never rejects. */
  readonly closed: Promise<Closure>;
  /** Waits for the next message; `undefined` when there are no more. Asked for one at a time. */
  receive(): Promise<WholePayload | undefined>;
  /** Sends a message. */
  send(data: WholePayload): void;
  /** Waits until no more than `amount` bytes wait, or it has ended. */
  untilBelow(amount: number): Promise<void>;
  /** Starts the closing handshake. Repeating it does nothing. */
  close(farewell: Farewell): void;
  /** Gives it up, without waiting for the other side. */
  drop(): void;
}

/** With what, and why, this side closes. */
export interface Farewell {
  readonly code: number | undefined;
  readonly reason: string;
  readonly initiator: 'application' | 'engine';
  readonly error?: Error | undefined;
}

/** What the browser says of the end. */
export interface PlatformEnd {
  readonly code: number;
  readonly reason: string;
  readonly wasClean: boolean;
  readonly unsentBytes: number;
}

/** Puts together how a connection ended, from both sides. */
export function toClosure(end: PlatformEnd, farewell: Farewell | undefined): Closure {
  const { code, reason, wasClean, unsentBytes } = end;
  const lost = wasClean ? undefined : new TransportError('the connection was lost; browsers do not tell why');
  return Object.freeze({
    code: wasClean ? code : CloseCode.ABNORMAL_CLOSURE,
    reason: wasClean ? reason : '',
    wasClean,
    sent: farewell === undefined ? undefined : { code: farewell.code, reason: farewell.reason },
    received: wasClean ? { code: code === CloseCode.NO_STATUS_RECEIVED ? undefined : code, reason } : undefined,
    initiator: farewell?.initiator ?? 'remote',
    unsentBytes,
    discardedBytes: 0,
    error: farewell?.error ?? lost,
  });
}

/** Size of a payload, in bytes. Text is counted as if each of its code units took three, the most that it can be. */
export function sizeOf(data: WholePayload): number {
  return typeof data === 'string' ? data.length * 3 : data.length;
}
