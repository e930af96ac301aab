import { once } from 'node:events';

import { WebSocket, WebSocketServer } from 'ws';

import { urlOf } from '../../support/url-of.ts';

const server = new WebSocketServer({ port: 0 });
server.on('connection', (socket) => socket.on('error', console.error));

// #region
function broadcast(news: string): void {
  for (const socket of server.clients) {
    if (socket.readyState === WebSocket.OPEN) socket.send(news);
  }
}
// #endregion

await once(server, 'listening');
const clients = [1, 2, 3].map(() => new WebSocket(urlOf(server)));
await Promise.all(clients.map((client) => once(client, 'open')));
const received = clients.map((client) => once(client, 'message'));
broadcast('It rains');
for (const [data] of await Promise.all(received)) console.log(String(data));
for (const client of clients) client.close();
server.close();
