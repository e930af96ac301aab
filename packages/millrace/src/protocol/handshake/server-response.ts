import { HandshakeError, LocalUsageError } from '../base/errors.ts';
import { describeValue } from '../base/option-checks.ts';
import { ConnectionDeny } from './connection-deny.ts';
import type { ConnectionRequest } from './connection-request.ts';
import { parseExtensionOffers } from './extension-offer.ts';
import { encodeHead, listHeaderFields } from './header-fields.ts';
import type { HeaderField, HeaderFieldsInit } from './header-fields.ts';

/** What a server appends to a key before it hashes it (RFC 6455 §1.3). */
const ACCEPT_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/**
 * The text whose SHA-1, in base64, is the `Sec-WebSocket-Accept` for `key`.
 *
 * The protocol has no hash function; whoever drives it computes that.
 *
 * @see RFC 6455 §1.3, §4.2.2
 */
export function acceptInput(key: string): string {
  return key + ACCEPT_GUID;
}

/** How to accept a request. */
export interface Acceptance {
  /** SHA-1 of {@link acceptInput}, in base64. */
  readonly accept: string;
  /** One of those that the client offered, or `undefined` for none. */
  readonly subprotocol: string | undefined;
  /** Value of the `Sec-WebSocket-Extensions` header, or `undefined` for none; every one offered by the client. */
  readonly extensions: string | undefined;
  /** Further header fields, of any number of sources. */
  readonly headers: readonly (HeaderFieldsInit | undefined)[];
}

const ACCEPTANCE_FIELDS: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'sec-websocket-accept',
  'sec-websocket-extensions',
  'sec-websocket-key',
  'sec-websocket-protocol',
  'sec-websocket-version',
  'transfer-encoding',
  'upgrade',
]);

/**
 * Checks header fields that are to be added to every acceptance.
 *
 * @throws {LocalUsageError} naming the field that cannot be sent, or belongs to the handshake
 */
export function checkAcceptanceFields(headers: HeaderFieldsInit | undefined): readonly HeaderField[] {
  return Object.freeze(listHeaderFields(headers, ACCEPTANCE_FIELDS));
}

/**
 * Writes the response that accepts `request`.
 *
 * @throws {LocalUsageError} the subprotocol or an extension was not offered, or a header field cannot be sent
 *
 * @see RFC 6455 §4.2.2 (Sending the Server's Opening Handshake)
 */
export function encodeAcceptance(acceptance: Acceptance, request: ConnectionRequest): Uint8Array {
  const { accept, subprotocol, extensions } = acceptance;
  const fields: HeaderField[] = [
    ['Upgrade', 'websocket'],
    ['Connection', 'Upgrade'],
    ['Sec-WebSocket-Accept', accept],
  ];
  if (subprotocol !== undefined) {
    checkSubprotocol(subprotocol, request.protocols);
    fields.push(['Sec-WebSocket-Protocol', subprotocol]);
  }
  if (extensions !== undefined) {
    checkExtensions(extensions, request);
    fields.push(['Sec-WebSocket-Extensions', extensions]);
  }
  for (const headers of acceptance.headers) fields.push(...checkAcceptanceFields(headers));
  return encodeHead('HTTP/1.1 101 Switching Protocols', fields);
}

function checkSubprotocol(subprotocol: string, offered: readonly string[]): void {
  if (offered.includes(subprotocol)) return;
  const expected = offered.length === 0 ? 'none, for the client offers none' : `one of ${offered.join(', ')}`;
  throw new LocalUsageError(`subprotocol is ${describeValue(subprotocol)}, expected ${expected}`);
}

function checkExtensions(extensions: unknown, request: ConnectionRequest): void {
  const offered = new Set(request.extensions.map(({ name }) => name));
  const accepted = typeof extensions === 'string' ? parseExtensionOffers(extensions) : undefined;
  if (accepted?.every(({ name }) => offered.has(name)) === true) return;
  throw new LocalUsageError(
    `extensions are ${describeValue(extensions)}, expected some of those that the client offers`,
  );
}

/** A response that is not an acceptance. */
export interface Refusal {
  /** HTTP status. */
  readonly status: number;
  /** Body, plain text; the standard phrase of the status if it is empty. */
  readonly body: string;
  readonly headers: HeaderFieldsInit;
  /** Leaves the body out: the answer to a HEAD request. */
  readonly headOnly?: boolean | undefined;
}

/**
 * Says how to answer a request that failed with `error`.
 *
 * What a {@link HandshakeError} or a {@link ConnectionDeny} says is sent; of any other error, nothing.
 */
export function refusalFor(error: unknown): Refusal {
  if (error instanceof ConnectionDeny) return { status: error.status, body: error.reason, headers: error.headers };
  if (error instanceof HandshakeError && error.status !== undefined) {
    return { status: error.status, body: error.body === '' ? error.message : error.body, headers: error.headers };
  }
  return { status: 500, body: '', headers: {} };
}

const REFUSAL_FIELDS: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'sec-websocket-accept',
  'transfer-encoding',
]);

/**
 * Writes a response that refuses a request, and ends the transport after it.
 *
 * @throws {LocalUsageError} the status is not 300 to 599 or is 304, or a header field cannot be sent
 */
export function encodeRefusal(refusal: Refusal): Uint8Array {
  const { status } = refusal;
  if (!Number.isInteger(status) || status < 300 || status > 599 || status === 304) {
    throw new LocalUsageError(`status is ${String(status)}, expected 300 to 599, but not 304`);
  }
  const phrase = PHRASES.get(status) ?? 'Refused';
  const body = new TextEncoder().encode(`${refusal.body === '' ? phrase : refusal.body}\n`);
  const own = listHeaderFields(refusal.headers, REFUSAL_FIELDS);
  const upgrades = own.some(([name]) => name.toLowerCase() === 'upgrade');
  const typed = own.some(([name]) => name.toLowerCase() === 'content-type');

  const head = encodeHead(`HTTP/1.1 ${String(status)} ${phrase}`, [
    ['Connection', upgrades ? 'close, Upgrade' : 'close'],
    ...own,
    ...(typed ? [] : PLAIN_TEXT),
    ['Content-Length', String(body.length)],
  ]);
  if (refusal.headOnly === true) return head;
  const bytes = new Uint8Array(head.length + body.length);
  bytes.set(head);
  bytes.set(body, head.length);
  return bytes;
}

/** The body may quote the request; it must never be taken for HTML. */
const PLAIN_TEXT: readonly HeaderField[] = [
  ['Content-Type', 'text/plain; charset=utf-8'],
  ['X-Content-Type-Options', 'nosniff'],
];

const PHRASES: ReadonlyMap<number, string> = new Map([
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
