import { quoteUrl } from '../protocol/base/checks.ts';
import { LocalUsageError } from '../protocol/base/errors.ts';
import type { ServerOptions } from '../server/options.ts';

/**
 * Reads where to listen from the URL of a server.
 *
 * @returns the options that the URL stands for: `host`, `port`, and `path` unless it is `/`
 *
 * @throws {LocalUsageError} it is no `ws:` or `wss:` URL, has a user name, a query or a fragment, or its scheme does not fit the option `tls`
 */
export function parseServerUrl(url: string, options: ServerOptions): Pick<ServerOptions, 'host' | 'port' | 'path'> {
  const parsed = parse(url);
  const { hostname, port, pathname, protocol } = parsed;
  const encrypted = protocol === 'wss:';
  if (encrypted !== (options.tls !== undefined)) {
    throw invalidUrl(url, encrypted ? 'the option tls with it' : 'wss: with the option tls');
  }
  return {
    host: hostname.startsWith('[') ? hostname.slice(1, -1) : hostname,
    port: port === '' ? (encrypted ? 443 : 80) : Number(port),
    path: pathname === '/' ? undefined : pathname,
  };
}

function parse(url: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^wss?:$/.test(parsed.protocol)) {
    throw invalidUrl(url, 'a ws: or wss: URL, such as ws://localhost:9000');
  }
  const { search, hash, username } = parsed;
  if (search !== '' || hash !== '' || username !== '') throw invalidUrl(url, 'no user name, query or fragment');
  return parsed;
}

function invalidUrl(url: string, expected: string): LocalUsageError {
  return new LocalUsageError(`server URL is ${quoteUrl(url)}, expected ${expected}`);
}
