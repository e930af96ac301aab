import { once } from 'node:events';
import { createServer } from 'node:http';

import { WebSocket, WebSocketServer } from 'ws';

import { urlOf } from '../../support/url-of.ts';

// #region
const httpServer = createServer((_request, response) => response.end('A page'));
const echo = new WebSocketServer({ noServer: true });
const time = new WebSocketServer({ noServer: true });

echo.on('connection', (socket) => {
  socket.on('error', console.error);
  socket.on('message', (data, isBinary) => {
    socket.send(data, { binary: isBinary });
  });
});
time.on('connection', (socket) => {
  socket.on('error', console.error);
  socket.send('Twelve o’clock');
});

httpServer.on('upgrade', (request, socket, head) => {
  const { pathname } = new URL(request.url ?? '', 'ws://localhost');
  const server = { '/echo': echo, '/time': time }[pathname];
  if (server === undefined) {
    socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n');
    return;
  }
  server.handleUpgrade(request, socket, head, (webSocket) => {
    server.emit('connection', webSocket, request);
  });
});

httpServer.listen(0);
// #endregion

await once(httpServer, 'listening');
console.log(await (await fetch(urlOf(httpServer).replace('ws', 'http'))).text());
const echoClient = new WebSocket(`${urlOf(httpServer)}/echo`);
echoClient.on('open', () => echoClient.send('Hello'));
console.log(String((await once(echoClient, 'message'))[0]));
const timeClient = new WebSocket(`${urlOf(httpServer)}/time`);
console.log(String((await once(timeClient, 'message'))[0]));
const status = await new Promise((resolve) => {
  const lost = new WebSocket(`${urlOf(httpServer)}/other`);
  lost.on('unexpected-response', (_request, response) => resolve(response.statusCode));
});
console.log(status);
echoClient.close();
timeClient.close();
httpServer.close();
httpServer.closeAllConnections();
