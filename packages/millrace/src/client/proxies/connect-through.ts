import { once } from 'node:events';
import { connect as connectTcp, isIP, type Socket, type TcpNetConnectOpts } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls, type ConnectionOptions as TlsConnectionOptions } from 'node:tls';

import { explain, HandshakeError, TransportError } from '../../protocol/base/errors.ts';
import type { Destination } from './environment.ts';
import { openHttpTunnel } from './http-tunnel.ts';
import type { ProxyServer } from './proxy-url.ts';
import { openSocksTunnel } from './socks-tunnel.ts';

/** How a proxy is reached. */
export interface ProxyAccess {
  /** What TCP needs beside name and port: address and family, lookup. */
  readonly tcp: Partial<Omit<TcpNetConnectOpts, 'host' | 'port'>>;
  /** What TLS with the proxy itself needs. */
  readonly tls: TlsConnectionOptions;
  readonly signal: AbortSignal;
}

/**
 * Connects to a destination through a proxy.
 *
 * @returns a stream of bytes to the destination, paused
 *
 * @throws {TransportError} the proxy cannot be reached
 * @throws {HandshakeError} the proxy refuses
 */
export async function connectThrough(
  proxy: ProxyServer,
  destination: Destination,
  access: ProxyAccess,
): Promise<Duplex> {
  const { signal } = access;
  signal.throwIfAborted();
  const stream = begin(proxy, access);
  const onAbort = (): void => void stream.destroy();
  signal.addEventListener('abort', onAbort, { once: true });
  stream.on('error', ignore);
  try {
    await once(stream, proxy.kind === 'https' ? 'secureConnect' : 'connect', { signal });
    stream.setNoDelay(true);
    await (proxy.kind === 'socks5' ? openSocksTunnel : openHttpTunnel)(stream, proxy, destination);
    return stream;
  } catch (error) {
    stream.destroy();
    signal.throwIfAborted();
    throw ofProxy(proxy, error);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function begin({ kind, host, port }: ProxyServer, { tcp, tls }: ProxyAccess): Socket {
  const place = { ...tcp, host, port };
  if (kind !== 'https') return connectTcp(place);
  const name = isIP(host) === 0 ? { servername: host } : {};
  return connectTls({ ALPNProtocols: ['http/1.1'], ...name, ...tls, ...place });
}

/** Says that it was the proxy where it failed. */
function ofProxy({ label }: ProxyServer, error: unknown): Error {
  if (error instanceof HandshakeError) {
    const { status, headers, headersDistinct } = error;
    return new HandshakeError(`the proxy ${label} opens no tunnel: ${error.message}`, {
      status,
      headers,
      headersDistinct,
      cause: error,
    });
  }
  return new TransportError(`no tunnel through the proxy ${label}: ${explain(error)}`, { cause: error });
}

/** What becomes of an error is in the outcome, or in the stream's `'close'` event. */
function ignore(): void {
  // Nothing to do.
}
