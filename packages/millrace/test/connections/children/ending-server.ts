// A server that is closed while peers do what they can, and says how that went. The process has to end by itself then. Argument: `close`, `dispose`, or
// `unref` to close nothing.

import { connect as connectTcp } from 'node:net';
import { once } from 'node:events';

import { connect, serve } from '../../../src/index.ts';

const [way] = process.argv.slice(2);
const server = await serve({ port: 0, host: '127.0.0.1', maxLoopDelay: 10_000 }, async (connection) => {
  for await (const message of connection) await connection.send(await message.text());
});
if (way === 'unref') {
  console.log(server.unref() === server);
} else {
  const client = await connect(server.url);
  const silent = connectTcp(server.port ?? 0, '127.0.0.1').on('error', () => undefined);
  await once(silent, 'connect');
  if (way === 'dispose') await server[Symbol.asyncDispose]();
  else console.log(JSON.stringify(await server.close({ drain: 10 })));
  console.log((await client.closed).code);
  silent.destroy();
}
