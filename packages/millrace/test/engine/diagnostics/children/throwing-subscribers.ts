// Every subscriber throws, to each message; prints what came of the connection, and how many uncaught exceptions there were.

import { subscribe } from 'node:diagnostics_channel';

import { connect, serve, type DiagnosticsMessages } from '../../../../src/index.ts';

const NAMES: Record<keyof DiagnosticsMessages, true> = {
  'millrace:connection:open': true,
  'millrace:connection:close': true,
  'millrace:handshake:refused': true,
  'millrace:frame:in': true,
  'millrace:frame:out': true,
  'millrace:error': true,
  'tracing:millrace:handshake:start': true,
  'tracing:millrace:handshake:end': true,
  'tracing:millrace:handshake:asyncStart': true,
  'tracing:millrace:handshake:asyncEnd': true,
  'tracing:millrace:handshake:error': true,
};

const thrown = new Set<string>();
process.on('uncaughtException', (error) => thrown.add(error.message));
// Where a channel throws itself, there is a warning in place of it.
process.on('warning', (warning) => thrown.add(warning.message));
for (const name of Object.keys(NAMES)) {
  subscribe(name, () => {
    throw new Error(name);
  });
}

const server = await serve({ port: 0, path: '/', onError: () => undefined }, async (connection) => {
  for await (const message of connection) {
    const text = await message.text();
    if (text === 'fail') throw new Error('as asked');
    await connection.send(text);
  }
});
await connect(`${server.url}nowhere`).catch(() => undefined);
const connection = await connect(server.url);
await connection.send('a');
const reply = await (await connection.receive())?.text();
await connection.send('fail');
const { code } = await connection.closed;
await server.close();
await new Promise((resolve) => setTimeout(resolve, 20));
console.log(
  JSON.stringify({
    reply,
    code,

    missing: Object.keys(NAMES).filter((name) => !thrown.has(name)),
  }),
);
