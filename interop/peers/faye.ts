import { once } from 'node:events';
import { createServer } from 'node:http';

import FayeWebSocket from 'faye-websocket';

import { versionOf } from './package-version.ts';
import { createClient } from './peer-connection.ts';
import type { PeerConnection } from './peer-connection.ts';
import { SUBPROTOCOL, acceptTask, runProgram } from './program.ts';
import { attachWebSocket } from './whatwg.ts';

runProgram({
  versions: {
    'faye-websocket': versionOf('faye-websocket'),
    'websocket-driver': versionOf('websocket-driver'),
    Node: process.versions.node,
  },

  connect(task) {
    const connection = createClient(task);
    attach(new FayeWebSocket.Client(task.url, [...task.subprotocols]), connection);
    return connection;
  },

  async serve() {
    const server = createServer();
    server.on('upgrade', (request, socket, body) => {
      attach(new FayeWebSocket(request, socket, body, [SUBPROTOCOL]), acceptTask(request.url ?? ''));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  },
});

function attach(webSocket: FayeWebSocket, connection: PeerConnection): void {
  attachWebSocket(
    {
      binaryType: '', // it gives Buffers, and has no such member
      get protocol() {
        return webSocket.protocol;
      },
      send: (data) => webSocket.send(typeof data === 'string' ? data : Buffer.from(data)),
      close: (code, reason) => webSocket.close(code, reason),
      addEventListener: (type, listener) => webSocket.addEventListener(type, listener),
    },
    connection,
    { sendPing: (payload) => void webSocket.ping(payload, () => connection.pong(payload)) },
  );
}
