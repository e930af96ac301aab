import { describeValue } from '../../base/checks.ts';
import { LocalUsageError } from '../../base/errors.ts';
import type { ConnectionRequest } from './connection-request.ts';
import { parseExtensionOffers } from './extension-offer.ts';
import { listHeaderFields } from './header-fields.ts';
import type { HeaderField, HeaderFieldsInit } from './header-fields.ts';

/** How to accept a request. */
export interface Acceptance {
  /** One of those that the client offered, or `undefined` for none. */
  readonly subprotocol: string | undefined;
  /** Value of the `Sec-WebSocket-Extensions` header, or `undefined` for none; every one offered by the client. */
  readonly extensions: string | undefined;
  /** Further header fields, of any number of sources. */
  readonly headers: readonly (HeaderFieldsInit | undefined)[];
}

const RESERVED_FIELDS: ReadonlySet<string> = new Set([
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
  return Object.freeze(listHeaderFields(headers, RESERVED_FIELDS));
}

/**
 * Lists the header fields that accept `request`, but those that belong to a version of HTTP.
 *
 * @throws {LocalUsageError} the subprotocol or an extension was not offered, or a header field cannot be sent
 *
 * @see RFC 6455 §4.2.2 (Sending the Server's Opening Handshake)
 */
export function listAcceptanceFields(acceptance: Acceptance, request: ConnectionRequest): readonly HeaderField[] {
  const { subprotocol, extensions } = acceptance;
  const fields: HeaderField[] = [];
  if (subprotocol !== undefined) {
    checkSubprotocol(subprotocol, request.subprotocols);
    fields.push(['Sec-WebSocket-Protocol', subprotocol]);
  }
  if (extensions !== undefined) {
    checkExtensions(extensions, request);
    fields.push(['Sec-WebSocket-Extensions', extensions]);
  }
  for (const headers of acceptance.headers) fields.push(...checkAcceptanceFields(headers));
  return fields;
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
