import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { connect, serve } from 'millrace';

import { createTopics } from '../../src/index.ts';

describe('topics over real connections', () => {
  it('bring what one client publishes to all who have subscribed', async () => {
    const topics = createTopics();
    const server = await serve(
      { port: 0 },
      {
        open: async (connection) => {
          await topics.subscribe(connection, 'chat/1').ready;
        },
        message: async (connection, text) => {
          await topics.publish('chat/1', text, { from: connection });
        },
      },
    );
    const [ada, ben] = await Promise.all([connect(server.url), connect(server.url)]);

    while (topics.stats.subscriptions < 2) await new Promise(setImmediate);
    await ada.send('hello');
    const received = await Promise.all([ada, ben].map(async (client) => (await client.receive())?.text()));

    assert.deepEqual(received, ['hello', 'hello']);
    await Promise.all([ada.close(), ben.close()]);
    await topics.close();
    await server.close();
  });

  it('send what was missed to a client that comes back', async () => {
    const topics = createTopics({
      topics: { '**': { history: true } },
      frame: ({ position, data }) => `${position ?? ''} ${String(data)}`,
    });
    const server = await serve({ port: 0 }, async (connection) => {
      const first = await (await connection.receive())?.text();
      topics.subscribe(connection, 'news', { since: first === '' ? undefined : first });
      while ((await connection.receive()) !== undefined) {
        // It says nothing more.
      }
    });
    const ada = await connect(server.url);
    await ada.send('');
    while (topics.stats.subscriptions === 0) await new Promise(setImmediate);
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    await topics.publish('news', 'one');
    const [position] = (await (await ada.receive())?.text())?.split(' ') ?? [];
    await ada.close();

    for (const word of ['two', 'three']) await topics.publish('news', word);
    const back = await connect(server.url);
    await back.send(position ?? '');
    const words = [];
    for (let count = 0; count < 2; count++) words.push((await (await back.receive())?.text())?.split(' ')[1]);

    assert.deepEqual(words, ['two', 'three']);
    await back.close();
    await topics.close();
    await server.close();
  });
});
