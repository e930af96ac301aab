import { Duplex, type DuplexOptions } from 'node:stream';

import type { WebSocket } from './web-socket.ts';

/**
 * Makes a stream of a socket: what is written is sent as messages, and messages can be read. Reading slowly pauses the socket.
 *
 * @param options - those of `Duplex`; what is written is never objects
 */
export function createWebSocketStream(webSocket: WebSocket, options?: DuplexOptions): Duplex {
  return new WebSocketDuplex(webSocket, options);
}

class WebSocketDuplex extends Duplex {
  readonly #webSocket: WebSocket;
  /** Whether destroying it terminates the socket; not after an error, whose Close is on its way. */
  #terminates = true;

  constructor(webSocket: WebSocket, options: DuplexOptions | undefined) {
    super({ ...options, autoDestroy: false, emitClose: false, objectMode: false, writableObjectMode: false });
    this.#webSocket = webSocket;
    webSocket.on('message', (data: unknown, isBinary: boolean) => {
      const chunk: unknown = !isBinary && this.readableObjectMode ? String(data) : data;
      if (!this.push(chunk)) webSocket.pause();
    });
    webSocket.once('error', (error: Error) => {
      if (this.destroyed) return;
      this.#terminates = false;
      this.destroy(error);
    });
    webSocket.once('close', () => {
      if (!this.destroyed) this.push(null);
    });
    this.on('end', () => {
      if (!this.destroyed && this.writableFinished) this.destroy();
    });
    this.on('error', this.#onError);
  }

  readonly #onError = (error: Error): void => {
    this.removeListener('error', this.#onError);
    this.destroy();
    // An error that nobody listens to is thrown, as with other streams.
    if (this.listenerCount('error') === 0) this.emit('error', error);
  };

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    const webSocket = this.#webSocket;
    const emitClose = (): boolean => this.emit('close');
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

  override _final(callback: (error?: Error | null) => void): void {
    const webSocket = this.#webSocket;
    if (webSocket.readyState === CONNECTING) {
      webSocket.once('open', () => this._final(callback));
      return;
    }
    const socket = webSocket._socket;
    // The opening handshake has failed, and its error comes.
    if (socket === null) return;
    if (socket.writableFinished) {
      callback();
      if (this.readableEnded) this.destroy();
      return;
    }
    // The end of reading follows, with the end of the connection.
    socket.once('finish', () => callback());
    webSocket.close();
  }

  override _read(): void {
    if (this.#webSocket.isPaused) this.#webSocket.resume();
  }

  override _write(chunk: unknown, encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    if (this.#webSocket.readyState === CONNECTING) {
      this.#webSocket.once('open', () => this._write(chunk, encoding, callback));
      return;
    }
    this.#webSocket.send(chunk, callback);
  }
}

const CONNECTING = 0;
const CLOSED = 3;
