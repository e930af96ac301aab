import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** Idle time after which TCP asks whether the peer is still there, in milliseconds. */
const TCP_KEEP_ALIVE_DELAY = 60_000;

/** Sets a socket up for a WebSocket connection: no idle timeout, no delay for small writes, TCP keep-alive. */
export function prepareSocket(socket: Duplex): void {
  if (!(socket instanceof Socket)) return;
  socket.setTimeout(0);
  socket.setNoDelay(true);
  socket.setKeepAlive(true, TCP_KEEP_ALIVE_DELAY);
}

/** The address of the other end, such as `192.0.2.1:443`; empty where it has none. */
export function formatPeer(socket: Duplex): string {
  if (!(socket instanceof Socket) || socket.remoteAddress === undefined) return '';
  const { remoteAddress, remotePort, remoteFamily } = socket;
  // Joined, not concatenated: the parts would be kept as long as the connection.
  return [remoteFamily === 'IPv6' ? `[${remoteAddress}]` : remoteAddress, remotePort].join(':');
}
