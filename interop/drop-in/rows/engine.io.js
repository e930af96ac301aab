import { createServer } from 'node:http';

import { attach } from 'engine.io';
import { Socket } from 'engine.io-client';
import { WebSocketServer } from 'ws';

import { listen, once, run } from '../row.js';

await run(['engine.io', 'engine.io-client'], async (check) => {
  const http = createServer();
  const server = attach(http, { wsEngine: WebSocketServer, perMessageDeflate: true, pingInterval: 200 });
  server.on('connection', (socket) => socket.on('message', (data) => socket.send(data)));
  const port = await listen(http);
  for (const transports of [['websocket'], ['polling', 'websocket']]) {
    const client = new Socket(`ws://127.0.0.1:${port}`, { transports });
    await once(client, 'open');
    if (transports.length > 1) await once(client, 'upgrade');
    check(client.transport.name, 'websocket', 'transport');
    client.send('text');
    check(await once(client, 'message'), ['text'], 'text');
    client.binaryType = 'nodebuffer';
    client.send(Buffer.from([1, 2, 3]));
    check(await once(client, 'message'), [Buffer.from([1, 2, 3])], 'binary');
    await once(client, 'ping');
    const closed = once(client, 'close');
    client.close();
    await closed;
  }
  server.close();
  http.close();
});
