import { once } from 'node:events';

import { WebSocket, WebSocketServer } from 'ws';

import { urlOf } from '../../support/url-of.ts';

const HEARTBEAT = 100;

// #region
const server = new WebSocketServer({ port: 0 });
const alive = new WeakSet<WebSocket>();

server.on('connection', (socket) => {
  alive.add(socket);
  socket.on('error', console.error);
  socket.on('pong', () => alive.add(socket));
});

const heartbeat = setInterval(() => {
  for (const socket of server.clients) {
    if (!alive.delete(socket)) socket.terminate();
    else socket.ping();
  }
}, HEARTBEAT);

server.on('close', () => clearInterval(heartbeat));
// #endregion

await once(server, 'listening');
const silent = new WebSocket(urlOf(server), { autoPong: false });
const lively = new WebSocket(urlOf(server));
silent.on('close', (code) => console.log(`The silent client was given up: ${code}`));
await once(silent, 'close');
console.log(`The other one is there: ${String(lively.readyState === WebSocket.OPEN)}`);
lively.close();
server.close();
