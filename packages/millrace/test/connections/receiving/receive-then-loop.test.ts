import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { connect, serve, type WebSocketConnection } from '../../../src/index.ts';

/** Far longer than any of it may take, in milliseconds: a Close that is answered only when it is late is found out. */
const CLOSE_TIMEOUT = 600_000;
const TIME_LIMIT = 20_000;

/** What a handler does with its first message, before it iterates over the others. */
const BEGINNINGS: readonly (readonly [name: string, begin: (connection: WebSocketConnection) => Promise<unknown>])[] = [
  ['is read', async (connection) => (await connection.receive())?.text()],
  ['is left unread', (connection) => connection.receive()],
];

describe('a handler that receives a message, and then iterates over the others', { timeout: TIME_LIMIT }, () => {
  for (const [name, begin] of BEGINNINGS) {
    it(`gets all of them where the first ${name}, and has a Close answered at once`, async () => {
      const texts: string[] = [];
      const options = { port: 0, closeTimeout: CLOSE_TIMEOUT };
      await using server = await serve(options, async (connection) => {
        await begin(connection);
        for await (const message of connection) texts.push(await message.text());
      });
      const client = await connect(server.url, { closeTimeout: CLOSE_TIMEOUT });
      for (const text of ['first', 'second', 'third']) await client.send(text);

      const closure = await client.close();

      assert.equal(closure.wasClean, true);
      assert.deepEqual(texts, ['second', 'third']);
    });
  }

  it('leaves alone what another loop has not begun to read', async () => {
    const texts: string[] = [];
    await using server = await serve({ port: 0, closeTimeout: CLOSE_TIMEOUT }, async (connection) => {
      const loop = async (): Promise<void> => {
        for await (const message of connection) {
          // Meanwhile, the other one begins.
          await new Promise(setImmediate);
          texts.push(await message.text());
        }
      };
      const first = loop();
      await new Promise(setImmediate);
      await Promise.all([first, loop()]);
    });
    const client = await connect(server.url, { closeTimeout: CLOSE_TIMEOUT });
    for (const text of ['a', 'b', 'c', 'd']) await client.send(text);

    await client.close();

    assert.deepEqual(texts.sort(), ['a', 'b', 'c', 'd']);
  });
});
