import { LocalUsageError } from '../../base/errors.ts';
import { describeValue, quote } from '../../base/checks.ts';
import { parseExtensionOffers } from '../rules/extension-offer.ts';
import { listHeaderFields } from '../rules/header-fields.ts';
import type { HeaderField, HeaderFieldsInit } from '../rules/header-fields.ts';
import { checkOrigin } from '../rules/origin.ts';
import { WEBSOCKET_VERSION } from '../rules/refusal.ts';
import { checkSubprotocols } from '../rules/subprotocols.ts';
import { parseTarget } from '../rules/target.ts';

/** What a client's opening handshake is made of. */
export interface ClientHandshake {
  /** Path and query. */
  readonly target: string;
  /** Host, and port unless it is the default of the scheme. */
  readonly host: string;
  /** 16 random bytes, in base64. */
  readonly key: string;
  readonly origin: string | undefined;
  /** Subprotocols to offer, the preferred one first. */
  readonly subprotocols: readonly string[];
  /** Value of the `Sec-WebSocket-Extensions` header: what to offer, or `undefined` for nothing. */
  readonly extensions: string | undefined;
  /** Value of an `Authorization` header made from the URL; one among {@link headers} comes before it. */
  readonly authorization: string | undefined;
  readonly headers: HeaderFieldsInit | undefined;
}

const CLIENT_FIELDS: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'host',
  'origin',
  'sec-websocket-accept',
  'sec-websocket-extensions',
  'sec-websocket-key',
  'sec-websocket-protocol',
  'sec-websocket-version',
  'transfer-encoding',
  'upgrade',
]);

/**
 * Lists the header fields of a client's opening handshake, in the order of RFC 6455 §1.3.
 *
 * @throws {LocalUsageError} naming the part that cannot be sent
 *
 * @see RFC 6455 §4.1 (Client Requirements)
 */
export function listRequestFields(handshake: ClientHandshake): readonly HeaderField[] {
  const { target, host, key, origin, subprotocols, extensions, authorization } = handshake;
  if (!target.startsWith('/') || parseTarget(target) === undefined) {
    throw new LocalUsageError(`request target is ${quote(target)}, expected a path`);
  }
  const own = checkRequestFields(handshake.headers);
  const authorized = own.some(([name]) => name.toLowerCase() === 'authorization');

  const fields: HeaderField[] = [
    ['Host', host],
    ['Upgrade', 'websocket'],
    ['Connection', 'Upgrade'],
    ['Sec-WebSocket-Key', key],
    ['Sec-WebSocket-Version', String(WEBSOCKET_VERSION)],
  ];
  if (origin !== undefined) fields.push(['Origin', checkOrigin(origin)]);
  if (subprotocols.length > 0) fields.push(['Sec-WebSocket-Protocol', checkSubprotocols(subprotocols).join(', ')]);
  if (extensions !== undefined) fields.push(['Sec-WebSocket-Extensions', checkExtensionOffers(extensions)]);
  if (authorization !== undefined && !authorized) fields.push(['Authorization', authorization]);
  return [...fields, ...own];
}

/**
 * Checks header fields that a client adds to its opening handshake.
 *
 * @throws {LocalUsageError} naming the field that cannot be sent, or belongs to the handshake
 */
export function checkRequestFields(headers: HeaderFieldsInit | undefined): readonly HeaderField[] {
  return Object.freeze(listHeaderFields(headers, CLIENT_FIELDS));
}

function checkExtensionOffers(extensions: unknown): string {
  if (typeof extensions === 'string' && parseExtensionOffers(extensions) !== undefined) return extensions;
  throw new LocalUsageError(`extensions are ${describeValue(extensions)}, expected a list as in RFC 6455 §9.1`);
}
