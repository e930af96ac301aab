import { once } from 'node:events';

import { WebSocket, WebSocketServer } from 'ws';

import { urlOf } from '../../support/url-of.ts';

const RECORDS = 1000;
const LIMIT = 1024 * 1024;
const record = new Uint8Array(32 * 1024);
let largest = 0;

// #region
async function sendAll(socket: WebSocket): Promise<void> {
  for (let index = 0; index < RECORDS; index++) {
    if (socket.bufferedAmount < LIMIT) socket.send(record);
    else await sendAndWait(socket, record);
    largest = Math.max(largest, socket.bufferedAmount);
  }
}

function sendAndWait(socket: WebSocket, data: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.send(data, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}
// #endregion

const server = new WebSocketServer({ port: 0 });
server.on('connection', (socket) => {
  socket.on('error', console.error);
  void sendAll(socket).then(() => socket.close(1000));
});

await once(server, 'listening');
let count = 0;
const client = new WebSocket(urlOf(server));
client.on('message', () => count++);
await once(client, 'close');
console.log(`${String(count)} records, and never more than 2 MiB waited: ${String(largest < 2 * LIMIT)}`);
server.close();
