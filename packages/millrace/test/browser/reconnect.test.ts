import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { reconnect, stayConnected } from '../../src/browser/index.ts';
import { startServing } from '../helpers/message-peers.ts';
import { INTERFACES, becomeBrowser } from './browser.ts';

const AT_ONCE = { backoff: { initial: 0 } };

for (const which of INTERFACES) {
  describe(`A browser that stays connected, over ${which}`, () => {
    it('connects again when the connection was lost, and sends what waits', async (t) => {
      becomeBrowser(t, which);
      let count = 0;
      const received: string[] = [];
      const server = await startServing(t, async (connection) => {
        if (++count === 1) connection.drop();
        else received.push(await (await connection.expectMessage()).text());
      });

      const client = stayConnected(server.url, { ...AT_ONCE, queue: {} }, async (connection) => {
        await connection.closed;
        // What is sent now waits for the next one.
        if (count === 1) void client.send('waits');
      });
      await client;

      assert.equal(count, 2);
      assert.deepEqual(received, ['waits']);
      assert.equal(client.state, 'ended');
    });

    it('iterates over connections until it is left', async (t) => {
      becomeBrowser(t, which);
      let count = 0;
      const server = await startServing(t, async (connection) => {
        if (++count < 3) await connection.close(1012);
        else await connection.closed;
      });

      for await (const connection of reconnect(server.url, AT_ONCE)) {
        if (count === 3) break;
        await connection.receive().catch(() => undefined);
      }

      assert.equal(count, 3);
    });

    it('gives up when it has tried often enough', async (t) => {
      becomeBrowser(t, which);

      const client = stayConnected('ws://127.0.0.1:1', { ...AT_ONCE, maxAttempts: 3 }, async () => {
        await Promise.resolve();
      });

      await assert.rejects(client, { name: 'TransportError' });
      assert.equal(client.attempts, 3);
    });

    it('says that browsers set no headers', () => {
      assert.throws(
        () => reconnect('ws://127.0.0.1:1', Object.assign({ subprotocols: [] }, { headers: {} })),
        /option headers/,
      );
    });
  });
}
