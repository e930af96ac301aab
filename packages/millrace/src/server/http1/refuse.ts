import type { Duplex } from 'node:stream';

/** Longest time that a refused peer has to end its side, in milliseconds, before the transport is destroyed. */
const LINGER = 1000;

/** Bytes of a refused peer that are read and discarded. */
const MAX_DISCARDED = 65_536;

/**
 * Sends a response that refuses, and ends the transport.
 *
 * What the peer still sends is read and discarded for a moment: a TCP reset, which unread data would cause, can destroy the
 * response before the peer has read it.
 */
export function refuse(socket: Duplex, response: Uint8Array): void {
  if (socket.destroyed || socket.writableEnded) {
    socket.destroy();
    return;
  }
  let discarded = 0;
  const timer = setTimeout(() => socket.destroy(), LINGER).unref();
  socket.once('close', () => clearTimeout(timer));
  socket.on('data', (chunk: Uint8Array) => {
    discarded += chunk.length;
    if (discarded > MAX_DISCARDED) socket.destroy();
  });
  socket.end(response);
  socket.resume();
}
