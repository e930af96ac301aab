import type { Duplex } from 'node:stream';

import { HandshakeError } from '../../protocol/base/errors.ts';
import { parseIpAddress } from '../../protocol/handshake/proxies/ip-address.ts';
import { ByteReader } from './byte-reader.ts';
import type { Destination } from './environment.ts';
import type { ProxyServer } from './proxy-url.ts';

const VERSION = 5;
const CONNECT = 1;
const NO_AUTHENTICATION = 0;
const USERNAME_PASSWORD = 2;
const IPV4 = 1;
const DOMAIN_NAME = 3;
const IPV6 = 4;

/** What RFC 1928 §6 calls them. */
const REPLIES = [
  'succeeded',
  'general failure',
  'connection not allowed by ruleset',
  'network unreachable',
  'host unreachable',
  'connection refused',
  'TTL expired',
  'command not supported',
  'address type not supported',
];

/**
 * Asks a SOCKS proxy of version 5 for a tunnel; names are resolved by it. What comes right behind its answer stays in the stream.
 *
 * @throws {HandshakeError} it refuses, or what it answers is no SOCKS
 *
 * @see RFC 1928, RFC 1929 (user name and password)
 */
export async function openSocksTunnel(stream: Duplex, proxy: ProxyServer, destination: Destination): Promise<void> {
  const reader = new ByteReader(stream);
  try {
    const methods = proxy.credentials === undefined ? [NO_AUTHENTICATION] : [NO_AUTHENTICATION, USERNAME_PASSWORD];
    stream.write(Uint8Array.of(VERSION, methods.length, ...methods));
    const [version, method] = await reader.take(2);
    if (version !== VERSION) throw new HandshakeError('it does not speak SOCKS 5');
    if (method === undefined || !methods.includes(method)) {
      throw new HandshakeError(
        proxy.credentials === undefined
          ? 'it wants a user name and password'
          : 'it takes none of our ways to authenticate',
      );
    }
    if (method === USERNAME_PASSWORD) await authenticate(stream, reader, proxy.credentials);
    await connect(stream, reader, destination);
  } finally {
    reader.release();
  }
}

async function authenticate(
  stream: Duplex,
  reader: ByteReader,
  credentials: ProxyServer['credentials'],
): Promise<void> {
  const username = Buffer.from(credentials?.username ?? '');
  const password = Buffer.from(credentials?.password ?? '');
  if (username.length > 255 || password.length > 255) {
    throw new HandshakeError('user name and password of SOCKS 5 have at most 255 bytes each');
  }
  stream.write(Uint8Array.of(1, username.length, ...username, password.length, ...password));
  const [version, status] = await reader.take(2);
  if (version !== 1 || status !== 0) throw new HandshakeError('it refuses user name and password');
}

async function connect(stream: Duplex, reader: ByteReader, { host, port }: Destination): Promise<void> {
  stream.write(Uint8Array.of(VERSION, CONNECT, 0, ...encodeHost(host), port >> 8, port & 0xff));
  const [version, reply = 1, , type] = await reader.take(4);
  if (version !== VERSION) throw new HandshakeError('it does not speak SOCKS 5');
  if (reply !== 0) throw new HandshakeError(`it answered: ${REPLIES[reply] ?? `reply ${String(reply)}`}`);
  const size = type === DOMAIN_NAME ? (await reader.take(1))[0] : type === IPV6 ? 16 : type === IPV4 ? 4 : undefined;
  if (size === undefined) throw new HandshakeError('it does not speak SOCKS 5');
  await reader.take(size + 2);
}

function encodeHost(host: string): number[] {
  const address = parseIpAddress(host);
  if (address === undefined) {
    const name = Buffer.from(host);
    if (name.length > 255) throw new HandshakeError('the name of a host has at most 255 bytes');
    return [DOMAIN_NAME, name.length, ...name];
  }
  const bytes = address.flatMap((group) => [group >> 8, group & 0xff]);
  return host.includes(':') ? [IPV6, ...bytes] : [IPV4, ...bytes.slice(12)];
}
