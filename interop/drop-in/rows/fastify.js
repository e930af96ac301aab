import websocket from '@fastify/websocket';
import fastify from 'fastify';
import WebSocket from 'ws';

import { once, run } from '../row.js';

await run(['@fastify/websocket', 'fastify'], async (check) => {
  const app = fastify();
  await app.register(websocket, { options: { maxPayload: 1_000_000 } });
  app.get('/echo/:name', { websocket: true }, (socket, request) => {
    socket.on('message', (data) => socket.send(`${request.params.name}: ${data}`));
  });
  const address = await app.listen({ port: 0, host: '127.0.0.1' });
  const client = new WebSocket(`${address.replace('http', 'ws')}/echo/me`);
  await once(client, 'open');
  client.send('hi');
  check(String((await once(client, 'message'))[0]), 'me: hi', 'a route');
  client.close();
  await once(client, 'close');
  const injected = await app.injectWS('/echo/you');
  injected.send('hi');
  check(String((await once(injected, 'message'))[0]), 'you: hi', 'without a socket: injectWS');
  injected.terminate();
  const refused = new WebSocket(`${address.replace('http', 'ws')}/nowhere`);
  const [, response] = await once(refused, 'unexpected-response');
  check(response.statusCode, 404, 'no such route');
  refused.on('error', () => {});
  refused.terminate();
  await app.close();
});
