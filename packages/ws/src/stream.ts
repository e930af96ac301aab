import { Duplex, type DuplexOptions } from 'node:stream';

import type { WebSocket } from './web-socket.ts';

const CONNECTING = 0;
const CLOSED = 3;

type Callback = (error?: Error | null) => void;

/**
 * Makes a stream of a socket: what is written is sent as messages, and messages can be read. Reading slowly pauses the socket.
 *
 * @param options - those of `Duplex`; what is written is never objects
 */
export function createWebSocketStream(webSocket: WebSocket, options?: DuplexOptions): Duplex {
  const fixed = { autoDestroy: false, emitClose: false, objectMode: false, writableObjectMode: false };
  const duplex = new Duplex({ ...options, ...fixed });
  const end = new StreamEnd(webSocket, duplex);
  duplex._destroy = (error, callback) => end.destroy(error, callback);
  duplex._final = (callback) => end.finish(callback);
  duplex._read = () => {
    if (webSocket.isPaused) webSocket.resume();
  };
  duplex._write = (chunk: unknown, encoding, callback) => {
    if (webSocket.readyState === CONNECTING) {
      webSocket.once('open', () => duplex._write(chunk, encoding, callback));
    } else {
      webSocket.send(chunk, callback);
    }
  };
  webSocket.on('message', (data: unknown, isBinary: boolean) => {
    const chunk: unknown = !isBinary && duplex.readableObjectMode ? String(data) : data;
    if (!duplex.push(chunk)) webSocket.pause();
  });
  end.listen();
  return duplex;
}

/** How a stream and its socket end each other. */
class StreamEnd {
  readonly #webSocket: WebSocket;
  readonly #duplex: Duplex;
  /** Whether destroying the stream terminates the socket; not after an error of the socket, whose Close is on its way. */
  #terminates = true;

  constructor(webSocket: WebSocket, duplex: Duplex) {
    this.#webSocket = webSocket;
    this.#duplex = duplex;
  }

  listen(): void {
    const webSocket = this.#webSocket;
    const duplex = this.#duplex;
    webSocket.once('error', (error: Error) => {
      if (duplex.destroyed) return;
      this.#terminates = false;
      duplex.destroy(error);
    });
    webSocket.once('close', () => {
      if (!duplex.destroyed) duplex.push(null);
    });
    duplex.on('end', () => {
      if (!duplex.destroyed && duplex.writableFinished) duplex.destroy();
    });
    const onError = (error: Error): void => {
      duplex.removeListener('error', onError);
      duplex.destroy();
      // An error that nobody listens to is thrown, as with other streams.
      if (duplex.listenerCount('error') === 0) duplex.emit('error', error);
    };
    duplex.on('error', onError);
  }

  destroy(error: Error | null, callback: Callback): void {
    const webSocket = this.#webSocket;
    const emitClose = (): boolean => this.#duplex.emit('close');
    if (webSocket.readyState === CLOSED) {
      callback(error);
      process.nextTick(emitClose);
      return;
    }
    let isCalled = false;
    webSocket.once('error', (failure: Error) => {
      isCalled = true;
      callback(failure);
    });
    webSocket.once('close', () => {
      if (!isCalled) callback(error);
      process.nextTick(emitClose);
    });
    if (this.#terminates) webSocket.terminate();
  }

  finish(callback: Callback): void {
    const webSocket = this.#webSocket;
    const duplex = this.#duplex;
    if (webSocket.readyState === CONNECTING) {
      webSocket.once('open', () => duplex._final(callback));
      return;
    }
    const socket = webSocket._socket;
    // The opening handshake has failed, and its error comes.
    if (socket === null) return;
    if (socket.writableFinished) {
      callback();
      if (duplex.readableEnded) duplex.destroy();
      return;
    }
    // The end of reading follows, with the end of the connection.
    socket.once('finish', () => callback());
    webSocket.close();
  }
}
