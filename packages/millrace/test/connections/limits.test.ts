import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import {
  HandshakeError,
  LimitExceededError,
  WebSocketServerFactory,
  WebSocketServerProtocol,
  listenWS,
  prepareMessage,
  type WebSocketConnection,
} from '../../src/index.ts';
import { Inbox } from '../helpers/inbox.ts';
import { startConnection, startServing, until } from '../helpers/message-peers.ts';
import { connectRaw } from '../helpers/raw-peer.ts';

const MIB = 1024 * 1024;

describe('maxTotalBuffered', () => {
  it('closes the connection that holds most with 1013, refuses others until it is gone, and leaves the rest alone', async (t) => {
    const errors = new Inbox<Error>();
    const server = await startServing(
      t,
      {},
      { maxTotalBuffered: 8 * MIB, fragmentSize: Infinity, onError: (error) => errors.put(error) },
    );
    const slow = await connectRaw(t, server.url, { halfOpen: true });
    slow.socket.pause();
    await until(() => server.connections.size === 1);
    const [toSlow] = server.connections;
    const fine = await startConnection(t, server.url);
    await until(() => server.connections.size === 2);
    const [, toFine] = server.connections;
    if (toSlow === undefined || toFine === undefined) assert.fail();

    // The socket has it until it is gone.
    void toSlow.send(new Uint8Array(10 * MIB)).catch(() => undefined);
    await until(() => toSlow.state !== 'open');

    await assert.rejects(
      startConnection(t, server.url),
      (error) => error instanceof HandshakeError && error.status === 503,
    );
    slow.socket.destroy();
    const closure = await toSlow.closed;
    assert.equal(closure.sent?.code, 1013);
    assert.ok(closure.error instanceof LimitExceededError && closure.error.option === 'maxTotalBuffered');
    assert.ok(closure.unsentBytes > 0);
    await toFine.send('still there');
    assert.equal(await (await fine.receive())?.text(), 'still there');
    await startConnection(t, server.url);
    assert.equal(errors.size, 0);
  });

  it('counts a message that many are sent once', async (t) => {
    const COUNT = 5;
    const server = await startServing(t, {}, { maxTotalBuffered: 12 * MIB });
    const peers = await Promise.all(Array.from({ length: COUNT }, () => connectRaw(t, server.url, { halfOpen: true })));
    for (const { socket } of peers) socket.pause();
    await until(() => server.connections.size === COUNT);

    const prepared = prepareMessage(new Uint8Array(10 * MIB));
    for (const connection of server.connections) void connection.send(prepared).catch(() => undefined);
    await new Promise(setImmediate);

    for (const { state } of server.connections) assert.equal(state, 'open');
  });

  it('counts what is collected of messages that do not end, in each way of receiving', async (t) => {
    const begin = Uint8Array.of(0x02, 0xff, 0, 0, 0, 0, 0, 0x30, 0, 0, 0, 0, 0, 0);
    class Collecting extends WebSocketServerProtocol {}
    const options = { maxTotalBuffered: 4 * MIB };
    const listener = await listenWS(
      new WebSocketServerFactory('ws://127.0.0.1:0', { ...options, protocol: Collecting }),
    );
    t.after(() => listener.close({ timeout: 0 }));
    const iterated = async (connection: WebSocketConnection): Promise<void> => {
      for await (const message of connection) await message.bytes();
    };
    const servers = [
      await startServing(t, { message: () => undefined }, options),
      await startServing(t, iterated, { ...options, onError: () => undefined }),
      listener,
    ];
    for (const server of servers) {
      const peers = await Promise.all(Array.from({ length: 3 }, () => connectRaw(t, server.url)));
      for (const peer of peers) {
        peer.send(begin);
        peer.send(new Uint8Array(2 * MIB));
      }

      const first = await Promise.race(peers.map(({ frames }) => frames.take()));
      assert.deepEqual([first.byte0, Buffer.from(first.payload.subarray(0, 2)).readUInt16BE()], [0x88, 1013]);
      await until(() => server.connections.size >= 1);
    }
  });
});

describe('The lifetime of a connection', () => {
  it('is what onConnect says, else that of the server', async (t) => {
    const server = await startServing(
      t,
      {},
      {
        maxLifetime: 1_000_000,
        onConnect: ({ path }) => (path === '/short' ? { maxLifetime: 20 } : undefined),
      },
    );
    const long = await startConnection(t, server.url);
    const short = await startConnection(t, `${server.url}short`);

    const closure = await short.closed;
    assert.deepEqual([closure.code, closure.reason, closure.wasClean], [1001, 'as long as maxLifetime allows', true]);
    assert.equal(long.state, 'open');
  });

  it('is that for protocol classes, too', async (t) => {
    class Short extends WebSocketServerProtocol {
      override onConnect(): { maxLifetime: number } {
        return { maxLifetime: 20 };
      }
    }
    const listener = await listenWS(new WebSocketServerFactory('ws://127.0.0.1:0', { protocol: Short }));
    t.after(() => listener.close({ timeout: 0 }));
    const client = await startConnection(t, listener.url);

    assert.equal((await client.closed).code, 1001);
  });

  it('is answered with 500 and reported where it is none', async (t) => {
    const errors = new Inbox<Error>();
    const server = await startServing(
      t,
      {},
      { onConnect: () => ({ maxLifetime: 0 }), onError: (error) => errors.put(error) },
    );

    await assert.rejects(
      startConnection(t, server.url),
      (error) => error instanceof HandshakeError && error.status === 500,
    );
    assert.match((await errors.take()).message, /option maxLifetime is 0/);
  });
});

describe('The rate of receiving', () => {
  it('holds at a client, too, and refuses with 1008', async (t) => {
    const server = await startServing(t, async (connection) => {
      for (let count = 0; count < 10; count++) await connection.send('x');
      await connection.closed;
    });
    const client = await startConnection(t, server.url, { receiveRate: { messages: 5, onExcess: 'refuse' } });

    const received: string[] = [];
    await assert.rejects(async () => {
      for await (const message of client) received.push(await message.text());
    });

    assert.equal(received.length, 5);
    assert.equal((await client.closed).sent?.code, 1008);
  });

  it('has a loop over messages wait, and loses none', async (t) => {
    const server = await startServing(t, async (connection) => {
      for (let count = 0; count < 30; count++) await connection.send(String(count));
    });
    const client = await startConnection(t, server.url, { receiveRate: { messages: 20, burst: 50 } });

    const received: string[] = [];
    for await (const message of client) received.push(await message.text());

    assert.deepEqual(
      received,
      Array.from({ length: 30 }, (_, count) => String(count)),
    );
  });
});
