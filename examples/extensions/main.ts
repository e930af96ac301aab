// Extensions of our own (RFC 6455 §9): a checksum behind each message, on RSV2, and an XOR codec, on RSV3. Both are offered, agreed on, and work
// together with compression; a peer that knows neither is talked to without.
import assert from 'node:assert/strict';

import { connect, serve } from 'millrace';

import { checksum } from './checksum.ts';
import { createXor } from './xor.ts';

const extensions = [checksum, createXor(0x5a)];

const server = await serve({ port: 0, extensions, compression: true }, async (connection) => {
  for await (const message of connection) await connection.send(await message.text());
});

for (const options of [
  { extensions, compression: true },
  { extensions: [checksum] },
  { extensions: [createXor(1)] },
  {},
]) {
  const connection = await connect(server.url, options);
  console.log(`Agreed on: ${connection.extensions || 'nothing'}`);
  for (const text of ['', 'a message', 'a longer message, '.repeat(10_000)]) {
    await connection.send(text);
    assert.equal(await (await connection.receive())?.text(), text);
  }
  const { bytesSent } = connection.stats;
  console.log(`180,009 bytes of text were sent as ${bytesSent}`);
  await connection.close();
}

await server.close();
