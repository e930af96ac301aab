import { crc32c } from './crc32c.ts';
import { parseIpAddress } from './ip-address.ts';

/** Whom a proxy has a connection from. */
export interface ProxiedSource {
  /** An address of IPv4 or IPv6. */
  readonly address: string;
  readonly port: number;
  /** Whether the client speaks TLS with the proxy. */
  readonly isEncrypted: boolean;
}

/** The header with which a proxy begins a connection. */
export interface ProxyHeader {
  /** Its length, in bytes; what is behind it is the client's. */
  readonly length: number;
  /** Whom the connection is from; `undefined` where the proxy speaks for itself, or does not know. */
  readonly source: ProxiedSource | undefined;
}

/** The longest header of version 1, in bytes, with its end of line. */
const MAX_V1 = 107;

/** The longest header of version 2 that is put up with, in bytes behind its first 16: what proxies add to it is much shorter. */
const MAX_V2 = 4096;

const SIGNATURE = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a];
const PREFIX = 'PROXY ';

/**
 * Reads the header of the PROXY protocol, of either version.
 *
 * @param bytes - all that has come, from the first byte on
 *
 * @returns `undefined` where it is not there whole, `'invalid'` where it is none
 *
 * @see https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt
 */
export function readProxyHeader(bytes: Uint8Array): ProxyHeader | undefined | 'invalid' {
  if (bytes.length === 0) return undefined;
  return bytes[0] === SIGNATURE[0] ? readV2(bytes) : readV1(bytes);
}

function readV1(bytes: Uint8Array): ProxyHeader | undefined | 'invalid' {
  const text = latin1(bytes.subarray(0, MAX_V1));
  if (!text.startsWith(PREFIX.slice(0, text.length))) return 'invalid';
  const end = text.indexOf('\r\n');
  if (end === -1) return text.length === MAX_V1 ? 'invalid' : undefined;
  const length = end + 2;
  const words = text.slice(0, end).split(' ');
  const [, family, address = '', , port = ''] = words;
  if (family === 'UNKNOWN') return { length, source: undefined };
  if (words.length !== 6 || !isOfFamily(address, family) || !words.slice(4).every(isPort)) return 'invalid';
  return { length, source: { address, port: Number(port), isEncrypted: false } };
}

function isOfFamily(address: string, family: string | undefined): boolean {
  return family === 'TCP4' ? isIpv4(address) : family === 'TCP6' && isIpv6(address);
}

function readV2(bytes: Uint8Array): ProxyHeader | undefined | 'invalid' {
  if (!SIGNATURE.slice(0, bytes.length).every((byte, index) => byte === bytes[index])) return 'invalid';
  if (bytes.length < 16) return undefined;
  const command = bytes[12]!;
  const size = bytes[14]! * 256 + bytes[15]!;
  if (command >> 4 !== 2 || (command & 0x0f) > 1 || size > MAX_V2) return 'invalid';
  const length = 16 + size;
  if (bytes.length < length) return undefined;
  const header = bytes.subarray(0, length);
  const addressSize = [0, 12, 36, 216][bytes[13]! >> 4];
  if (addressSize === undefined || size < addressSize) return 'invalid';
  const additions = readAdditions(header, 16 + addressSize);
  if (additions === undefined || !isIntact(header, additions)) return 'invalid';
  return { length, source: readSource(header, additions) };
}

/** What stands behind the addresses: places of values by type. `undefined` if they do not fit. */
type Additions = ReadonlyMap<number, { readonly at: number; readonly size: number }>;

function readAdditions(header: Uint8Array, start: number): Additions | undefined {
  const additions = new Map<number, { at: number; size: number }>();
  let at = start;
  while (at + 3 <= header.length) {
    const size = header[at + 1]! * 256 + header[at + 2]!;
    additions.set(header[at]!, { at: at + 3, size });
    at += 3 + size;
  }
  return at === header.length ? additions : undefined;
}

const TYPE_CRC32C = 0x03;
const TYPE_SSL = 0x20;

/** Checks the checksum, if there is one: it is that of the header with zeros in its place. */
function isIntact(header: Uint8Array, additions: Additions): boolean {
  const place = additions.get(TYPE_CRC32C);
  if (place === undefined) return true;
  if (place.size !== 4) return false;
  const { at } = place;
  const expected = new DataView(header.buffer, header.byteOffset).getUint32(at);
  const zeroed = Uint8Array.from(header);
  zeroed.fill(0, at, at + 4);
  return crc32c(zeroed) === expected;
}

function readSource(header: Uint8Array, additions: Additions): ProxiedSource | undefined {
  // LOCAL: the proxy itself, looking whether somebody is there.
  if ((header[12]! & 0x0f) === 0) return undefined;
  const family = header[13]! >> 4;
  const ssl = additions.get(TYPE_SSL);
  const isEncrypted = ssl !== undefined && ssl.size > 0 && (header[ssl.at]! & 1) === 1;
  const view = new DataView(header.buffer, header.byteOffset, header.length);
  if (family === 1) return { address: [...header.subarray(16, 20)].join('.'), port: view.getUint16(24), isEncrypted };
  if (family !== 2) return undefined;
  const groups = Array.from({ length: 8 }, (_, index) => view.getUint16(16 + index * 2).toString(16));
  return { address: groups.join(':'), port: view.getUint16(48), isEncrypted };
}

function isIpv4(text: string): boolean {
  return !text.includes(':') && parseIpAddress(text) !== undefined;
}

function isIpv6(text: string): boolean {
  return text.includes(':') && !text.includes('%') && parseIpAddress(text) !== undefined;
}

function isPort(text: string): boolean {
  return /^(0|[1-9][0-9]{0,4})$/.test(text) && Number(text) <= 65_535;
}

function latin1(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
