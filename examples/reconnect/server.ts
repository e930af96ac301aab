// A server that counts, and that may be killed at any time.
//
//   node examples/dist/reconnect/server.js <port>
import { setTimeout as sleep } from 'node:timers/promises';

import { serve } from 'millrace';

const server = await serve({ port: Number(process.argv[2] ?? 0), host: '127.0.0.1' }, async (connection) => {
  for (let count = 0; ; count++) {
    await connection.send(`${process.pid} ${count}`);
    await sleep(5);
  }
});

process.send?.(server.port);
process.on('disconnect', () => process.exit());
