import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';

import { WebSocket, WebSocketServer } from 'ws';

import { urlOf } from '../../support/url-of.ts';

const FILE = process.execPath; // what every reader has: Node itself

// #region
const server = new WebSocketServer({ port: 0, maxPayload: 0 });

server.on('connection', (socket) => {
  socket.on('error', console.error);
  socket.on('message', (data: Buffer) => {
    // All of the file is in memory now.
    socket.send(createHash('sha256').update(data).digest('hex'));
  });
});

async function sendFile(socket: WebSocket, file: string): Promise<void> {
  const chunks: AsyncIterable<Buffer> = createReadStream(file);
  for await (const chunk of chunks) await sendFragment(socket, chunk, false);
  await sendFragment(socket, '', true);
}

function sendFragment(socket: WebSocket, data: Buffer | string, fin: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.send(data, { binary: true, fin }, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}
// #endregion

await once(server, 'listening');
const client = new WebSocket(urlOf(server));
await once(client, 'open');
const answer = once(client, 'message');
await sendFile(client, FILE);
console.log(String((await answer)[0]));
client.close();
server.close();
