import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import {
  ConnectionClosedError,
  ConnectionDeny,
  HandshakeError,
  LocalUsageError,
  TransportError,
  connect,
  type ConnectionHandler,
} from '../../src/index.ts';
import { serveInMemory, type Chunking } from '../../src/testing/index.ts';

const echo: ConnectionHandler<unknown> = async (connection) => {
  for await (const message of connection) await connection.send(message, { type: message.type });
};

describe('serveInMemory', () => {
  const WAYS: [toServer: Chunking, toClient: Chunking][] = [
    ['whole', 'whole'],
    [1, 1],
    [7, 3],
    [[200, 300], 'whole'],
  ];
  for (const [toServer, toClient] of WAYS) {
    it(`carries messages both ways, cut by ${String(toServer)} and ${String(toClient)}`, async () => {
      const server = await serveInMemory({}, echo);
      const client = await server.connect({ toServer, toClient });

      for (const text of ['Hello', '', 'x'.repeat(1000)]) {
        await client.send(text);
        assert.equal(await (await client.receive())?.text(), text);
      }

      assert.equal((await client.close()).wasClean, true);
      await server.close();
    });
  }

  it('does the opening handshake, with onConnect and all that it decides', async (t) => {
    const server = await serveInMemory(
      {
        subprotocols: ['chat'],
        onConnect: ({ path, headers }) => {
          if (headers['authorization'] === undefined) throw new ConnectionDeny(401, 'who are you?');
          return { context: { path } };
        },
      },
      async (connection) => connection.send(connection.context.path),
    );
    t.after(() => server.close());
    const headers = { Authorization: 'me' };

    const client = await server.connect({ path: '/room?name=1', headers, subprotocols: ['chat'] });

    assert.equal(client.subprotocol, 'chat');
    assert.equal(await (await client.receive())?.text(), '/room');
    await assert.rejects(
      server.connect(),
      (error: unknown) => error instanceof HandshakeError && error.status === 401 && error.body.includes('who are you'),
    );
  });

  it('calls callbacks', async (t) => {
    const calls: string[] = [];
    const server = await serveInMemory(
      {},
      {
        open: () => void calls.push('open'),
        message: (connection, data) => connection.send(`got ${String(data)}`),
        close: (_, { code }) => void calls.push(`close ${String(code)}`),
      },
    );
    t.after(() => server.close());

    const client = await server.connect();
    await client.send('this');
    assert.equal(await (await client.receive())?.text(), 'got this');
    await client.close();
    await server.close();

    assert.deepEqual(calls, ['open', 'close 1000']);
  });

  it('gives a transport to whatever connects, which can be broken', async (t) => {
    const closures: string[] = [];
    const server = await serveInMemory({}, async (connection) => {
      closures.push((await connection.closed).reason);
    });
    t.after(() => server.close());
    const transport = server.dial();
    const client = await connect('ws://example.com/', { createConnection: () => transport });

    transport.fail(new Error('the cable was cut'));

    await assert.rejects(client.receive(), ConnectionClosedError);
    await server.close();
    assert.deepEqual(closures, ['the transport failed: the cable was cut']);
  });

  it('connects a client that says what a test tells it to', async (t) => {
    const closures: number[] = [];
    const server = await serveInMemory({}, async (connection) => {
      await connection.send('at once');
      await connection.closed.then(({ sent }) => closures.push(sent?.code ?? 0));
    });
    t.after(() => server.close());
    const peer = await server.connectScripted({ path: '/any', toClient: 1 });

    const first = await peer.nextFrame();
    peer.sendFrame({ opcode: 3 });
    const last = await peer.nextFrame();
    peer.end();
    await server.close();

    assert.deepEqual(
      [first.opcode, Buffer.from(first.payload).toString(), first.maskingKey],
      [1, 'at once', undefined],
    );
    assert.equal(last.opcode, 8);
    assert.deepEqual(closures, [1002]);
    await assert.rejects(server.connectScripted(), TransportError);
  });

  it('knows its connections, and closes them', async () => {
    const server = await serveInMemory({}, echo);
    const clients = [await server.connect(), await server.connect()];
    assert.equal(server.connections.size, 2);

    await server.close({ code: 1012, reason: 'restarts' });

    assert.equal(server.connections.size, 0);
    for (const client of clients) assert.equal((await client.closed).code, 1012);
    await assert.rejects(server.connect(), TransportError);
    await server[Symbol.asyncDispose]();
  });

  it('refuses options that it cannot have', async () => {
    await assert.rejects(serveInMemory({ maxConnections: -1 }, echo), LocalUsageError);
    const server = await serveInMemory({}, echo);
    await assert.rejects(server.connect({ handshakeTimeout: -1 }), LocalUsageError);
    await server.close();
  });
});
