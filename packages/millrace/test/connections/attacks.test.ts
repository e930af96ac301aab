import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { LocalUsageError, connect } from '../../src/index.ts';
import { acceptRaw, CLOSE, sent, startServing } from '../helpers/message-peers.ts';

/** 1000 and 1011 as the payload of a Close. */
const CLOSE_1000 = '88: 03 e8';

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

    await connection.send(pool.subarray(8, 12));

    assert.deepEqual(await peer.describe(1), ['82: 6d 69 6e 65']);
    connection.drop();
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
    const { connection, peer } = await acceptRaw(t);
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

  it('V112: answers one Close of several', async (t) => {
    const { connection, peer } = await acceptRaw(t);

    peer.send(Buffer.concat([CLOSE, CLOSE, sent('late'), CLOSE]));

    assert.deepEqual(await peer.describeAll(), [CLOSE_1000]);
    assert.equal((await connection.closed).wasClean, true);
  });

  it('V108: keeps nothing of connections that are over', async (t) => {
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc') as () => void;
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

    for (let round = 0; round < 100 && collected < 95; round++) {
      gc();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }

    assert.ok(collected >= 95, String(collected));
  });
});
