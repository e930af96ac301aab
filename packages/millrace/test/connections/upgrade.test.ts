import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { connect as connectTcp, type AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { describe, it, type TestContext } from 'node:test';

import {
  ConnectionDeny,
  LocalUsageError,
  connect,
  upgrade,
  type UpgradeOptions,
  type WebSocketConnection,
} from '../../src/index.ts';
import { createDeferred } from '../../src/engine/deferred.ts';
import { requestText } from '../server/wire.ts';

type OnUpgrade = (request: IncomingMessage, socket: Duplex, head: Uint8Array) => void;

/** A server of `node:http` of which nothing but `onUpgrade` knows of WebSocket. */
async function listening(t: TestContext, onUpgrade: OnUpgrade): Promise<{ server: Server; url: string; port: number }> {
  const server = createServer((_, response) => response.end('page'));
  server.on('upgrade', onUpgrade);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { server, url: `ws://127.0.0.1:${String(port)}/chat`, port };
}

async function echo(connection: WebSocketConnection): Promise<void> {
  for await (const message of connection) await connection.send(await message.text());
}

describe('upgrade', () => {
  it('takes a connection of somebody else’s server, and leaves the pages to it', async (t) => {
    const options = {};
    const { server, url, port } = await listening(t, (request, socket, head) => {
      void upgrade(request, socket, head, options, echo);
    });

    const connection = await connect(url);
    await connection.send('hello');

    assert.equal(await (await connection.receive())?.text(), 'hello');
    assert.equal((await connection.close()).wasClean, true);
    assert.equal(await (await fetch(`http://127.0.0.1:${String(port)}/`)).text(), 'page');
    assert.deepEqual(server.eventNames().includes('upgrade') && server.listenerCount('upgrade'), 1);
  });

  it('gives the connection to whoever awaits it where there is no handler, with what came right behind the request', async (t) => {
    const upgraded = createDeferred<WebSocketConnection<{ user: string }>>();
    const { port } = await listening(t, (request, socket, head) => {
      const onConnect = (): { context: { user: string }; subprotocol: string } => ({
        context: { user: 'ada' },
        subprotocol: 'chat',
      });
      void upgrade(request, socket, head, { onConnect }).then(upgraded.resolve);
    });
    const socket = connectTcp(port, '127.0.0.1');
    t.after(() => socket.destroy());
    socket.write(requestText({ 'Sec-WebSocket-Protocol': 'chat' }) + '\x81\x82\x00\x00\x00\x00hi', 'latin1');

    const connection = await upgraded.promise;

    assert.deepEqual([connection.context, connection.subprotocol], [{ user: 'ada' }, 'chat']);
    assert.equal(await (await connection.receive())?.text(), 'hi');
    connection.drop();
  });

  const refused: [name: string, options: UpgradeOptions<never>, headers: Record<string, string>, status: number][] = [
    ['a request that is no handshake', {}, { 'Sec-WebSocket-Version': '8' }, 426],
    ['a foreign origin', {}, { Origin: 'http://evil.com' }, 403],
    [
      'what onConnect denies',
      {
        onConnect: () => {
          throw new ConnectionDeny(401, 'who are you?');
        },
      },
      {},
      401,
    ],
    ['another path', { path: '/other' }, {}, 404],
    ['what exceeds its limits', { maxHeaderCount: 3 }, {}, 431],
  ];
  for (const [name, options, headers, status] of refused) {
    it(`answers ${name} with ${String(status)}, and says so`, async (t) => {
      const outcome = createDeferred<unknown>();
      const { port } = await listening(t, (request, socket, head) => {
        upgrade(request, socket, head, options).then(outcome.resolve, outcome.reject);
      });
      const socket = connectTcp(port, '127.0.0.1');
      t.after(() => socket.destroy());
      socket.end(requestText(headers));

      const [answer] = (await once(socket, 'data')) as [Buffer];

      assert.match(answer.toString(), new RegExp(`^HTTP/1.1 ${String(status)} `));
      await assert.rejects(outcome.promise, { status });
    });
  }

  it('fails where the client has gone away, and nobody has to look', async (t) => {
    const seen = createDeferred<AbortSignal>();
    const outcome = createDeferred<unknown>();
    const { port } = await listening(t, (request, socket, head) => {
      const onConnect = ({ signal }: { signal: AbortSignal }): Promise<undefined> => {
        seen.resolve(signal);
        return new Promise(() => undefined);
      };
      upgrade(request, socket, head, { onConnect }).then(outcome.resolve, outcome.reject);
    });
    const socket = connectTcp(port, '127.0.0.1');
    socket.write(requestText());
    const signal = await seen.promise;
    assert.equal(signal.aborted, false);

    socket.destroy();

    await assert.rejects(outcome.promise, { name: 'TransportError' });
    assert.equal(signal.aborted, true);
  });

  it('counts the calls with the same options together', async (t) => {
    const options = { maxConnections: 1 };
    const { url } = await listening(t, (request, socket, head) => void upgrade(request, socket, head, options, echo));

    const first = await connect(url);
    await assert.rejects(connect(url), { name: 'HandshakeError', status: 503 });
    await first.close();

    await (await connect(url)).close();
  });

  it('calls callbacks, and reports what they throw', async (t) => {
    const errors: string[] = [];
    const options = { onError: (error: Error): void => void errors.push(error.message) };
    const { url } = await listening(t, (request, socket, head) => {
      void upgrade(request, socket, head, options, {
        message: () => {
          throw new Error('mine');
        },
      });
    });

    const connection = await connect(url);
    await connection.send('x');

    assert.equal((await connection.closed).code, 1011);
    assert.deepEqual(errors, ['mine']);
  });

  it('V004: does not accept a request of which Node may have lost lines', async (t) => {
    const { server, port } = await listening(
      t,
      (request, socket, head) => void upgrade(request, socket, head, { maxHeaderCount: Infinity }),
    );
    server.maxHeadersCount = 6;
    const socket = connectTcp(port, '127.0.0.1');
    t.after(() => socket.destroy());
    socket.end(requestText({ 'X-A': '1', 'X-B': '2' }));

    assert.match(String(await once(socket, 'data')), /^HTTP\/1\.1 431 /);
  });

  it('refuses what it cannot use, and answers nothing', async (t) => {
    const event = createDeferred<[IncomingMessage, Duplex, Uint8Array]>();
    const { port } = await listening(t, (...args) => event.resolve(args));
    const client = connectTcp(port, '127.0.0.1');
    t.after(() => client.destroy());
    client.write(requestText());
    const [request, socket, head] = await event.promise;
    const calls: (() => unknown)[] = [
      () => upgrade(undefined as never, socket, head, {}),
      () => upgrade(request, {} as never, head, {}),
      () => upgrade(request, socket, 'x' as never, {}),
      () => upgrade(request, socket, head, undefined as never),
      () => upgrade(request, socket, head, { port: 1 } as never),
      () => upgrade(request, socket, head, { onConect: () => undefined } as never),
      () => upgrade(request, socket, head, {}, 'x' as never),
    ];

    for (const call of calls) assert.throws(call, LocalUsageError);

    socket.destroy();
  });
});
