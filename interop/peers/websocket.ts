import { once } from 'node:events';
import { createServer } from 'node:http';

import websocket from 'websocket';
import type { Connection } from 'websocket';

import type { Data } from './message.ts';
import { versionOf } from './package-version.ts';
import { createClient } from './peer-connection.ts';
import type { FrameKind, PeerConnection, PeerSocket } from './peer-connection.ts';
import { acceptTask, chooseSubprotocol, runProgram } from './program.ts';

const LIMITS = { maxReceivedFrameSize: 16 * 2 ** 20, maxReceivedMessageSize: 16 * 2 ** 20 };

/** Its client and server cut messages by themselves unless told not to. */
const WHOLE = { fragmentOutgoingMessages: false };

const OPCODE = { continuation: 0, text: 1, binary: 2 };

class WebsocketSocket implements PeerSocket {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  get protocol(): string {
    return this.#connection.protocol ?? '';
  }

  sendMessage(data: Data): void {
    if (typeof data === 'string') this.#connection.sendUTF(data);
    else this.#connection.sendBytes(Buffer.from(data));
  }

  sendFrame(payload: Uint8Array<ArrayBuffer>, { binary, first, last }: FrameKind): void {
    const frame = new websocket.frame(Buffer.alloc(4), Buffer.alloc(10), LIMITS);
    frame.opcode = !first ? OPCODE.continuation : binary ? OPCODE.binary : OPCODE.text;
    frame.fin = last;
    frame.binaryPayload = Buffer.from(payload);
    this.#connection.sendFrame(frame);
  }

  sendPing(payload: string): void {
    this.#connection.ping(Buffer.from(payload));
  }

  close(code: number, reason: string): void {
    this.#connection.close(code, reason);
  }
}

runProgram({
  versions: { websocket: versionOf('websocket'), Node: process.versions.node },

  connect(task) {
    const connection = createClient(task);
    const client = new websocket.client({ ...LIMITS, ...WHOLE });
    client.on('connect', (opened) => attach(opened, connection));
    client.on('connectFailed', (error) => {
      connection.failed(error);
      connection.closed(1006, '');
    });
    client.connect(task.url, [...task.subprotocols]);
    return connection;
  },

  async serve() {
    const httpServer = createServer().listen(0, '127.0.0.1');
    const server = new websocket.server({ httpServer, ...LIMITS, ...WHOLE });
    server.on('request', (request) => {
      attach(request.accept(chooseSubprotocol(request.requestedProtocols)), acceptTask(request.resource));
    });
    await once(httpServer, 'listening');
    const address = httpServer.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  },
});

function attach(opened: Connection, connection: PeerConnection): void {
  // With this off, it hands over frames in place of messages.
  opened.assembleFragments = connection.receivingLevel === 'message';
  let binary = false;
  opened.on('frame', (frame) => {
    if (opened.assembleFragments || frame.opcode > OPCODE.binary) return;
    const first = frame.opcode !== OPCODE.continuation;
    if (first) binary = frame.opcode === OPCODE.binary;
    connection.frame(new Uint8Array(frame.binaryPayload), { binary, first, last: frame.fin });
  });
  opened.on('message', (message) => {
    connection.message(message.type === 'utf8' ? message.utf8Data : new Uint8Array(message.binaryData));
  });
  opened.on('pong', (payload) => connection.pong(payload.toString()));
  opened.on('error', (error) => connection.failed(error));
  opened.on('close', (code, reason) => connection.closed(code, reason));
  connection.opened(new WebsocketSocket(opened));
}
