import { HandshakeError, LocalUsageError } from '../../base/errors.ts';
import { ConnectionDeny } from './connection-deny.ts';
import { listHeaderFields } from './header-fields.ts';
import type { HeaderField, HeaderFieldsInit } from './header-fields.ts';

/** The version of the protocol that RFC 6455 defines, and the only one there is. */
export const WEBSOCKET_VERSION = 13;

/** How to refuse a request; every part of it can be sent. */
export interface Refusal {
  /** HTTP status. */
  readonly status: number;
  /** Header fields, but those that frame the response. */
  readonly fields: readonly HeaderField[];
  /** Body: what the status means, or why it was given. */
  readonly body: Uint8Array;
}

/** A request that a rule of ours refuses. Its message may be sent to the client. */
export class RequestError extends HandshakeError {
  declare readonly status: number;

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message, { status, headers });
  }
}

/** Makes the error that refuses a request with `status`. */
export function refusal(status: number, message: string, headers: Readonly<Record<string, string>> = {}): RequestError {
  return new RequestError(status, message, headers);
}

/** Makes the error that refuses a request for now (503), and says when to come again: not all at once, in 2 to 10 seconds. */
export function unavailable(message: string): RequestError {
  const retryAfter = String(2 + Math.floor(Math.random() * 9));
  return refusal(503, message, { 'Retry-After': retryAfter });
}

/** Whether an error says how to answer a request; of any other, the client must learn nothing. */
export function isRefusal(error: unknown): error is RequestError | ConnectionDeny {
  return error instanceof RequestError || error instanceof ConnectionDeny;
}

/** Header fields of a response that says what would be understood here: this protocol, in this version. */
export const UPGRADE_FIELDS: Readonly<Record<string, string>> = Object.freeze({
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': String(WEBSOCKET_VERSION),
});

/**
 * Says how to answer a request that failed with `error`.
 *
 * What a {@link RequestError} or a {@link ConnectionDeny} says is sent; of any other error, nothing. A {@link HandshakeError} is another: it comes from a server that an
 * application has asked in turn, and holds what that one has said.
 *
 * @throws {LocalUsageError} the status is not 300 to 599 or is 304, or a header field cannot be sent
 */
export function refusalFor(error: unknown): Refusal {
  if (error instanceof ConnectionDeny) return makeRefusal(error.status, error.reason, error.headers);
  if (error instanceof RequestError) return makeRefusal(error.status, error.message, error.headers);
  return makeRefusal(500, '', {});
}

/** What a status is called, for the status line and for people. */
export function phraseOf(status: number): string {
  return PHRASES.get(status) ?? 'Refused';
}

const RESERVED_FIELDS: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'sec-websocket-accept',
  'transfer-encoding',
]);

/** The body may quote the request; it must never be taken for HTML. */
const PLAIN_TEXT: readonly HeaderField[] = [
  ['Content-Type', 'text/plain; charset=utf-8'],
  ['X-Content-Type-Options', 'nosniff'],
];

function makeRefusal(status: number, text: string, headers: HeaderFieldsInit): Refusal {
  if (!Number.isInteger(status) || status < 300 || status > 599 || status === 304) {
    throw new LocalUsageError(`status is ${String(status)}, expected 300 to 599, but not 304`);
  }
  const own = listHeaderFields(headers, RESERVED_FIELDS);
  const typed = own.some(([name]) => name.toLowerCase() === 'content-type');
  return {
    status,
    fields: typed ? own : [...own, ...PLAIN_TEXT],
    body: new TextEncoder().encode(`${text === '' ? phraseOf(status) : text}\n`),
  };
}

const PHRASES: ReadonlyMap<number, string> = new Map([
  [200, 'OK'],
  [301, 'Moved Permanently'],
  [302, 'Found'],
  [303, 'See Other'],
  [307, 'Temporary Redirect'],
  [308, 'Permanent Redirect'],
  [400, 'Bad Request'],
  [401, 'Unauthorized'],
  [403, 'Forbidden'],
  [404, 'Not Found'],
  [405, 'Method Not Allowed'],
  [406, 'Not Acceptable'],
  [408, 'Request Timeout'],
  [409, 'Conflict'],
  [410, 'Gone'],
  [414, 'URI Too Long'],
  [421, 'Misdirected Request'],
  [426, 'Upgrade Required'],
  [429, 'Too Many Requests'],
  [431, 'Request Header Fields Too Large'],
  [500, 'Internal Server Error'],
  [501, 'Not Implemented'],
  [502, 'Bad Gateway'],
  [503, 'Service Unavailable'],
  [504, 'Gateway Timeout'],
  [505, 'HTTP Version Not Supported'],
]);
