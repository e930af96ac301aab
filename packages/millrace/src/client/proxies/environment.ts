import { isInRanges, parseAddressRange, parseIpAddress } from '../../protocol/handshake/proxies/ip-address.ts';
import { parseProxyUrl, type ProxyServer } from './proxy-url.ts';

/** Variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Where a client wants to go. */
export interface Destination {
  /** Name or address, an IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
  readonly encrypted: boolean;
}

/**
 * Finds the proxy that the environment names for a destination: `http_proxy` for ws, `https_proxy` for wss, then `all_proxy`; in lower case before upper case. `HTTP_PROXY` does not count
 * where a web server has started the process (`REQUEST_METHOD` is set): it would be the header `Proxy` of a request. `no_proxy` names what needs none.
 *
 * @returns `undefined` for none
 *
 * @throws {LocalUsageError} the variable holds no URL of a proxy
 */
export function proxyFromEnvironment(destination: Destination, environment: Environment): ProxyServer | undefined {
  const noProxy = environment['no_proxy'] ?? environment['NO_PROXY'] ?? '';
  if (needsNoProxy(destination, noProxy)) return undefined;
  const names = destination.encrypted ? ['https_proxy', 'HTTPS_PROXY'] : ['http_proxy', 'HTTP_PROXY'];
  const isCgi = environment['REQUEST_METHOD'] !== undefined;
  for (const name of [...names, 'all_proxy', 'ALL_PROXY']) {
    const value = environment[name] ?? '';
    if (value === '' || (name === 'HTTP_PROXY' && isCgi)) continue;
    return parseProxyUrl(`environment variable ${name}`, value.includes('://') ? value : `http://${value}`);
  }
  return undefined;
}

/**
 * Says whether `no_proxy` names a destination: `*`, a name (`example.com`) with all below it, the same with a dot or `*.` in front, with a port, an address, or a range of addresses.
 *
 * @param noProxy - entries with commas or spaces between them
 */
export function needsNoProxy(destination: Destination, noProxy: string): boolean {
  return noProxy
    .split(/[\s,]/)
    .filter((entry) => entry !== '')
    .some((entry) => names(entry.toLowerCase(), destination));
}

function names(entry: string, { host, port }: Destination): boolean {
  if (entry === '*') return true;
  const address = parseIpAddress(host);
  const range = parseAddressRange(entry.startsWith('[') && entry.endsWith(']') ? entry.slice(1, -1) : entry);
  if (range !== undefined) return address !== undefined && isInRanges(address, [range]);
  const [pattern, wanted] = splitPort(entry);
  if (wanted !== undefined && wanted !== port) return false;
  const exact = parseAddressRange(pattern);
  if (exact !== undefined) return address !== undefined && isInRanges(address, [exact]);
  const suffix = pattern.replace(/^\*?\./, '');
  const name = host.toLowerCase().replace(/\.$/, '');
  return suffix !== '' && (name === suffix || name.endsWith(`.${suffix}`));
}

/** Takes the port off `name:port` and `[address]:port`. */
function splitPort(entry: string): [pattern: string, port: number | undefined] {
  const match = /^(.+):([0-9]{1,5})$/.exec(entry);
  const pattern = match?.[1] ?? entry;
  const bare = pattern.startsWith('[') && pattern.endsWith(']') ? pattern.slice(1, -1) : pattern;
  return [bare, match === null ? undefined : Number(match[2])];
}
