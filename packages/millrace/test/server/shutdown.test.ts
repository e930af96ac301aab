import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect as connectTcp } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { connect as connectTls } from 'node:tls';

import { listen } from '../../src/server/listen.ts';
import type { Listener } from '../../src/server/listener.ts';
import { resolveServerOptions } from '../../src/server/options.ts';
import type { ServerOptions } from '../../src/server/options.ts';
import { FOR_LOCALHOST, KEY } from './certificates.ts';
import { TestHandler } from './handler.ts';
import { ask, portOf, readToEnd } from './peers.ts';
import { parseResponse, requestText } from './wire.ts';

const HEALTH = { readyPath: '/ready', livePath: '/live' };

async function start(
  t: TestContext,
  options: ServerOptions = {},
  handler = new TestHandler(),
): Promise<Listener & { readonly port: number }> {
  const place = options.server === undefined ? { port: 0, host: '127.0.0.1' } : {};
  const listener = await listen(resolveServerOptions({ ...place, ...options }), handler);
  t.after(async () => {
    await listener.close();
    for (const { socket } of handler.connections) socket.destroy();
  });
  const port = portOf(listener);
  return Object.defineProperty(listener, 'port', { value: port }) as Listener & { readonly port: number };
}

async function statusOf(port: number, path: string): Promise<number> {
  return parseResponse(await ask(port, `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`)).status;
}

/** Upgrades, and leaves the connection alone. */
async function upgradeAt(t: TestContext, port: number): Promise<string> {
  const socket = connectTcp(port, '127.0.0.1').on('error', () => undefined);
  t.after(() => socket.destroy());
  socket.write(requestText());
  const [head] = (await once(socket, 'data')) as [Buffer];
  return head.toString('latin1').slice(0, 12);
}

/** Says that the server is closing, and when to come again. */
function assertClosing(answer: string): void {
  const { status, headers, body } = parseResponse(answer);
  assert.equal(status, 503);
  assert.equal(headers.get('connection'), 'close');
  assert.match(headers.get('retry-after') ?? '', /^([2-9]|10)$/);
  assert.match(body, /closing/);
}

describe('A listener that is to end', () => {
  it('is not ready once that is announced, but live, and accepts connections', async (t) => {
    const listener = await start(t, HEALTH);
    assert.equal(await statusOf(listener.port, '/ready'), 200);

    listener.announceEnd();

    assert.deepEqual([await statusOf(listener.port, '/ready'), await statusOf(listener.port, '/live')], [503, 200]);
    assert.equal(await upgradeAt(t, listener.port), 'HTTP/1.1 101');
  });

  it('answers requests with 503 on its open port, health paths as before, and leaves connections alone', async (t) => {
    const handler = new TestHandler();
    const listener = await start(t, HEALTH, handler);
    await upgradeAt(t, listener.port);

    listener.refuseNew({ keepPort: true });

    assertClosing(await ask(listener.port, requestText()));
    assertClosing(await ask(listener.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'));
    assert.deepEqual([await statusOf(listener.port, '/ready'), await statusOf(listener.port, '/live')], [503, 200]);
    assert.equal(listener.connections, 1);
    assert.equal(handler.connections[0]?.socket.destroyed, false);
  });

  it('does so over TLS', async (t) => {
    const listener = await start(t, { tls: { cert: FOR_LOCALHOST, key: KEY } });
    listener.refuseNew({ keepPort: true });

    const socket = connectTls({ port: listener.port, host: '127.0.0.1', rejectUnauthorized: false });
    socket.on('error', () => undefined).write(requestText());

    assertClosing(await readToEnd(socket));
  });

  it('refuses requests that are being decided about, and those that come later on connections that are there', async (t) => {
    const handler = new TestHandler(({ path }) =>
      path === '/slow' ? new Promise(() => undefined) : { context: 'context' },
    );
    const listener = await start(t, {}, handler);
    const slow = connectTcp(listener.port, '127.0.0.1');
    const silent = connectTcp(listener.port, '127.0.0.1');
    slow.write(requestText({}, 'GET /slow HTTP/1.1'));
    const half = requestText();
    silent.write(half.slice(0, 20));
    while (listener.connections === 0) {
      // The other one comes behind both.
      await upgradeAt(t, listener.port);
    }

    listener.refuseNew({ keepPort: true });

    assertClosing(await readToEnd(slow));
    silent.write(half.slice(20));
    assertClosing(await readToEnd(silent));
    assert.equal(handler.refusals.length, 2);
  });

  it('closes its port at once where it is told to', async (t) => {
    const listener = await start(t);
    await upgradeAt(t, listener.port);

    listener.refuseNew({ keepPort: false });

    assert.equal(listener.address, undefined);
    const socket = connectTcp(listener.port, '127.0.0.1');
    const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
    assert.equal(error.code, 'ECONNREFUSED');
    assert.equal(listener.connections, 1);
  });

  it('keeps its port, unless others may listen there', async (t) => {
    assert.equal((await start(t)).keepsPort, true);
    assert.equal(resolveServerOptions({ fd: 3 }).place.kind, 'listen');
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => server.close());
    assert.equal((await start(t, { server })).keepsPort, true);
  });

  it('answers 503 at the server it is attached to, and takes its listener off in the end', async (t) => {
    const server = createServer((_, response) => response.setHeader('Connection', 'close').end('page'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => server.close());
    const listener = await start(t, { server });

    listener.announceEnd();
    assert.equal(await upgradeAt(t, listener.port), 'HTTP/1.1 101');
    listener.refuseNew({ keepPort: true });
    assertClosing(await ask(listener.port, requestText()));
    assert.match(await ask(listener.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'), /page/);
    await listener.close();

    assert.equal(server.listenerCount('upgrade'), 0);
    assert.match(await ask(listener.port, requestText({ Connection: 'close, Upgrade' })), /page/);
  });

  it('leaves requests to the server it is attached to at once where it is told to', async (t) => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => server.close());
    const listener = await start(t, { server });

    listener.refuseNew({ keepPort: false });

    assert.equal(server.listenerCount('upgrade'), 0);
  });
});
