import { once } from 'node:events';

import { WebSocket, WebSocketServer } from 'ws';

import { urlOf } from '../../support/url-of.ts';

// #region
const server = new WebSocketServer({ port: 0 });

server.on('connection', (socket) => {
  socket.on('error', console.error); // without it, one bad frame from anybody ends the process
  socket.on('message', (data, isBinary) => {
    socket.send(data, { binary: isBinary });
  });
});
// #endregion

await once(server, 'listening');
const client = new WebSocket(urlOf(server));
client.on('open', () => client.send('Hello'));
client.on('message', (data: Buffer) => {
  console.log(data.toString());
  client.close(1000);
});
await once(client, 'close');
server.close();
