import { connect, serve } from 'millrace';
import type { WebSocketConnection } from 'millrace';

const RECORDS = 1000;
const LIMIT = 1024 * 1024;
const record = new Uint8Array(32 * 1024);
let largest = 0;

// #region
async function sendAll(connection: WebSocketConnection): Promise<void> {
  for (let index = 0; index < RECORDS; index++) {
    await connection.send(record); // waits while more than `highWaterMark` bytes, 64 KiB, are on their way
    largest = Math.max(largest, connection.bufferedAmount);
  }
}
// #endregion

const server = await serve({ port: 0 }, sendAll);

let count = 0;
const client = await connect(server.url);
for await (const message of client) {
  message.discard();
  count++;
}
console.log(`${String(count)} records, and never more than 2 MiB waited: ${String(largest < 2 * LIMIT)}`);
await server.close();
