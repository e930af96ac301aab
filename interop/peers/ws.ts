import { once } from 'node:events';
import { createServer } from 'node:http';

import { WebSocket, WebSocketServer } from 'ws';

import type { PerMessageDeflateOptions } from 'ws';

import type { Compression } from './convention.ts';
import type { Data } from './message.ts';
import { versionOf } from './package-version.ts';
import { createClient } from './peer-connection.ts';
import type { FrameKind, PeerConnection, PeerSocket } from './peer-connection.ts';
import { acceptTask, chooseSubprotocol, runProgram } from './program.ts';

class WsSocket implements PeerSocket {
  readonly #webSocket: WebSocket;

  constructor(webSocket: WebSocket) {
    this.#webSocket = webSocket;
  }

  get protocol(): string {
    return this.#webSocket.protocol;
  }

  sendMessage(data: Data): void {
    this.#webSocket.send(data);
  }

  sendFrame(payload: Uint8Array<ArrayBuffer>, { binary, last }: FrameKind): void {
    this.#webSocket.send(payload, { binary, fin: last });
  }

  sendPing(payload: string): void {
    this.#webSocket.ping(payload);
  }

  close(code: number, reason: string): void {
    if (code === 0) this.#webSocket.close();
    else this.#webSocket.close(code, reason);
  }
}

runProgram({
  versions: { ws: versionOf('ws'), Node: process.versions.node },

  connect(task) {
    const connection = createClient(task);
    const webSocket = new WebSocket(task.url, [...task.subprotocols], {
      perMessageDeflate: offerOf(task.compression),
    });
    attach(webSocket, connection);
    webSocket.on('open', () => connection.opened(new WsSocket(webSocket)));
    return connection;
  },

  async serve() {
    const server = createServer();
    // What a server answers to offers is an option of all of it, so each task has a server of its own.
    server.on('upgrade', (request, socket, head) => {
      const connection = acceptTask(request.url ?? '');
      const handshake = new WebSocketServer({
        noServer: true,
        handleProtocols: (offered) => chooseSubprotocol(offered) ?? false,
        perMessageDeflate: answerOf(connection.compression),
      });
      handshake.handleUpgrade(request, socket, head, (webSocket) => {
        attach(webSocket, connection);
        connection.opened(new WsSocket(webSocket));
      });
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  },
});

function offerOf(compression: Compression | undefined): PerMessageDeflateOptions | false {
  if (compression === undefined) return false;
  const { clientMaxWindowBits, ...rest } = compression;
  // Left out, it would be offered.
  const none: object = { clientMaxWindowBits: false };
  return {
    ...rest,
    threshold: 0,
    ...(typeof clientMaxWindowBits === 'number'
      ? { clientMaxWindowBits }
      : clientMaxWindowBits === undefined
        ? none
        : {}),
  };
}

function answerOf(compression: Compression | undefined): PerMessageDeflateOptions | false {
  if (compression === undefined) return false;
  const { clientMaxWindowBits, ...rest } = compression;
  return { ...rest, threshold: 0, ...(typeof clientMaxWindowBits === 'number' ? { clientMaxWindowBits } : {}) };
}

function attach(webSocket: WebSocket, connection: PeerConnection): void {
  webSocket.binaryType = 'nodebuffer';
  webSocket.on('message', (data, isBinary) => {
    if (!(data instanceof Buffer)) throw new Error('A message came in pieces');
    connection.message(isBinary ? new Uint8Array(data) : data.toString());
  });
  webSocket.on('pong', (data) => connection.pong(data.toString()));
  webSocket.on('error', (error) => connection.failed(error));
  webSocket.on('close', (code, reason) => connection.closed(code, reason.toString()));
}
