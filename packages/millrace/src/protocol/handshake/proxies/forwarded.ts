import type { AddressRange } from './ip-address.ts';
import { isInRanges, parseIpAddress } from './ip-address.ts';

/** Which proxies are believed, and what. */
export interface ForwardingRules {
  readonly ranges: readonly AddressRange[];
  /** Whether a peer without an address (on a Unix domain socket) is a proxy. */
  readonly trustsUnix: boolean;
  /** Most proxies in a row. */
  readonly hops: number;
  readonly headers: 'x-forwarded' | 'forwarded';
  readonly fields: ReadonlySet<'for' | 'proto' | 'host' | 'port'>;
}

/** What of a request a proxy may know better than its transport. */
export interface SeenRequest {
  /** Address of the client, with its port where that is known: `192.0.2.1:50000`, `[2001:db8::1]:50000`. */
  readonly peer: string;
  readonly scheme: 'http' | 'https';
  readonly authority: string;
}

/** What one proxy says of whom it has a request from. */
interface ForwardedElement {
  readonly for?: string | undefined;
  readonly proto?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: string | undefined;
}

type DistinctFields = Readonly<Record<string, readonly string[] | undefined>>;

/** Elements that are looked at: no chain of proxies is longer. */
const MAX_ELEMENTS = 64;

/**
 * Finds out from whom a request comes that has come through proxies.
 *
 * The chain is walked from its right end, which the nearest proxy has written, to the first address that is no trusted proxy. Of a request that does not come from one, nothing
 * is believed.
 *
 * @param seen - what the transport says
 * @param fields - the header fields, line by line, names in lower case
 *
 * @see RFC 7239 (Forwarded HTTP Extension)
 */
export function seeThroughProxies(seen: SeenRequest, fields: DistinctFields, rules: ForwardingRules): SeenRequest {
  const elements = (rules.headers === 'forwarded' ? readForwarded(fields) : readXForwarded(fields)).reverse();
  let found: SeenRequest = seen;
  let depth = 0;
  for (const element of elements) {
    if (depth >= rules.hops || !isTrusted(found.peer, rules)) break;
    const peer = rules.fields.has('for') ? readNode(element.for) : undefined;
    found = apply({ ...found, peer: peer ?? found.peer }, element, rules.fields);
    depth++;
    // Who was not told from whom it comes does not know what is in front of it either.
    if (peer === undefined) break;
  }
  return found;
}

/** What is known of a request with what one more proxy says of it. */
function apply(seen: SeenRequest, element: ForwardedElement, fields: ForwardingRules['fields']): SeenRequest {
  const scheme = fields.has('proto') ? readScheme(element.proto) : undefined;
  const host = fields.has('host') ? element.host : undefined;
  const port = fields.has('port') && /^[0-9]{1,5}$/.test(element.port ?? '') ? element.port : undefined;
  return { peer: seen.peer, scheme: scheme ?? seen.scheme, authority: withPort(host ?? seen.authority, port) };
}

function isTrusted(peer: string, { ranges, trustsUnix }: ForwardingRules): boolean {
  if (peer === '') return trustsUnix;
  const address = parseIpAddress(addressOf(peer));
  return address !== undefined && isInRanges(address, ranges);
}

/** The address in `address`, `address:port`, `[address]` or `[address]:port`. */
export function addressOf(node: string): string {
  if (node.startsWith('[')) return node.slice(1, Math.max(1, node.indexOf(']')));
  const colon = node.indexOf(':');
  return colon !== -1 && colon === node.lastIndexOf(':') ? node.slice(0, colon) : node;
}

/** A node as it is shown; `undefined` where it is no address: `unknown`, a name that hides one. */
function readNode(node: string | undefined): string | undefined {
  if (node === undefined) return undefined;
  const address = addressOf(node);
  if (parseIpAddress(address) === undefined) return undefined;
  const port = /:([0-9]{1,5})$/.exec(node)?.[1];
  const shown = address.includes(':') ? `[${address}]` : address;
  return port === undefined || node === address ? shown : `${shown}:${port}`;
}

function readScheme(proto: string | undefined): 'http' | 'https' | undefined {
  const lower = proto?.toLowerCase();
  if (lower === 'https' || lower === 'wss') return 'https';
  return lower === 'http' || lower === 'ws' ? 'http' : undefined;
}

function withPort(authority: string, port: string | undefined): string {
  if (port === undefined) return authority;
  const bracket = authority.lastIndexOf(']');
  const colon = authority.indexOf(':', bracket + 1);
  return `${colon === -1 ? authority : authority.slice(0, colon)}:${port}`;
}

/** A list that is shorter than that of the addresses was written by fewer proxies: its last value holds for the others, too. */
function readXForwarded(fields: DistinctFields): ForwardedElement[] {
  const lists = {
    for: listOf(fields['x-forwarded-for']),
    proto: listOf(fields['x-forwarded-proto']),
    host: listOf(fields['x-forwarded-host']),
    port: listOf(fields['x-forwarded-port']),
  };
  const length = Math.max(...Object.values(lists).map((list) => list.length));
  const fromRight = (list: readonly string[], index: number): string | undefined =>
    list.at(-Math.min(index, list.length));
  const elements = Array.from({ length: Math.min(length, MAX_ELEMENTS) }, (_, at): ForwardedElement => {
    const index = at + 1;
    return {
      for: index > lists.for.length ? undefined : lists.for.at(-index),
      proto: fromRight(lists.proto, index),
      host: fromRight(lists.host, index),
      port: fromRight(lists.port, index),
    };
  });
  return elements.reverse();
}

function listOf(lines: readonly string[] | undefined): readonly string[] {
  return (lines ?? []).flatMap((line) => line.split(',')).map((element) => element.trim());
}

function readForwarded(fields: DistinctFields): ForwardedElement[] {
  const elements = splitOutsideQuotes((fields['forwarded'] ?? []).join(','), ',');
  return elements.slice(-MAX_ELEMENTS).map((element) => {
    const pairs = splitOutsideQuotes(element, ';').map((pair): [string, string] => {
      const equals = pair.indexOf('=');
      return [pair.slice(0, Math.max(0, equals)).trim().toLowerCase(), unquote(pair.slice(equals + 1).trim())];
    });
    const found = new Map(pairs);
    // A name that is there twice says nothing (RFC 7239 §4).
    if (found.size !== pairs.length) return {};
    return { for: found.get('for'), proto: found.get('proto'), host: found.get('host') };
  });
}

function unquote(text: string): string {
  return text.startsWith('"') ? text.slice(1, text.endsWith('"') ? -1 : undefined).replaceAll(/\\(.)/g, '$1') : text;
}

function splitOutsideQuotes(text: string, separator: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let isQuoted = false;
  for (let index = 0; index < text.length; index++) {
    const character = text.charAt(index);
    if (isQuoted && character === '\\') index++;
    else if (character === '"') isQuoted = !isQuoted;
    else if (!isQuoted && character === separator) {
      parts.push(text.slice(start, index));
      start = index + 1;
    }
  }
  return [...parts, text.slice(start)];
}
