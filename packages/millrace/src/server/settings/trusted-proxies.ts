import {
  checkLimit,
  checkObject,
  checkOptionNames,
  invalidOption,
  toList,
  type KnownNames,
} from '../../protocol/base/checks.ts';
import type { ForwardingRules } from '../../protocol/handshake/proxies/forwarded.ts';
import { parseAddressRange } from '../../protocol/handshake/proxies/ip-address.ts';

/** Which proxies are believed, and what they say. */
export interface TrustedProxies {
  /**
   * Addresses and ranges of the proxies: `10.0.0.0/8`, `fd00::/8`, `127.0.0.1`; `'unix'` for those that come by a Unix domain socket. Header fields of all others are
   * ignored.
   */
  readonly from: readonly string[];
  /**
   * Most proxies in a row that are believed, from the nearest on.
   *
   * @defaultValue Infinity
   */
  readonly hops?: number | undefined;
  /**
   * The header fields that they write: `X-Forwarded-For` and its family, or `Forwarded` (RFC 7239). One of both, since a proxy rewrites the family that it knows, and passes the other on
   * as the client has written it.
   *
   * @defaultValue 'x-forwarded'
   */
  readonly headers?: 'x-forwarded' | 'forwarded' | undefined;
  /**
   * What is believed: the address of the client, the protocol that it speaks with the first proxy, the host and the port that it asks for. Only name what all of
   * the proxies write.
   *
   * @defaultValue `['for', 'proto']`
   */
  readonly fields?: readonly ('for' | 'proto' | 'host' | 'port')[] | undefined;
}

const NAMES: KnownNames<keyof TrustedProxies> = { from: true, hops: true, headers: true, fields: true };
const FIELDS = ['for', 'proto', 'host', 'port'] as const;

/**
 * Checks the option `trustedProxies`.
 *
 * @throws {LocalUsageError} naming what is wrong
 */
export function resolveTrustedProxies(options: TrustedProxies | undefined): ForwardingRules | undefined {
  if (options === undefined) return undefined;
  checkObject('option trustedProxies', options);
  checkOptionNames('trustedProxies', options, NAMES);
  const { from, hops = Infinity, headers = 'x-forwarded', fields = ['for', 'proto'] } = options;
  const places = toList('trustedProxies.from', from);
  return Object.freeze({
    ranges: places.filter((place) => place !== 'unix').map(toRange),
    trustsUnix: places.includes('unix'),
    hops: checkLimit('trustedProxies.hops', hops),
    headers: checkHeaders(headers),
    fields: new Set(toList('trustedProxies.fields', fields).map(toField)),
  });
}

function toRange(place: unknown): NonNullable<ReturnType<typeof parseAddressRange>> {
  const range = typeof place === 'string' ? parseAddressRange(place) : undefined;
  if (range !== undefined) return range;
  throw invalidOption('trustedProxies.from', place, "addresses, ranges such as 10.0.0.0/8, or 'unix'");
}

function checkHeaders(value: unknown): 'x-forwarded' | 'forwarded' {
  if (value === 'x-forwarded' || value === 'forwarded') return value;
  throw invalidOption('trustedProxies.headers', value, "'x-forwarded' or 'forwarded'");
}

function toField(value: unknown): (typeof FIELDS)[number] {
  const field = FIELDS.find((one) => one === value);
  if (field !== undefined) return field;
  throw invalidOption('trustedProxies.fields', value, "'for', 'proto', 'host' and 'port'");
}
