import type { WebSocketConnection } from 'millrace';

import { linkOf, type WebSocket } from './web-socket.ts';

/**
 * Gives the connection of Millrace behind a socket, with streams and backpressure. From then on, messages that begin go to it, and the socket emits no
 * `'message'` any more; its other events and methods go on. Calling it again gives the same connection.
 *
 * @throws {Error} the socket is not open yet
 *
 * @example
 * ```ts
 * server.on('connection', async (webSocket) => {
 *   for await (const message of connectionOf(webSocket)) await connectionOf(webSocket).send(message, { type: message.type });
 * });
 * ```
 */
export function connectionOf(webSocket: WebSocket): WebSocketConnection<undefined> {
  const link = linkOf(webSocket);
  if (link === undefined) throw new Error('connectionOf: the WebSocket is not open yet; wait for its event open');
  return link.adopt();
}
