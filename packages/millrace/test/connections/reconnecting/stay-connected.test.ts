import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import {
  ConnectionClosedError,
  LocalUsageError,
  serve,
  stayConnected,
  type ReconnectOptions,
} from '../../../src/index.ts';
import { serveInMemory, type MemoryServer } from '../../../src/testing/index.ts';

function soon(server: MemoryServer): ReconnectOptions {
  return { backoff: { initial: 1 }, createConnection: () => server.dial() };
}

/** Serves connections that are lost in the midst of a message, but for the third. */
function serveTwiceInVain(): Promise<MemoryServer> {
  let count = 0;
  return serveInMemory({}, async (connection) => {
    count++;
    if (count === 3) {
      await connection.send('all of it');
      return;
    }
    const message = await connection.beginMessage('text');
    const frame = message.beginFrame(100);
    await frame.write('only a');
    await new Promise(setImmediate);
    connection.drop();
    await connection.closed;
  });
}

describe('stayConnected', () => {
  it('has its handler called for each connection, until one has ended as it should', async (t) => {
    const server = await serveTwiceInVain();
    t.after(() => server.close());
    const texts: string[] = [];
    let count = 0;

    await stayConnected('ws://localhost', soon(server), async (connection) => {
      count++;
      for await (const message of connection) texts.push(await message.text());
    });

    assert.equal(count, 3);
    assert.deepEqual(texts, ['all of it']);
  });

  it('needs no options', async (t) => {
    const server = await serve({ port: 0, host: '127.0.0.1' }, (connection) => connection.send('hello'));
    t.after(() => server.close());
    const texts: string[] = [];

    await stayConnected(server.url, async (connection) => {
      const context: undefined = connection.context;
      assert.equal(context, undefined);
      texts.push(await (await connection.expectMessage()).text());
    });

    assert.deepEqual(texts, ['hello']);
  });

  it('tells its misuse', async () => {
    const misused = stayConnected as (...args: unknown[]) => Promise<void>;
    const expected = { name: 'LocalUsageError', message: 'handler is undefined, expected a function' };

    await assert.rejects(misused('ws://localhost:1'), expected);
    await assert.rejects(misused('ws://localhost:1', {}), {
      name: 'LocalUsageError',
      message: /^handler is an object/,
    });
    await assert.rejects(misused('ws://localhost:1', {}, undefined), expected);
  });

  it('connects again when the peer has cut a message, and its handler has let the error go', async (t) => {
    let visits = 0;
    const server = await serveInMemory({}, async (connection) => {
      visits++;
      if (visits === 2) return;
      const writer = await connection.beginMessage('text');
      await writer.writeFrame('only a part');
      void connection.close(1001);
      await new Promise(setImmediate);
      connection.drop();
    });
    t.after(() => server.close());

    await stayConnected('ws://localhost', soon(server), async (connection) => {
      for await (const message of connection) await message.text();
    });

    assert.equal(visits, 2);
  });

  it('closes the connection when the handler is done with it', async (t) => {
    const codes: number[] = [];
    const server = await serveInMemory({}, async (connection) => {
      codes.push((await connection.closed).code);
    });
    t.after(() => server.close());

    await stayConnected('ws://localhost', soon(server), (connection) => connection.send('that is all'));
    await server.close();

    assert.deepEqual(codes, [1000]);
  });

  it('fails with what the handler throws, and closes the connection with 1011', async (t) => {
    const codes: number[] = [];
    const server = await serveInMemory({}, async (connection) => {
      codes.push((await connection.closed).code);
    });
    t.after(() => server.close());

    const staying = stayConnected('ws://localhost', soon(server), () => Promise.reject(new Error('a mistake')));

    await assert.rejects(staying, /a mistake/);
    await server.close();
    assert.deepEqual(codes, [1011]);
  });

  it('fails with the end of another connection, which is not its own', async (t) => {
    const server = await serveInMemory({}, async (connection) => {
      await connection.closed;
    });
    t.after(() => server.close());
    const other = await server.connect();
    other.drop();
    const otherEnd = await other.closed;

    const staying = stayConnected('ws://localhost', soon(server), async (connection) => {
      connection.drop();
      await connection.closed;
      await other.send('relayed');
    });

    await assert.rejects(
      staying,
      (error: unknown) => error instanceof ConnectionClosedError && error.closure === otherEnd,
    );
  });

  it('refuses a URL that is none', async () => {
    await assert.rejects(
      stayConnected('nowhere', {}, () => Promise.resolve()),
      LocalUsageError,
    );
  });
});
