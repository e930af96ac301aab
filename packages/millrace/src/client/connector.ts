import { connect as connectTcp, isIP, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';

import type { Endpoint } from './endpoint.ts';
import type { ResolvedClientOptions } from './options.ts';

/** Idle time after which TCP asks whether the peer is still there, in milliseconds. */
const TCP_KEEP_ALIVE_DELAY = 60_000;

/** Begins to connect to `endpoint`. What goes wrong is told by the socket's `'error'` event. */
export function openTransport(endpoint: Endpoint, options: ResolvedClientOptions): Duplex {
  if (options.createConnection !== undefined) return options.createConnection();

  const place = {
    ...placeOf(endpoint, options),
    ...(options.localAddress === undefined ? {} : { localAddress: options.localAddress }),
    ...(options.localPort === undefined ? {} : { localPort: options.localPort }),
    ...(options.family === undefined ? {} : { family: options.family }),
    ...(options.lookup === undefined ? {} : { lookup: options.lookup }),
  };
  if (!endpoint.encrypted) return connectTcp(place);
  // An address is no name that SNI could carry (RFC 6066 §3).
  const servername = isIP(endpoint.hostname) === 0 ? { servername: endpoint.hostname } : {};
  return connectTls({ ALPNProtocols: ['http/1.1'], ...servername, ...options.tls, ...place });
}

/** Sets a socket up for a WebSocket connection: no idle timeout, no delay for small writes, TCP keep-alive. */
export function prepare(socket: Duplex): void {
  if (!(socket instanceof Socket)) return;
  socket.setTimeout(0);
  socket.setNoDelay(true);
  socket.setKeepAlive(true, TCP_KEEP_ALIVE_DELAY);
}

/** The address of the other end, such as `192.0.2.1:443`; empty where it has none. */
export function formatPeer(socket: Duplex): string {
  if (!(socket instanceof Socket) || socket.remoteAddress === undefined) return '';
  const { remoteAddress, remotePort, remoteFamily } = socket;
  return `${remoteFamily === 'IPv6' ? `[${remoteAddress}]` : remoteAddress}:${String(remotePort)}`;
}

function placeOf(
  { hostname, port, socketPath }: Endpoint,
  options: ResolvedClientOptions,
): { host: string; port: number } | { host: string; path: string } {
  const path = options.socketPath ?? socketPath;
  return path === undefined ? { host: hostname, port } : { host: hostname, path };
}
