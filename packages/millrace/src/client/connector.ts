import { connect as connectTcp, isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';

import type { Endpoint } from './endpoint.ts';
import type { ResolvedClientOptions } from './options.ts';

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

function placeOf(
  { hostname, port, socketPath }: Endpoint,
  options: ResolvedClientOptions,
): { host: string; port: number } | { host: string; path: string } {
  const path = options.socketPath ?? socketPath;
  return path === undefined ? { host: hostname, port } : { host: hostname, path };
}
