// A server in a process of its own, whose handler takes a message and reads nothing of it. Says how much it has received when it is asked.

import { serve, type WebSocketConnection } from '../../src/index.ts';

let current: WebSocketConnection | undefined;
const server = await serve({ port: 0, host: '127.0.0.1' }, async (connection) => {
  current = connection;
  await connection.receive();
  await connection.closed;
});
process.on('message', () => process.send?.({ bytesReceived: current?.stats.bytesReceived ?? 0 }));
process.on('disconnect', () => process.exit());
process.send?.({ url: server.url });
