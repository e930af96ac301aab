import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectTcp, createServer, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { describe, it, type TestContext } from 'node:test';

import { Connection } from '../../src/protocol/connection/connection.ts';
import { HoldReason } from '../../src/protocol/receive/read-ahead.ts';
import { ScriptedPeer } from '../../src/testing/index.ts';
import { findOnreadPlaces } from '../../src/transport/reading/shared-read-buffer.ts';
import { concat, hex } from '../helpers/bytes.ts';
import { drive } from '../helpers/driving.ts';
import { FakeSocket } from '../helpers/fake-socket.ts';
import { frame } from '../helpers/frames.ts';
import { LOSSES, losablePayload } from '../helpers/lost-payload.ts';
import { turns } from '../helpers/sending.ts';

const BINARY = { opcode: 2 };
const KEY = '01 02 03 04';

/** A stream that always has data at once, and takes everything. */
class Endless extends Duplex {
  reads = 0;
  readonly #chunk: Uint8Array;

  constructor(chunk: Uint8Array) {
    super({ allowHalfOpen: true });
    this.#chunk = chunk;
  }

  override _read(): void {
    this.reads++;
    this.push(this.#chunk);
  }

  override _write(_chunk: unknown, _encoding: BufferEncoding, done: () => void): void {
    done();
  }
}

const FLOODS: [name: string, chunk: Uint8Array][] = [
  ['a message', frame({ byte0: 0x81, payload: hex('61'), key: KEY })],
  ['a hundred messages', concat(Array<Uint8Array>(100).fill(frame({ byte0: 0x81, payload: hex('61'), key: KEY })))],
  ['a large message', frame({ payload: new Uint8Array(100_000), key: KEY })],
  ['a Ping', frame({ byte0: 0x89, key: KEY })],
];

describe('SocketDriver, over a stream that always has data at once', () => {
  for (const [name, chunk] of FLOODS) {
    it(`lets the event loop turn, where each chunk is ${name}`, async (t) => {
      const socket = new Endless(chunk);
      const { connection } = drive(t, socket, { onMessage: () => undefined });

      const counts: number[] = [];
      for (let turn = 0; turn < 5; turn++) {
        await turns(1);
        counts.push(connection.stats.framesReceived);
      }

      assert.ok(
        counts.every((count, index) => index === 0 || count > counts[index - 1]!),
        counts.join(),
      );
    });

    it(`lets it turn also when what comes is thrown away, where each chunk is ${name}`, async (t) => {
      const socket = new Endless(chunk);
      const { connection, closed } = drive(t, socket, { options: { closeTimeout: 100_000 } });
      connection.fail(new Error('failed'));

      await turns(1);
      const { reads } = socket;
      await turns(3);

      assert.ok(socket.reads > reads || socket.destroyed);
      socket.destroy();
      assert.equal((await closed.take()).error?.message, 'failed');
    });
  }

  it('obeys a pause at once', async (t) => {
    const socket = new Endless(FLOODS[0]![1]);
    const messages: unknown[] = [];
    const { connection } = drive(t, socket, {
      options: { readAhead: 0 },
      onMessage: (message, driving) => {
        if (messages.push(message) === 10) driving.connection.hold(HoldReason.PAUSE);
      },
    });
    while (messages.length < 10) await turns(1);

    const { reads } = socket;
    await turns(5);
    assert.deepEqual(messages, Array(10).fill('a'));
    assert.equal(socket.isPaused(), true);
    assert.ok(socket.reads <= reads + 1, 'what a stream reads ahead');
    connection.release(HoldReason.PAUSE);
    await turns(2);

    assert.ok(messages.length > 10);
  });

  it('reads up to readAhead while the application is busy, and no more', async (t) => {
    const socket = new Endless(FLOODS[1]![1]);
    const { connection, log } = drive(t, socket);
    connection.hold(HoldReason.PAUSE);

    await turns(5);
    const { bytesReceived } = connection.stats;
    await turns(5);

    assert.equal(connection.stats.bytesReceived, bytesReceived);
    assert.ok(bytesReceived < 64 * 1024);
    assert.deepEqual(log.lines, ['full']);
  });
});

describe('SocketDriver', () => {
  it('fails a connection that has output and gives none, and says so', async (t) => {
    class Silent extends Connection {
      override takeOutput(): Uint8Array[] {
        return [];
      }
    }
    const socket = new FakeSocket();
    const { connection, closed } = drive(t, socket, { create: (setup) => new Silent(setup) });

    connection.sender.sendMessage('a', { opcode: 1 });
    const closure = await closed.take();

    assert.equal(closure.error?.message, 'the connection has output but gave none');
    assert.equal(closure.unsentBytes, 3 + 4, 'the message, and a Close that did not leave either');
    assert.equal(socket.destroyed, true);
  });

  it('copies what it gives to a stream that is no socket', async (t) => {
    const kept: Uint8Array[] = [];
    const socket = new Duplex({
      read: () => undefined,
      write: (chunk: Uint8Array, _encoding, done) => {
        kept.push(chunk);
        done();
      },
      allowHalfOpen: true,
    });
    const { connection } = drive(t, socket);
    const payload = new Uint8Array(5000).fill(1);

    connection.sender.sendMessage(payload, BINARY);
    await turns(1);
    assert.equal(connection.sender.releasedReferences, 1);
    payload.fill(2);

    assert.deepEqual(concat(kept), frame({ payload: new Uint8Array(5000).fill(1) }));
  });

  it('counts what a stream had and never wrote as unsent', async (t) => {
    const socket = new FakeSocket();
    socket.isBlocked = true;
    const { connection, closed } = drive(t, socket);
    connection.sender.sendMessage(new Uint8Array(100), BINARY);
    await turns(1);
    connection.sender.sendMessage(new Uint8Array(200), BINARY);

    connection.drop();
    const closure = await closed.take();

    // A header has two bytes, and four for more than 125.
    assert.equal(closure.unsentBytes, 102 + 204);
  });

  it('counts nothing as unsent that was written', async (t) => {
    const socket = new FakeSocket();
    const { connection, closed } = drive(t, socket);
    connection.sender.sendMessage(new Uint8Array(100), BINARY);
    await turns(1);

    socket.destroy();

    assert.equal((await closed.take()).unsentBytes, 0);
  });

  it('does not keep the process alive for an application that is busy with a connection that has ended', async (t) => {
    const timers = t.mock.method(globalThis, 'setTimeout');
    const { connection, closed, log } = drive(t, new FakeSocket(), { options: { closeTimeout: 1000 } });
    connection.hold(HoldReason.PROMISE);
    connection.receive(frame({ byte0: 0x81, payload: hex('61'), key: KEY }));

    connection.drop();
    while (!log.lines.includes('ended 1006')) await turns(1);
    const set = timers.mock.calls.flatMap(({ result }) => (result === undefined ? [] : [result]));
    assert.equal(set.length, 1);
    assert.equal(set[0]?.hasRef(), false);
    connection.release(HoldReason.PROMISE);
    await closed.take();

    assert.deepEqual(log.lines.slice(-2), ['text: a', 'closed 1006']);
  });
});

/** Two ends of a loopback connection. */
async function connected(t: TestContext): Promise<[near: Socket, far: Socket]> {
  const server = createServer({ pauseOnConnect: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
  const near = connectTcp(address.port, address.address);
  const far = await accepted;
  t.after(() => {
    near.destroy();
    far.destroy();
    server.close();
  });
  return [near, far];
}

for (const [way, findPlaces] of [
  ["by 'data' events", () => Promise.resolve(undefined)],
  ['into the shared buffer', () => findOnreadPlaces()],
] as const) {
  describe(`SocketDriver, over a socket that is read ${way}`, () => {
    it('reads the network once more before it gives up a silent peer', async (t) => {
      const [near, far] = await connected(t);
      const peer = ScriptedPeer.over('client', near);
      const options = { keepAlive: { interval: 50, timeout: 50 } };
      const { connection } = drive(t, far, { options, onreadPlaces: await findPlaces() });

      // The answer is there when the time is over, but nobody was able to read it.
      const ping = await peer.nextFrame();
      peer.sendFrame({ opcode: 10, payload: ping.payload });
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
      await turns(5);

      assert.equal(ping.opcode, 9);
      assert.equal(connection.state, 'open');
    });

    for (const role of ['client', 'server'] as const) {
      for (const loss of LOSSES) {
        it(`fails the connection of a ${role} for a payload that is ${loss} while it waits, and nothing else`, async (t) => {
          const [near, far] = await connected(t);
          const { connection, closed } = drive(t, far, {
            role,
            options: { highWaterMark: 0 },
            onreadPlaces: await findPlaces(),
          });
          // Until the socket takes no more.
          while (connection.sender.bufferedAmount === 0) {
            connection.sender.sendMessage(new Uint8Array(1_000_000), BINARY);
            await turns(1);
          }
          const { bytes, lose } = losablePayload(loss, 100_000);
          connection.sender.sendMessage(bytes, BINARY);

          lose();
          const peer = ScriptedPeer.over(role === 'client' ? 'server' : 'client', near);
          let last = await peer.nextFrame();
          while (last.opcode !== 8) last = await peer.nextFrame();
          peer.end();

          assert.deepEqual([...last.payload], [0x03, 0xf3]);
          const closure = await closed.take();
          assert.equal(closure.error?.name, 'LocalUsageError');
          assert.ok(closure.unsentBytes >= 100_000);
        });
      }
    }

    it('gives each of several floods its turns', async (t) => {
      const counts = await Promise.all(
        Array.from({ length: 3 }, async () => {
          const [near, far] = await connected(t);
          let messages = 0;
          drive(t, far, { onMessage: () => messages++, onreadPlaces: await findPlaces() });
          const flood = concat(Array<Uint8Array>(20_000).fill(frame({ byte0: 0x81, payload: hex('61'), key: KEY })));
          for (let count = 0; count < 5; count++) near.write(flood);
          return () => messages;
        }),
      );

      while (counts.some((count) => count() < 100_000)) {
        const before = counts.map((count) => count());
        await turns(1);
        // Nobody is a whole flood ahead of the others in one turn.
        counts.forEach((count, index) => assert.ok(count() - before[index]! < 20_000));
      }
    });
  });
}
