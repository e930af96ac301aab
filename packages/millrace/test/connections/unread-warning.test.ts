import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';

import { connect, serve } from '../../src/index.ts';

/** More than `readAhead`. */
const MUCH = new Uint8Array(32 * 1024);

describe('A connection whose messages nobody asks for', () => {
  it('is warned of, once in the process, and not where somebody asks in time', async (t) => {
    const server = await serve({ port: 0, host: '127.0.0.1' }, async (connection) => {
      for (let count = 0; count < 10; count++) await connection.send(MUCH);
      await connection.closed;
    });
    t.after(() => server.close({ timeout: 0 }));
    const warnings: string[] = [];
    const listener = (warning: Error): unknown => warnings.push(warning.message);
    process.on('warning', listener);
    t.after(() => process.off('warning', listener));

    const reader = await connect(server.url);
    for (let count = 0; count < 10; count++)
      assert.equal((await (await reader.receive())?.bytes())?.length, MUCH.length);
    assert.equal(warnings.length, 0);

    const first = await connect(server.url);
    await once(process, 'warning');
    assert.match(warnings[0] ?? '', /nobody has ever asked for.*ignoreMessages\(\)/);

    const second = await connect(server.url);
    for (const connection of [reader, first, second]) connection.drop();
    assert.equal(warnings.length, 1);
  });
});
