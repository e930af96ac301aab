import { AttachedListener } from './attached-listener.ts';
import type { HandshakeHandler } from './handshake-handler.ts';
import { HandshakeServer } from './handshake-server.ts';
import type { Listener } from './listener.ts';
import type { ResolvedServerOptions } from './options.ts';

/**
 * Listens for WebSocket connections, on a port, a Unix domain socket or an HTTP server that is there already.
 *
 * Opening handshakes are received, judged and answered; `handler` decides, and takes the connections.
 *
 * @throws {TransportError} the place to listen on cannot be had
 * @throws {LocalUsageError} the HTTP server already has a listener for the same path
 */
export async function listen<Context>(
  options: ResolvedServerOptions,
  handler: HandshakeHandler<Context>,
): Promise<Listener> {
  const { place } = options;
  if (place.kind === 'server') {
    const attached = new AttachedListener(options, place.server, handler);
    attached.attach();
    return attached;
  }
  const server = new HandshakeServer(options, handler);
  await server.listen(place.options);
  return server;
}
