import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

import { connect, serve } from 'millrace';
import type { WebSocketConnection } from 'millrace';

const FILE = process.execPath; // what every reader has: Node itself

// #region
const server = await serve({ port: 0 }, async (connection) => {
  for await (const message of connection) {
    const sha256 = createHash('sha256');
    for await (const chunk of message) sha256.update(chunk);
    await connection.send(sha256.digest('hex'));
  }
});

async function sendFile(connection: WebSocketConnection, file: string): Promise<void> {
  await connection.send(createReadStream(file));
}
// #endregion

const client = await connect(server.url);
await sendFile(client, FILE);
console.log(await (await client.receive())?.text());
await client.close();
await server.close();
