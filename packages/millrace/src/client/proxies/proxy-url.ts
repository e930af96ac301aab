import { quoteUrl } from '../../protocol/base/checks.ts';
import { LocalUsageError } from '../../protocol/base/errors.ts';

/** A proxy of a client. */
export interface ProxyServer {
  readonly kind: 'http' | 'https' | 'socks5';
  /** Name or address, an IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
  /** Decoded; `undefined` where the URL has none. */
  readonly credentials: { readonly username: string; readonly password: string } | undefined;
  /** For messages and logs, without what is secret. */
  readonly label: string;
}

const KINDS: ReadonlyMap<string, readonly [kind: ProxyServer['kind'], port: number]> = new Map([
  ['http:', ['http', 80]],
  ['https:', ['https', 443]],
  ['socks5:', ['socks5', 1080]],
  ['socks5h:', ['socks5', 1080]],
  ['socks:', ['socks5', 1080]],
]);

/**
 * Reads the URL of a proxy: `http:`, `https:` or `socks5:`, with user name and password if it wants them.
 *
 * @param source - where it comes from, for the message: `option proxy`, `environment variable https_proxy`
 *
 * @throws {LocalUsageError} it is no such URL
 */
export function parseProxyUrl(source: string, input: string | URL): ProxyServer {
  const text = String(input);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const kind = url === undefined ? undefined : KINDS.get(url.protocol);
  if (url === undefined || kind === undefined || url.hostname === '') {
    throw new LocalUsageError(`${source} is ${quoteUrl(text)}, expected a URL such as http://proxy.example:3128`);
  }
  const { hostname, username, password } = url;
  return {
    kind: kind[0],
    host: hostname.startsWith('[') ? hostname.slice(1, -1) : hostname,
    // The URL parser leaves out the port that is the default of a scheme it knows.
    port: url.port === '' ? kind[1] : Number(url.port),
    credentials:
      username === '' && password === '' ? undefined : { username: decode(username), password: decode(password) },
    label: `${url.protocol}//${url.host}`,
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
