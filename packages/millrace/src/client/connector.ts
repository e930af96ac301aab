import { connect as connectTcp, isIP, type TcpNetConnectOpts } from 'node:net';
import { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import type { ConnectionOptions as TlsConnectionOptions, TLSSocket } from 'node:tls';

import { describeValue } from '../protocol/base/checks.ts';
import { LocalUsageError } from '../protocol/base/errors.ts';
import { MAX_TIMEOUT } from '../transport/timers.ts';
import type { Endpoint } from './endpoint.ts';
import type { ResolvedClientOptions } from './options.ts';
import { connectThrough } from './proxies/connect-through.ts';
import { proxyFromEnvironment } from './proxies/environment.ts';
import type { ProxyServer } from './proxies/proxy-url.ts';

/**
 * Connects to `endpoint`, with TLS where its URL says so.
 *
 * The errors of what comes back are ignored until somebody else listens to them.
 *
 * @param signal - gives it up
 *
 * @returns when there is a stream to write on, which may not be connected yet
 */
export async function openTransport(
  endpoint: Endpoint,
  options: ResolvedClientOptions,
  signal: AbortSignal,
): Promise<Duplex> {
  const { createConnection, tls } = options;
  const { hostname: host, port, encrypted } = endpoint;
  const proxy = proxyFor(endpoint, options);
  let bytes: Duplex;
  if (proxy !== undefined) {
    const access = { tcp: tcpOptions(options), tls: options.proxyTls, signal };
    bytes = await connectThrough(proxy, { host, port, encrypted }, access);
  } else if (createConnection !== undefined) {
    const servername = tls.servername ?? host;
    bytes = await unlessAborted(createConnection({ host, port, servername, tls: encrypted, signal }), signal);
  } else return watched(openDirectly(endpoint, options));
  return encrypted ? watched(secure(bytes, endpoint, tls)) : bytes;
}

/** The proxy that leads to `endpoint`, if one does; a Unix domain socket has none. */
function proxyFor(endpoint: Endpoint, { proxy }: ResolvedClientOptions): ProxyServer | undefined {
  if (endpoint.socketPath !== undefined) return undefined;
  if (proxy !== 'environment') return proxy;
  const { hostname: host, port, encrypted } = endpoint;
  return proxyFromEnvironment({ host, port, encrypted }, process.env);
}

/** Puts TLS on top of a stream of bytes. */
export function secure(bytes: Duplex, endpoint: Endpoint, tls: TlsConnectionOptions): TLSSocket {
  return connectTls({ ...tlsDefaults(endpoint), ...tls, socket: bytes });
}

/** Waits for a stream; one that comes when nobody wants it any more is destroyed. */
async function unlessAborted(coming: Duplex | Promise<Duplex>, signal: AbortSignal): Promise<Duplex> {
  const bytes = await coming;
  if (!(bytes instanceof Duplex)) {
    throw new LocalUsageError(`createConnection returned ${describeValue(bytes)}, expected a Duplex`);
  }
  watched(bytes);
  if (!signal.aborted) return bytes;
  bytes.destroy();
  throw signal.reason;
}

function openDirectly(endpoint: Endpoint, options: ResolvedClientOptions): Duplex {
  const place = { ...tcpOptions(options), ...placeOf(endpoint, options) };
  if (!endpoint.encrypted) return connectTcp(place);
  return connectTls({ ...tlsDefaults(endpoint), ...options.tls, ...place });
}

/** What TCP needs beside a name and a port. */
function tcpOptions(options: ResolvedClientOptions): Partial<Omit<TcpNetConnectOpts, 'host' | 'port'>> {
  const { localAddress, localPort, family, lookup, autoSelectFamilyAttemptTimeout } = options;
  return {
    autoSelectFamilyAttemptTimeout: Math.min(autoSelectFamilyAttemptTimeout, MAX_TIMEOUT),
    ...(localAddress === undefined ? {} : { localAddress }),
    ...(localPort === undefined ? {} : { localPort }),
    ...(family === undefined ? {} : { family }),
    ...(lookup === undefined ? {} : { lookup }),
  };
}

function tlsDefaults({ hostname }: Endpoint): TlsConnectionOptions {
  // An address is no name that SNI could carry (RFC 6066 §3), but it is what the certificate must be for.
  const name = isIP(hostname) === 0 ? { servername: hostname } : { host: hostname };
  return { ALPNProtocols: ['http/1.1'], ...name };
}

function placeOf(
  { hostname, port, socketPath }: Endpoint,
  options: ResolvedClientOptions,
): { host: string; port: number } | { host: string; path: string } {
  const path = options.socketPath ?? socketPath;
  return path === undefined ? { host: hostname, port } : { host: hostname, path };
}

function watched<Stream extends Duplex>(stream: Stream): Stream {
  stream.on('error', ignore);
  return stream;
}

/** What becomes of an error is in the outcome, or in the socket's `'close'` event. */
function ignore(): void {
  // Nothing to do.
}
