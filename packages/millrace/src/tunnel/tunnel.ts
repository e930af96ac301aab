import type { Socket } from 'node:net';

import { CloseCode } from '../protocol/base/close-code.ts';
import { ConnectionClosedError, RemoteProtocolError } from '../protocol/base/errors.ts';
import { decodeBase64 } from './base64-chunks.ts';
import type { Closure } from '../protocol/base/closure.ts';
import type { WebSocketConnection } from '../connections/connection.ts';

/** Subprotocols that websockify has given their names: bytes as they are, and as text in base64. Without any, it is the first. */
export const TUNNEL_SUBPROTOCOLS = { binary: 'binary', base64: 'base64' } as const;

/**
 * Moves bytes between a WebSocket connection and a TCP connection, both ways and each as fast as its slower end, until both are over.
 *
 * WebSocket has no half-close: the end of either side ends both, behind what was on its way. What is no orderly end comes out as a reset, or as 1011.
 *
 * @param socket - half-open when its peer ends; its `'error'` has a listener
 * @param lingerTime - time for the TCP side to end when the other one has, in milliseconds
 */
export async function tunnel(connection: WebSocketConnection, socket: Socket, lingerTime: number): Promise<void> {
  await Promise.all([sendAll(socket, connection), receiveAll(connection, socket, lingerTime)]);
}

/** Ends a TCP connection so that its peer does not take it for an orderly end. */
export function reset(socket: Socket): void {
  // Others than TCP know no reset.
  if (socket.remoteAddress === undefined) socket.destroy();
  else socket.resetAndDestroy();
}

async function sendAll(socket: Socket, connection: WebSocketConnection): Promise<void> {
  const isText = connection.subprotocol === TUNNEL_SUBPROTOCOLS.base64;
  const chunks: AsyncIterable<Buffer> = socket.iterator({ destroyOnReturn: false });
  try {
    for await (const chunk of chunks) await connection.send(isText ? chunk.toString('base64') : chunk);
    await connection.close(CloseCode.NORMAL_CLOSURE);
  } catch (error) {
    // What it still says is for nobody. It is read nevertheless: unread, it would become a reset, and what we have sent might be lost with it.
    if (error instanceof ConnectionClosedError) socket.resume();
    else await connection.close(CloseCode.INTERNAL_ERROR, 'the TCP connection failed');
  }
}

async function receiveAll(connection: WebSocketConnection, socket: Socket, lingerTime: number): Promise<void> {
  const isText = connection.subprotocol === TUNNEL_SUBPROTOCOLS.base64;
  try {
    // A loop over the connection would close it with 1000 when it is left for an error.
    for (let message = await connection.receive(); message !== undefined; message = await connection.receive()) {
      const chunks = isText ? decodeBase64(message.textChunks()) : message;
      for await (const chunk of chunks) await write(socket, chunk);
    }
    if (isOrderly(await connection.closed)) endSoon(socket, lingerTime);
    else reset(socket);
  } catch (error) {
    if (error instanceof RemoteProtocolError) void connection.close(error.closeCode, error.closeReason);
    // Otherwise one of them is lost: who reads the socket closes the connection for it, if that is not over.
    reset(socket);
  }
}

/** Whether a connection ended as a stream of bytes does. A peer that goes away (1001) was not done with it. */
function isOrderly({ wasClean, code }: Closure): boolean {
  return wasClean && (code === CloseCode.NORMAL_CLOSURE || code === CloseCode.NO_STATUS_RECEIVED);
}

function write(socket: Socket, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.write(chunk, (error) => (error ? reject(error) : resolve()));
  });
}

/** Ends a TCP connection behind what was written, and gives its peer some time to do the same before it is reset. */
function endSoon(socket: Socket, lingerTime: number): void {
  socket.end();
  if (socket.closed) return;
  const timer = setTimeout(() => reset(socket), lingerTime);
  socket.once('close', () => clearTimeout(timer));
}
