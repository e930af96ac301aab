import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { ConnectionClosedError, HandshakeError, TransportError, connect, serve } from '../../src/index.ts';
import { serveInMemory } from '../../src/testing/index.ts';
import { CLOSE, startConnection, startServing, until } from '../helpers/message-peers.ts';
import { connectRaw } from '../helpers/raw-peer.ts';

const CHILD = fileURLToPath(new URL('children/ending-server.js', import.meta.url));

/** In milliseconds. */
const TIME_LIMIT = 60_000;

describe('A server that is closed', () => {
  it('answers 503 while connections close, and listens no more when they have', async (t) => {
    const server = await startServing(t, {});
    const peer = await connectRaw(t, server.url);
    await until(() => server.connections.size === 1);
    const { url } = server;

    const closing = server.close();
    await assert.rejects(startConnection(t, url), (error) => error instanceof HandshakeError && error.status === 503);
    peer.send(CLOSE);
    await closing;

    await assert.rejects(startConnection(t, url), TransportError);
  });

  it('closes its port at once, for others to listen on it, with keepPort: false', async (t) => {
    const server = await startServing(t, {});
    const { port = 0 } = server;
    const peer = await connectRaw(t, server.url);
    await until(() => server.connections.size === 1);

    const closing = server.close({ keepPort: false });
    const next = await startServing(t, async (connection) => connection.send('new'), { host: '127.0.0.1', port });
    const connection = await startConnection(t, next.url);

    assert.equal(await (await connection.receive())?.text(), 'new');
    peer.send(CLOSE);
    await closing;
  });

  it('says what became of its connections and handlers', async (t) => {
    const server = await startServing(t, async (connection) => {
      await connection.send(new Uint8Array(10_000_000));
      await new Promise(() => undefined);
    });
    const reading = await startConnection(t, server.url);
    const deaf = await connectRaw(t, server.url, { halfOpen: true });
    deaf.socket.pause();
    await (await reading.receive())?.bytes();
    await until(() => server.connections.size === 2);

    const { unsentBytes, ...rest } = await server.close({ timeout: 500 });

    assert.deepEqual(rest, { clean: 1, dropped: 1, handlersRunning: 1 });
    assert.ok(unsentBytes > 0 && unsentBytes <= 10_000_100, String(unsentBytes));
  });

  it('delivers what was sent before, in order, to peers that read, whatever they send meanwhile', async (t) => {
    const COUNT = 50;
    const server = await startServing(t, { message: () => undefined });
    const clients = await Promise.all(Array.from({ length: 5 }, () => connect(server.url)));
    const texts = clients.map((): string[] => []);
    const received = clients.map(async (client, n) => {
      for await (const message of client) texts[n]?.push(await message.text());
    });
    const ended = Promise.allSettled(received);
    const flood = clients.map(async (client) => {
      try {
        for (;;) await client.send(new Uint8Array(10_000));
      } catch {
        // It is closed.
      }
    });
    await until(() => server.connections.size === clients.length);
    const sent = [...server.connections].map(async (connection) => {
      for (let n = 0; n < COUNT; n++) await connection.send('x'.repeat(n * 100));
    });
    await Promise.all(sent);

    const result = await server.close({ code: 4001, drain: 20, timeout: 30_000 });

    assert.deepEqual({ ...result, handlersRunning: 0 }, { clean: 5, dropped: 0, unsentBytes: 0, handlersRunning: 0 });
    // 4001 is no normal end of the data.
    for (const end of await ended) {
      assert.ok(end.status === 'rejected' && end.reason instanceof ConnectionClosedError);
    }
    const all = Array.from({ length: COUNT }, (_, n) => n * 100);
    for (const each of texts) {
      assert.deepEqual(
        each.map(({ length }) => length),
        all,
      );
    }
    for (const client of clients) {
      const { wasClean, code } = await client.closed;
      assert.deepEqual([wasClean, code], [true, 4001]);
    }
    await Promise.all(flood);
  });

  it('lets a message that is being sent be finished', async (t) => {
    const server = await startServing(t, {});
    const client = await startConnection(t, server.url);
    await until(() => server.connections.size === 1);
    const [connection] = server.connections;
    const writer = (await connection?.beginMessage('text')) ?? assert.fail();
    await writer.write('one ');

    const closing = server.close();
    await writer.write('two');
    await writer.end();

    assert.equal(await (await client.receive())?.text(), 'one two');
    assert.deepEqual(await closing, { clean: 1, dropped: 0, unsentBytes: 0, handlersRunning: 0 });
  });

  it('leaves the server that it is attached to alone, without its listeners', async (t) => {
    const http = createServer((_, response) => response.end('page')).listen(0, '127.0.0.1');
    await once(http, 'listening');
    t.after(() => http.close());
    const before = http.listenerCount('upgrade');
    const server = await serve({ server: http }, {});
    const client = await startConnection(t, server.url);

    await server.close();

    assert.equal((await client.closed).code, 1001);
    assert.equal(http.listenerCount('upgrade'), before);
    assert.equal(http.listening, true);
    assert.equal(server.unref(), server);
  });

  it('refuses with 503 in memory, too, and then is not there', async () => {
    const server = await serveInMemory({}, {});
    const peer = await server.connectScripted();

    const closing = server.close();
    await assert.rejects(server.connect(), (error) => error instanceof HandshakeError && error.status === 503);
    peer.sendClose(1000);
    await closing;

    await assert.rejects(server.connect(), TransportError);
  });

  for (const [way, output] of [
    ['close', '{"clean":1,"dropped":0,"unsentBytes":0,"handlersRunning":0}\n1001\n'],
    ['dispose', '1001\n'],
    ['unref', 'true\n'],
  ] as const) {
    it(`leaves nothing that keeps the process alive: ${way}`, async () => {
      const { stdout } = await promisify(execFile)(process.execPath, [CHILD, way], { timeout: TIME_LIMIT });

      assert.equal(stdout, output);
    });
  }
});
