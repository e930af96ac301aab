import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';

import { readIntoSharedBuffer, type OnreadPlaces, type Reader } from './shared-read-buffer.ts';

/** How to read. */
export interface ReadingSetup {
  /** How to read into the shared buffer; `undefined` to take `'data'` events. */
  readonly places: OnreadPlaces | undefined;
  readonly reader: Reader;
}

/** Begins to read a socket, or another stream: into the shared buffer where that is possible, as plain `Uint8Array`s in any case. */
export function startReading(socket: Duplex, { places, reader }: ReadingSetup): void {
  // Whoever listens for what is read goes on to be told.
  const isShared = socket.listenerCount('data') > 0;
  if (places !== undefined && !isShared && socket instanceof Socket && isReadFromNetwork(socket)) {
    readBuffered(socket, reader);
    if (!socket.destroyed) readIntoSharedBuffer(socket, places, reader);
    return;
  }
  // A socket makes a buffer for each read; what comes from another stream may still be somebody's.
  const own = socket instanceof Socket ? plain : (chunk: Uint8Array) => new Uint8Array(chunk);
  socket.on('data', (chunk: Uint8Array) => reader.receive(own(chunk)));
}

/** Receives what the socket has read before anybody listened: the buffer of a stream, which is not large. */
function readBuffered(socket: Socket, reader: Reader): void {
  for (let chunk: unknown = socket.read(); chunk !== null; chunk = socket.read()) {
    if (chunk instanceof Uint8Array) reader.receive(plain(chunk));
  }
}

/**
 * Whether each read of a socket is a call of the event loop, so that no two of them are under way at once.
 *
 * TLS over any other stream is read when that stream has data: perhaps within a read into the shared buffer, which it would overwrite.
 */
function isReadFromNetwork(socket: Socket): boolean {
  return !(socket instanceof TLSSocket) || socket.remoteAddress !== undefined;
}

/** The same bytes as a plain `Uint8Array`, whose `slice` copies. */
function plain(chunk: Uint8Array): Uint8Array {
  return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length);
}
