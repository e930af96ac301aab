import { characterTable, consistsOf } from './syntax.ts';

/** A host and a port, the way a `Host` header and an origin name them. */
export interface Authority {
  /** The name or address in lower case; an IPv6 address in its brackets. */
  readonly hostname: string;
  /** The port, or `undefined` if none is given. */
  readonly port: number | undefined;
}

const NAME_CHARACTERS: Uint8Array = characterTable('abcdefghijklmnopqrstuvwxyz0123456789-._~');
const IPV6_CHARACTERS: Uint8Array = characterTable('0123456789abcdef:.');
const DIGITS: Uint8Array = characterTable('0123456789');

/**
 * Parses `host [":" port]`, without user information.
 *
 * Stricter than RFC 3986 §3.2.2: a name is letters, digits and `-._~`, for nothing else is ever a host's name.
 *
 * @returns `undefined` if it is anything else
 */
export function parseAuthority(text: string): Authority | undefined {
  const lower = text.toLowerCase();
  const bracket = lower.startsWith('[') ? lower.indexOf(']') : -1;
  const colon = lower.indexOf(':', bracket + 1);
  const end = colon === -1 ? lower.length : colon;

  const hostname = lower.slice(0, end);
  const port = parsePort(lower.slice(end + 1));
  return port === 'invalid' || !isHostname(hostname) ? undefined : { hostname, port };
}

/**
 * Says whether `hostname` names this machine to itself: `localhost`, a name below it, 127.0.0.0/8 or ::1.
 *
 * @param hostname - as in {@link Authority}
 */
export function isLoopback(hostname: string): boolean {
  if (hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '[::1]') return true;
  const octets = hostname.split('.');
  return octets.length === 4 && octets[0] === '127' && octets.every(isOctet);
}

function isOctet(text: string): boolean {
  return text.length <= 3 && consistsOf(text, DIGITS) && Number(text) <= 255;
}

function isHostname(hostname: string): boolean {
  if (!hostname.startsWith('[')) return consistsOf(hostname, NAME_CHARACTERS);
  const address = hostname.slice(1, -1);
  return address.includes(':') && consistsOf(address, IPV6_CHARACTERS);
}

function parsePort(text: string): number | undefined | 'invalid' {
  if (text === '') return undefined;
  const port = text.length <= 5 && consistsOf(text, DIGITS) ? Number(text) : Number.NaN;
  return port <= 65_535 ? port : 'invalid';
}
