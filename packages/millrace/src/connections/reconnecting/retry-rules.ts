import { CloseCode } from '../../protocol/base/close-code.ts';
import type { CloseBody, Closure } from '../../protocol/base/closure.ts';
import { ConnectionClosedError, HandshakeError, TransportError } from '../../protocol/base/errors.ts';

/** Statuses below 500 that pass: Request Timeout, Too Early, Too Many Requests. */
const PASSING_STATUSES: readonly number[] = [408, 425, 429];

/** Close codes that say nothing against coming back. */
const PASSING_CODES: readonly number[] = [
  CloseCode.GOING_AWAY,
  CloseCode.NO_STATUS_RECEIVED,
  CloseCode.ABNORMAL_CLOSURE,
  CloseCode.INTERNAL_ERROR,
  CloseCode.SERVICE_RESTART,
  CloseCode.TRY_AGAIN_LATER,
  CloseCode.BAD_GATEWAY,
];

/** Close codes of applications begin here (RFC 6455 §7.4.2: 3000–3999 registered, 4000–4999 private). */
const APPLICATION_CODES = 3000;

/**
 * Says whether what went wrong may be gone at the next attempt: there was no connection, or it was lost; the server is overloaded or restarts. What
 * the server refuses, or what we do wrong, will be the same again.
 */
export function isPassing(cause: Error): boolean {
  if (cause instanceof TransportError) return true;
  if (cause instanceof HandshakeError) return isPassingStatus(cause.status);
  return cause instanceof ConnectionClosedError && isPassingClosure(cause.closure);
}

/**
 * Says whether it was us who closed a connection, for good: with `close` of the connection, and none of the codes of applications. With these, an
 * application tells the server why it wants a new connection.
 *
 * @param farewell - what we wanted to close with, before anybody else wanted the end; however the peer took it, and if it could be sent at all
 */
export function isOurFarewell(farewell: CloseBody | undefined): boolean {
  return farewell !== undefined && (farewell.code ?? CloseCode.NORMAL_CLOSURE) < APPLICATION_CODES;
}

/**
 * Reads how long a server asks us to stay away: `Retry-After`, in seconds or as a date (RFC 9110 §10.2.3).
 *
 * @param now - the time of day, in milliseconds since 1970
 *
 * @returns milliseconds; 0 if it does not ask, or nothing that can be understood
 */
export function retryAfter(cause: Error, now: number): number {
  const value = cause instanceof HandshakeError ? cause.headers['retry-after']?.trim() : undefined;
  if (value === undefined) return 0;
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const date = /^[A-Z][a-z]+, /.test(value) ? Date.parse(value) : NaN;
  return Number.isNaN(date) ? 0 : Math.max(date - now, 0);
}

/** Without a status, there was no answer: the time was up, or it was none that is HTTP. */
function isPassingStatus(status: number | undefined): boolean {
  return status === undefined || status >= 500 || PASSING_STATUSES.includes(status);
}

function isPassingClosure({ initiator, sent, code: ofPeer }: Closure): boolean {
  const isOurs = initiator !== 'remote';
  const code = isOurs ? (sent?.code ?? ofPeer) : ofPeer;
  return PASSING_CODES.includes(code) || (isOurs && code >= APPLICATION_CODES);
}
