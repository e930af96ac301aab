import IsomorphicWebSocket from 'isomorphic-ws';
import WebSocket, { WebSocketServer } from 'ws';

import { once, run } from '../row.js';

await run(['isomorphic-ws'], async (check) => {
  check(IsomorphicWebSocket === WebSocket, true, 'it is our class');
  const server = new WebSocketServer({ port: 0 });
  server.on('connection', (webSocket) => webSocket.on('message', (data) => webSocket.send(String(data).toUpperCase())));
  await once(server, 'listening');
  const client = new IsomorphicWebSocket(`ws://127.0.0.1:${server.address().port}`);
  client.onopen = () => client.send('hi');
  const { data } = await new Promise((resolve) => (client.onmessage = resolve));
  check(data, 'HI', 'an echo');
  client.close();
  await once(client, 'close');
  server.close();
});
