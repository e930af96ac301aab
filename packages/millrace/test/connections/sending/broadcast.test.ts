import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';

import {
  LocalUsageError,
  broadcast,
  connect,
  serve,
  type ConnectionOptions,
  type WebSocketConnection,
  type WebSocketServer,
} from '../../../src/index.ts';
import { serveInMemory, type MemoryServer } from '../../../src/testing/index.ts';
import { hex } from '../../helpers/bytes.ts';
import { Inbox } from '../../helpers/inbox.ts';
import { connectRaw, describeFrame, type RawPeer } from '../../helpers/raw-peer.ts';

interface Room {
  readonly server: WebSocketServer;
  /** Those who joined, as the server sees them, and as they are. */
  readonly members: readonly (readonly [WebSocketConnection, RawPeer])[];
}

/** Starts a server to which `count` peers are connected, on real sockets. */
async function openRoom(t: TestContext, count: number, options: Partial<ConnectionOptions> = {}): Promise<Room> {
  const joined = new Inbox<WebSocketConnection>();
  const server = await serve({ port: 0, host: '127.0.0.1', fragmentSize: Infinity, ...options }, async (connection) => {
    joined.put(connection);
    await connection.closed;
  });
  t.after(() => server.close({ timeout: 0 }));
  const members: [WebSocketConnection, RawPeer][] = [];
  while (members.length < count) {
    const peer = await connectRaw(t, server.url);
    members.push([await joined.take(), peer]);
  }
  return { server, members };
}

/** Sends to a peer that does not read until its connection is over the high-water mark. */
function fill(connection: WebSocketConnection): Promise<void> {
  const filled = connection.send(new Uint8Array(8_000_000));
  assert.ok(connection.bufferedAmount > 65_536);
  return filled;
}

/** Those connected in memory, with what each receives. */
async function join(t: TestContext, count: number): Promise<{ server: MemoryServer; clients: WebSocketConnection[] }> {
  const server = await serveInMemory({}, async (connection) => {
    await connection.closed;
  });
  t.after(() => server.close());
  const clients: WebSocketConnection[] = [];
  while (clients.length < count) clients.push(await server.connect());
  return { server, clients };
}

describe('broadcast', () => {
  it('sends one message to all', async (t) => {
    const { server, members } = await openRoom(t, 3);

    assert.deepEqual(await broadcast(server.connections, 'Grüße'), { sent: 3, skipped: 0, closed: 0 });
    await broadcast(server.connections, Uint8Array.of(1, 2));
    await broadcast(server.connections, Uint8Array.of(1, 2).buffer);
    await broadcast(server.connections, new DataView(new ArrayBuffer(1)));
    await broadcast(server.connections, hex('48 69'), { type: 'text' });
    await broadcast(server.connections, 'Hi', { type: 'binary' });

    for (const [, peer] of members) {
      assert.deepEqual(await peer.describe(6), [
        '81: 47 72 c3 bc c3 9f 65',
        '82: 01 02',
        '82: 01 02',
        '82: 00',
        '81: 48 69',
        '82: 48 69',
      ]);
    }
  });

  it('copies the message, which may change afterwards', async (t) => {
    const { server, clients } = await join(t, 2);
    const bytes = Uint8Array.of(1, 2);

    const sent = broadcast(server.connections, bytes);
    bytes.fill(9);

    assert.equal((await sent).sent, 2);
    for (const client of clients) assert.deepEqual(await (await client.receive())?.bytes(), Uint8Array.of(1, 2));
  });

  it('sends to clients as well, each frame masked for itself', async (t) => {
    const received: string[] = [];
    const server = await serveInMemory({}, async (connection) => {
      for await (const message of connection) received.push(await message.text());
    });
    const clients = [await server.connect(), await server.connect()];
    t.after(() => server.close());

    assert.equal((await broadcast(clients, 'to servers')).sent, 2);

    for (const client of clients) await client.close();
    await server.close();
    assert.deepEqual(received, ['to servers', 'to servers']);
  });

  it('passes over those that are closed, or about to be', async (t) => {
    const { server, members } = await openRoom(t, 3);
    const [[closed, closedPeer], [closing]] = [members[0]!, members[1]!];
    closedPeer.socket.destroy();
    await closed.closed;
    void closing.close();

    const all = members.map(([connection]) => connection);

    assert.deepEqual(await broadcast(all, 'Hi'), { sent: 1, skipped: 0, closed: 0 });
    assert.deepEqual(await broadcast([], 'Hi'), { sent: 0, skipped: 0, closed: 0 });
    assert.equal(server.connections.size, 2);
  });

  it('takes its place behind a message that is being written', async (t) => {
    const { server, clients } = await join(t, 2);
    const connection = [...server.connections][0]!;
    const message = await connection.beginMessage('text');
    await message.write('one');
    const queued = connection.send('two');

    const sent = broadcast(server.connections, 'three');
    await message.write(' and a half');
    await message.end();
    await connection.send('four');

    assert.equal((await sent).sent, 2);
    await queued;
    const texts: (string | undefined)[] = [];
    while (texts.length < 4) texts.push(await (await clients[0]!.receive())?.text());
    assert.deepEqual(texts, ['one and a half', 'two', 'three', 'four']);
    assert.equal(await (await clients[1]!.receive())?.text(), 'three');
  });

  it('counts what waits behind a message towards maxBufferedAmount', async (t) => {
    const { server, members } = await openRoom(t, 2, { maxBufferedAmount: 1600, highWaterMark: 800 });
    const [[connection], [, otherPeer]] = [members[0]!, members[1]!];
    await connection.beginMessage('text');
    await broadcast(server.connections, new Uint8Array(600));
    assert.ok(connection.bufferedAmount >= 600);
    await otherPeer.frames.take();

    const result = await broadcast(server.connections, new Uint8Array(600));

    assert.deepEqual(result, { sent: 1, skipped: 0, closed: 1 });
    assert.equal((await connection.closed).sent?.code, 1008);
  });

  it('refuses what cannot be sent to all', async (t) => {
    const { server } = await join(t, 1);
    const WRONG: [message: unknown, options: object][] = [
      [5, {}],
      [undefined, {}],
      [['a', 'b'], {}],
      [new Blob(['a']), {}],
      [Uint8Array.of(0xff), { type: 'text' }],
      ['a', { type: 'json' }],
      ['a', { onSlow: 'drop' }],
    ];

    for (const [message, options] of WRONG) {
      await assert.rejects(broadcast(server.connections, message as string, options), LocalUsageError);
    }
    for (const { stats } of server.connections) assert.equal(stats.messagesSent, 0);
  });
});

describe('broadcast: a connection that is over its high-water mark', () => {
  it('gets the message as well, and all wait for it', async (t) => {
    const { server, members } = await openRoom(t, 2);
    const [[slow, slowPeer], [, fastPeer]] = [members[0]!, members[1]!];
    slowPeer.socket.pause();
    void fill(slow);
    let isSent = false;

    const sent = broadcast(server.connections, 'Hi').finally(() => (isSent = true));
    assert.equal(describeFrame(await fastPeer.frames.take()), '81: 48 69');
    assert.equal(isSent, false);
    slowPeer.socket.resume();

    assert.deepEqual(await sent, { sent: 2, skipped: 0, closed: 0 });
    assert.equal((await slowPeer.frames.take()).payload.length, 8_000_000);
    assert.equal(describeFrame(await slowPeer.frames.take()), '81: 48 69');
  });

  it('holds up nobody when it ends', async (t) => {
    const { server, members } = await openRoom(t, 2);
    const [[slow, slowPeer]] = [members[0]!];
    slowPeer.socket.pause();
    void fill(slow);

    const sent = broadcast(server.connections, 'Hi');
    slow.drop();

    assert.deepEqual(await sent, { sent: 2, skipped: 0, closed: 0 });
  });

  it('is left out, until all that is on its way has left', async (t) => {
    const { server, members } = await openRoom(t, 2);
    const [[slow, slowPeer], [, fastPeer]] = [members[0]!, members[1]!];
    slowPeer.socket.pause();
    const filled = fill(slow);

    assert.deepEqual(await broadcast(server.connections, 'Hi', { onSlow: 'skip' }), { sent: 1, skipped: 1, closed: 0 });
    slowPeer.socket.resume();
    await filled;
    assert.deepEqual(await broadcast(server.connections, 'Ho', { onSlow: 'skip' }), { sent: 2, skipped: 0, closed: 0 });

    assert.equal((await slowPeer.frames.take()).payload.length, 8_000_000);
    assert.equal(describeFrame(await slowPeer.frames.take()), '81: 48 6f');
    assert.deepEqual(await fastPeer.describe(2), ['81: 48 69', '81: 48 6f']);
  });

  it('is left out still when it is below the mark, but not all has left', async (t) => {
    const { server } = await join(t, 0);
    const wire = server.dial();
    await connect('ws://localhost', { createConnection: () => wire, readAhead: 1_000_000 });
    const connection = [...server.connections][0]!;
    wire.chunking = 'by hand';
    const filled = Promise.all([1, 2, 3].map(() => connection.send(new Uint8Array(50_000))));
    while (connection.bufferedAmount > 65_536) {
      wire.deliver(30_000);
      await new Promise(setImmediate);
    }
    assert.ok(connection.bufferedAmount > 0);

    assert.equal((await broadcast(server.connections, 'Hi', { onSlow: 'skip' })).skipped, 1);
    wire.chunking = 'whole';
    await filled;
    assert.equal((await broadcast(server.connections, 'Hi', { onSlow: 'skip' })).sent, 1);
  });

  it('is left out as well for what waits behind a message that is being written', async (t) => {
    const { server } = await join(t, 0);
    const client = await server.connect({ highWaterMark: 1_000_000 });
    const connection = [...server.connections][0]!;
    const message = await connection.beginMessage('binary');

    const large = new Uint8Array(65_537);
    assert.equal((await broadcast(server.connections, large, { onSlow: 'skip' })).sent, 1);
    assert.equal((await broadcast(server.connections, large, { onSlow: 'skip' })).skipped, 1);
    void message.end();

    assert.equal((await (await client.receive())?.bytes())?.length, 0);
    assert.equal((await (await client.receive())?.bytes())?.length, 65_537);
  });

  it('is closed with 1013', async (t) => {
    const { server, members } = await openRoom(t, 2);
    const [[slow, slowPeer], [, fastPeer]] = [members[0]!, members[1]!];
    slowPeer.socket.pause();
    void fill(slow);

    assert.deepEqual(await broadcast(server.connections, 'Hi', { onSlow: 'close' }), {
      sent: 1,
      skipped: 0,
      closed: 1,
    });
    assert.equal(slow.state, 'closing');
    assert.equal(describeFrame(await fastPeer.frames.take()), '81: 48 69');
    slowPeer.socket.resume();

    assert.equal((await slowPeer.frames.take()).payload.length, 8_000_000);
    const { byte0, payload } = await slowPeer.frames.take();
    assert.equal(byte0, 0x88);
    assert.equal(new DataView(payload.buffer, payload.byteOffset).getUint16(0), 1013);
  });
});
