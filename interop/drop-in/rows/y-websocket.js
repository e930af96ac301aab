import { createServer } from 'node:http';
import { createRequire } from 'node:module';

import WebSocket, { WebSocketServer } from 'ws';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';

import { listen, run } from '../row.js';

const { setupWSConnection } = createRequire(import.meta.url)('@y/websocket-server/utils');

await run(['y-websocket', '@y/websocket-server', 'yjs'], async (check) => {
  const http = createServer();
  const server = new WebSocketServer({ noServer: true });
  server.on('connection', setupWSConnection);
  http.on('upgrade', (request, socket, head) =>
    server.handleUpgrade(request, socket, head, (webSocket) => server.emit('connection', webSocket, request)),
  );
  const port = await listen(http);
  const docs = [new Y.Doc(), new Y.Doc()];
  const providers = docs.map(
    (doc) =>
      new WebsocketProvider(`ws://127.0.0.1:${port}`, 'room', doc, { WebSocketPolyfill: WebSocket, disableBc: true }),
  );
  await Promise.all(providers.map((provider) => new Promise((resolve) => provider.once('sync', resolve))));
  const updated = new Promise((resolve) => docs[1].once('update', resolve));
  docs[0].getText('t').insert(0, 'hello');
  await updated;
  check(docs[1].getText('t').toString(), 'hello', 'an edit reaches the other client');
  const back = new Promise((resolve) => docs[0].once('update', resolve));
  docs[1].getText('t').insert(5, ', you');
  await back;
  check(docs[0].getText('t').toString(), 'hello, you', 'and back');
  for (const provider of providers) provider.destroy();
  http.close();
});
