import type { Socket } from 'node:net';

import { CloseCode } from '../protocol/base/close-code.ts';
import { ConnectionClosedError, RemoteProtocolError } from '../protocol/base/errors.ts';
import { decodeBase64 } from './base64-chunks.ts';
import type { Closure } from '../protocol/base/closure.ts';
import type { WebSocketConnection } from '../connections/connection.ts';
import { MAX_TIMEOUT } from '../transport/timers.ts';

/** Subprotocols that websockify has given their names: bytes as they are, and as text in base64. Without any, it is the first. */
export const TUNNEL_SUBPROTOCOLS = { binary: 'binary', base64: 'base64' } as const;

/**
 * Moves bytes between a WebSocket connection and a TCP connection, both ways and each as fast as its slower end, until both are over.
 *
 * WebSocket has no half-close: the end of either side ends both, behind what was on its way. What is no orderly end comes out as a reset, or as 1011.
 *
 * @param socket - half-open when its peer ends; its `'error'` has a listener
 * @param lingerTime - time for either side to end when the other one has, in milliseconds: it may not read what is on its way to it. Then both are dropped
 */
export async function tunnel(connection: WebSocketConnection, socket: Socket, lingerTime: number): Promise<void> {
  const linger = new Linger(lingerTime, () => {
    reset(socket);
    connection.drop();
  });
  void connection.closed.then(() => linger.start());
  if (socket.closed) linger.start();
  else socket.once('close', () => linger.start());
  await Promise.all([sendAll(socket, connection), receiveAll(connection, socket), untilClosed(socket)]);
  await connection.closed;
  linger.end();
}

/** Does something when one side has ended and the other one has had its time. */
class Linger {
  readonly #time: number;
  readonly #onOver: () => void;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(time: number, onOver: () => void) {
    this.#time = Math.min(time, MAX_TIMEOUT);
    this.#onOver = onOver;
  }

  /** Repeating it does nothing. */
  start(): void {
    if (!this.#isOver) this.#timer ??= setTimeout(this.#onOver, this.#time);
  }

  /** Both sides have ended. */
  end(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }
}

function untilClosed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve();
    else socket.once('close', () => resolve());
  });
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
  const end = new SocketEnd(socket);
  try {
    // Behind the last chunk comes our Close, whether the peer has read that or not: then there is a deadline.
    for await (const chunk of chunks) await end.or(connection.send(isText ? chunk.toString('base64') : chunk));
    await connection.close(CloseCode.NORMAL_CLOSURE);
  } catch (error) {
    // What it still says is for nobody. It is read nevertheless: unread, it would become a reset, and what we have sent might be lost with it.
    if (error instanceof ConnectionClosedError) socket.resume();
    else await connection.close(CloseCode.INTERNAL_ERROR, 'the TCP connection failed');
  }
}

/** Notices that the peer of a socket has ended it, also while nobody reads, if nothing is left to read. */
class SocketEnd {
  #isThere = false;
  #tell: () => void = () => undefined;

  constructor(socket: Socket) {
    socket.on('readable', () => {
      if (socket.readableLength === 0) socket.read(0);
    });
    socket.once('end', () => {
      this.#isThere = true;
      this.#tell();
    });
  }

  /** Waits for `work`, but not behind the end. */
  or(work: Promise<void>): Promise<void> {
    if (this.#isThere) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#tell = resolve;
      work.then(resolve, reject);
    });
  }
}

async function receiveAll(connection: WebSocketConnection, socket: Socket): Promise<void> {
  const isText = connection.subprotocol === TUNNEL_SUBPROTOCOLS.base64;
  try {
    // A loop over the connection would close it with 1000 when it is left for an error.
    for (let message = await connection.receive(); message !== undefined; message = await connection.receive()) {
      const chunks = isText ? decodeBase64(message.textChunks()) : message;
      for await (const chunk of chunks) await write(socket, chunk);
    }
    if (isOrderly(await connection.closed)) socket.end();
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
