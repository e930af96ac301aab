import { once } from 'node:events';
import { createServer } from 'node:http';

import { WebSocket, WebSocketServer } from 'ws';

import { urlOf } from '../../support/url-of.ts';

const users = new Map([['Bearer secret', 'Ada']]);

// #region
const httpServer = createServer();
const server = new WebSocketServer({ noServer: true });

server.on('connection', (socket: WebSocket, user: string) => {
  socket.on('error', console.error);
  socket.send(`Hello, ${user}`);
});

httpServer.on('upgrade', (request, socket, head) => {
  socket.on('error', console.error);
  const user = users.get(request.headers.authorization ?? '');
  if (user === undefined) {
    socket.end('HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer\r\nConnection: close\r\n\r\n');
    return;
  }
  server.handleUpgrade(request, socket, head, (webSocket) => {
    server.emit('connection', webSocket, user);
  });
});

httpServer.listen(0);
// #endregion

await once(httpServer, 'listening');
const stranger = new WebSocket(urlOf(httpServer));
const status = await new Promise((resolve) => {
  stranger.on('unexpected-response', (_request, response) => resolve(response.statusCode));
});
console.log(status);
const ada = new WebSocket(urlOf(httpServer), { headers: { Authorization: 'Bearer secret' } });
console.log(String((await once(ada, 'message'))[0]));
ada.close();
httpServer.close();
