import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { LocalUsageError, TransportError, connect, wrap } from '../../src/index.ts';
import { createScriptedPair } from '../../src/testing/index.ts';
import { concat, hex } from '../helpers/bytes.ts';
import { frame } from '../helpers/frames.ts';
import { acceptRaw, CLOSE, sent, startServing } from '../helpers/message-peers.ts';
import { connectRaw } from '../helpers/raw-peer.ts';

/** 1000 and 1011 as the payload of a Close. */
const CLOSE_1000 = '88: 03 e8';

/** A transport in which one operation fails, as a call of the system does: the first is 0. */
class FailingTransport extends Duplex {
  readonly #failing: number;
  #count = 0;

  constructor(failing: number) {
    super();
    this.#failing = failing;
  }

  override _read(): void {
    // Nothing comes.
  }

  override _write(_chunk: unknown, _encoding: string, done: (error?: Error) => void): void {
    const fails = this.#count++ === this.#failing;
    setImmediate(() => (fails ? done(systemError('EPIPE')) : done()));
  }
}

function systemError(code: string): Error {
  return Object.assign(new Error(`write ${code}`), { code });
}

/** Lets garbage be collected, until something has been. */
async function collectUntil(isDone: () => boolean): Promise<void> {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  for (let round = 0; round < 100 && !isDone(); round++) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe('A connection under attack', () => {
  it('V033: gives up a peer that is silent', async (t) => {
    const { connection, peer } = await acceptRaw(t, { keepAlive: { interval: 30, timeout: 30 } });

    const closure = await connection.closed;

    assert.deepEqual([closure.code, closure.wasClean], [1006, false]);
    await peer.closed();
  });

  it('V100: takes no number for data, which would be memory that was never written', async (t) => {
    const { connection } = await acceptRaw(t);

    await assert.rejects(async () => connection.send(100 as never), LocalUsageError);
    connection.drop();
  });

  it('V101: takes no other view for a reason', async (t) => {
    const { connection, peer } = await acceptRaw(t);

    await assert.rejects(async () => connection.close(1000, new Float32Array(20) as never), LocalUsageError);
    connection.drop();
    assert.deepEqual(await peer.describeAll(), []);
  });

  it('V102: sends what it was given of a larger buffer, and nothing beside it', async (t) => {
    const { connection, peer } = await acceptRaw(t);
    const pool = Buffer.alloc(64, 0xa5);
    pool.write('mine', 8);

    const { buffer, byteOffset } = pool;
    const views = [
      pool.subarray(8, 12),
      new DataView(buffer, byteOffset + 8, 4),
      new Uint16Array(buffer, byteOffset + 8, 2),
    ];
    for (const view of views) await connection.send(view);

    for (const sentFrame of await peer.describe(views.length)) assert.equal(sentFrame, '82: 6d 69 6e 65');
    connection.drop();
  });

  it('V103: keeps no memory that was read into, for the little that it keeps of it', async () => {
    const messages: unknown[] = [];
    const { connection } = createScriptedPair('server', {
      receiver: { level: 'message', handler: { onMessage: (payload) => void messages.push(payload) } },
    });
    let isCollected = false;
    const registry = new FinalizationRegistry(() => (isCollected = true));
    const receive = (): void => {
      const slab = new Uint8Array(64 * 1024);
      const frames = concat([
        frame({ byte0: 0x02, payload: hex('01 02'), key: '01 02 03 04' }),
        frame({ byte0: 0x89, payload: hex('03'), key: '05 06 07 08' }),
        frame({ byte0: 0x80, payload: hex('04'), key: '09 0a 0b 0c' }),
        frame({ byte0: 0x82, payload: hex('05'), key: '0d 0e 0f 10' }),
        frame({ byte0: 0x88, payload: hex('03 e8 62 79 65'), key: '11 12 13 14' }),
      ]);
      slab.set(frames);
      registry.register(slab.buffer, undefined);
      connection.receive(slab.subarray(0, frames.length));
    };

    receive();
    await collectUntil(() => isCollected);

    assert.equal(isCollected, true);
    assert.deepEqual(messages, [hex('01 02 04'), hex('05')]);
    assert.notEqual(connection.state, 'open');
  });

  for (const failing of [0, 1, 2, 3]) {
    it(`V107: ends with the error of the system when write ${String(failing + 1)} fails`, async () => {
      const connection = wrap(new FailingTransport(failing), 'server', { closeTimeout: 1000 });
      for (let count = 0; count < 3; count++) connection.send('x').catch(() => undefined);
      for (let count = 0; count < 3; count++) {
        await connection.send(new Uint8Array(100_000)).catch(() => undefined);
      }

      const { wasClean, error } = await connection.close();

      assert.equal(wasClean, false);
      assert.ok(error instanceof TransportError);
      assert.match(String(error.cause), /EPIPE/);
    });
  }

  it('V107: ends with the error of the system when its transport fails while it waits', async () => {
    const transport = new FailingTransport(Infinity);
    const connection = wrap(transport, 'server');

    transport.destroy(systemError('ECONNRESET'));

    const { error } = await connection.closed;
    assert.match(String(error?.cause), /ECONNRESET/);
  });

  it('V104: fails where more waits for a peer that does not read than maxBufferedAmount', async (t) => {
    const { connection, peer } = await acceptRaw(t, { maxBufferedAmount: 1_000_000, highWaterMark: 10_000 });
    peer.socket.pause();
    const sends: Promise<unknown>[] = [];

    for (let n = 0; n < 4000 && connection.state === 'open'; n++) sends.push(connection.send('x'.repeat(10_000)));

    assert.notEqual(connection.state, 'open');
    const outcomes = await Promise.allSettled([...sends, connection.closed]);
    assert.ok(outcomes.some(({ status }) => status === 'rejected'));
  });

  it('V105: gets its Close out behind all that waits, when the peer reads again', async (t) => {
    const { connection, peer } = await acceptRaw(t, { closeTimeout: 10_000 });
    peer.socket.pause();
    void connection.send(new Uint8Array(4_000_000));

    const closed = connection.close(1000);
    peer.socket.resume();
    const frames = await peer.frames.takeAll(5);

    assert.deepEqual(
      frames.map(({ byte0, payload }) => [byte0, payload.length]),
      [
        [0x02, 1_048_576],
        [0x00, 1_048_576],
        [0x00, 1_048_576],
        [0x80, 854_272],
        [0x88, 2],
      ],
    );
    peer.send(CLOSE);
    assert.equal((await closed).wasClean, true);
  });

  it('V106: drops a peer that does not answer its Close', async (t) => {
    const { connection, peer } = await acceptRaw(t, { closeTimeout: 50 });

    const closure = await connection.close(1000);

    assert.equal(closure.wasClean, false);
    await peer.closed();
  });

  it('V112: answers one Close of several, and nothing behind it', async (t) => {
    const texts: string[] = [];
    const server = await startServing(t, async (connection) => {
      for await (const message of connection) {
        texts.push(await message.text());
        await connection.send('answer');
      }
    });
    const peer = await connectRaw(t, server.url);

    peer.send(Buffer.concat([sent('in time'), CLOSE, CLOSE, sent('late'), CLOSE]));

    assert.deepEqual(await peer.describeAll(), ['81: 61 6e 73 77 65 72', CLOSE_1000]);
    assert.deepEqual(texts, ['in time']);
  });

  it('V108: keeps nothing of connections that are over', async (t) => {
    let collected = 0;
    const registry = new FinalizationRegistry(() => collected++);
    const server = await startServing(t, async (connection) => {
      registry.register(connection, undefined);
      for await (const message of connection) await connection.send(await message.text());
    });
    for (let n = 0; n < 100; n++) {
      const connection = await connect(server.url);
      await connection.send('x');
      await (await connection.receive())?.text();
      await connection.close();
    }

    await collectUntil(() => collected >= 95);

    assert.ok(collected >= 95, String(collected));
  });
});
