import { createRequire } from 'node:module';

import WebSocket, { WebSocketServer } from 'ws';

import { once, run } from '../row.js';

const ReconnectingWebSocket = createRequire(import.meta.url)('reconnecting-websocket');

await run(['reconnecting-websocket'], async (check) => {
  const server = new WebSocketServer({ port: 0 });
  let connections = 0;
  server.on('connection', (webSocket) => {
    connections++;
    webSocket.send(`connection ${connections}`);
    if (connections === 1) webSocket.terminate();
  });
  await once(server, 'listening');
  const client = new ReconnectingWebSocket(`ws://127.0.0.1:${server.address().port}`, [], {
    WebSocket,
    minReconnectionDelay: 10,
    maxReconnectionDelay: 50,
  });
  const came = [];
  await new Promise((resolve) => {
    client.addEventListener('message', ({ data }) => {
      came.push(data);
      if (came.length === 2) resolve();
    });
  });
  check(came, ['connection 1', 'connection 2'], 'it connects again, and what was sent before a terminate has come');
  client.close();
  server.close();
});
