import { once } from 'node:events';

import express from 'express';
import expressWs from 'express-ws';
import WebSocket from 'ws';

import { run } from '../row.js';

await run(['express-ws', 'express'], async (check) => {
  const app = express();
  const { getWss } = expressWs(app);
  app.ws('/echo', (webSocket) => webSocket.on('message', (message) => webSocket.send(`echo ${message}`)));
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = new WebSocket(`ws://127.0.0.1:${server.address().port}/echo`);
  await once(client, 'open');
  check(getWss().clients.size, 1, 'clients');
  client.send('hi');
  check(String((await once(client, 'message'))[0]), 'echo hi', 'a route');
  client.close();
  await once(client, 'close');
  server.close();
});
