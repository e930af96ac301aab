import { LocalUsageError } from '../protocol/base/errors.ts';
import { quoteUrl, redactUrl } from '../protocol/base/checks.ts';

/** Where a URL leads. */
export interface Endpoint {
  /** The URL without user information and query, for messages and logs. */
  readonly url: string;
  /** Whether the connection is over TLS. */
  readonly encrypted: boolean;
  /** Name or address to connect to, an IPv6 address without brackets. */
  readonly hostname: string;
  readonly port: number;
  /** Path of a Unix domain socket to connect to instead, or `undefined`. */
  readonly socketPath: string | undefined;
  /** Value of the `Host` header. */
  readonly host: string;
  /** Request target: path and query. */
  readonly target: string;
  /** Value of an `Authorization` header, if the URL has a user name or password (RFC 7617). */
  readonly authorization: string | undefined;
}

const ENCRYPTED_SCHEMES: ReadonlyMap<string, boolean> = new Map([
  ['ws:', false],
  ['wss:', true],
  ['http:', false],
  ['https:', true],
  ['ws+unix:', false],
]);

/**
 * Parses the URL of a WebSocket server: `ws:`, `wss:`, `http:`, `https:`, or `ws+unix:/path/of/socket:/path?query`.
 *
 * @throws {LocalUsageError} it is no URL, has another scheme, or a fragment (RFC 6455 §3)
 */
export function parseEndpoint(input: string | URL): Endpoint {
  const url = parseUrl(input);
  const encrypted = ENCRYPTED_SCHEMES.get(url.protocol);
  if (encrypted === undefined) throw invalidUrl(input, 'the scheme ws, wss, http, https or ws+unix');
  if (url.href.includes('#')) throw invalidUrl(input, 'no fragment');
  if (url.protocol === 'ws+unix:') return unixEndpoint(url);

  const { hostname, host, port, pathname, search } = url;
  return {
    url: `${url.protocol}//${host}${pathname}${search === '' ? '' : '?…'}`,
    encrypted,
    hostname: hostname.startsWith('[') ? hostname.slice(1, -1) : hostname,
    port: port === '' ? (encrypted ? 443 : 80) : Number(port),
    socketPath: undefined,
    host,
    target: `${pathname}${search}`,
    authorization: basicAuthorization(url),
  };
}

function unixEndpoint(url: URL): Endpoint {
  const colon = url.pathname.indexOf(':');
  const socketPath = decode(colon === -1 ? url.pathname : url.pathname.slice(0, colon));
  const path = colon === -1 ? '' : url.pathname.slice(colon + 1);
  if (socketPath === undefined || socketPath === '' || socketPath.includes('\0') || url.host !== '') {
    throw invalidUrl(url, 'the form ws+unix:/path/of/socket:/path');
  }
  return {
    url: redactUrl(url.href),
    encrypted: false,
    hostname: 'localhost',
    port: 80,
    socketPath,
    host: 'localhost',
    target: `${path.startsWith('/') ? path : `/${path}`}${url.search}`,
    authorization: undefined,
  };
}

function parseUrl(input: string | URL): URL {
  try {
    return new URL(input);
  } catch {
    throw invalidUrl(input, 'a URL such as wss://example.com/chat');
  }
}

function invalidUrl(input: string | URL, expected: string): LocalUsageError {
  return new LocalUsageError(`URL is ${quoteUrl(input)}, expected ${expected}`);
}

function basicAuthorization({ username, password }: URL): string | undefined {
  if (username === '' && password === '') return undefined;
  const credentials = `${decode(username) ?? username}:${decode(password) ?? password}`;
  return `Basic ${Buffer.from(credentials).toString('base64')}`;
}

/** Undoes percent-encoding; `undefined` if there is something else behind a `%`. */
function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
