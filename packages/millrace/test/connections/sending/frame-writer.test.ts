import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { MAX_FRAME_LENGTH } from '../../../src/protocol/base/length.ts';
import { ConnectionClosedError, LimitExceededError } from '../../../src/protocol/base/errors.ts';
import { hex } from '../../helpers/bytes.ts';
import { fateOf, openSending, turns } from '../../helpers/sending.ts';

describe('FrameWriter', () => {
  it('sends a frame of announced length, as it is written, between others', async (t) => {
    const { connection, frames } = openSending(t);
    const writer = await connection.beginMessage('text');
    void writer.write('a');

    const frame = writer.beginFrame(5);
    await frame.write('b€');
    assert.equal(frame.remaining, 1);
    await frame.write('');
    await frame.write(hex('63'));
    assert.equal(frame.remaining, 0);
    writer.beginFrame(0);
    await writer.write('d');
    await writer.end();

    assert.deepEqual(await frames(4), ['01: 61', '00: 62 e2 82 ac 63', '00:', '80: 64']);
  });

  it('sends what is written at once, not when the frame is complete', async (t) => {
    const { connection, peer } = openSending(t);
    const writer = await connection.beginMessage('binary');

    const frame = writer.beginFrame(MAX_FRAME_LENGTH);
    await frame.write(hex('01 02'));
    await turns(2);
    const unfinished = peer.takeUnfinished();

    assert.equal(unfinished?.announced, MAX_FRAME_LENGTH);
    assert.deepEqual([...unfinished.payload], [1, 2]);
    assert.equal(frame.remaining, 2 ** 63);
  });

  it('ends the message with a final frame; another has its turn then', async (t) => {
    const { connection, frames } = openSending(t, { highWaterMark: 0 });
    const writer = await connection.beginMessage('binary');
    const other = connection.send('other');

    const frame = writer.beginFrame(2n, { final: true });
    void frame.write(hex('01'));
    assert.equal(await fateOf(other), 'pending');
    await frame.write(hex('02'));
    await other;
    await writer.end();
    for (const act of [() => writer.write('a'), () => writer.writeFrame('a'), async () => writer.beginFrame(1)]) {
      await assert.rejects(act, { name: 'LocalUsageError', message: /was ended/ });
    }
    await assert.rejects(frame.write('a'), { name: 'LocalUsageError', message: /1 bytes were given, and 0 remain/ });
    await turns(2);

    assert.deepEqual(await frames(2), ['82: 01 02', '81: 6f 74 68 65 72']);
    assert.equal(connection.state, 'open');
  });

  it('ends the message with a final frame of length 0, behind what is left of it', async (t) => {
    const { connection, frames } = openSending(t);
    const writer = await connection.beginMessage('text');

    await writer.write('a\ud83d');
    writer.beginFrame(0, { final: true });
    await connection.send('b');

    assert.deepEqual(await frames(3), ['01: 61 ef bf bd', '80:', '81: 62']);
  });

  it('refuses more than remains, and what would end a text inside a code point; nothing of it is sent', async (t) => {
    const { connection, frames } = openSending(t);
    const writer = await connection.beginMessage('text');
    const frame = writer.beginFrame(3, { final: true });

    await assert.rejects(frame.write('abcd'), { name: 'LocalUsageError', message: /4 bytes were given, and 3 remain/ });
    await assert.rejects(frame.write('€\ud83d'), { name: 'LocalUsageError' });
    await frame.write(hex('61'));
    await assert.rejects(frame.write(hex('62 e2')), { name: 'LocalUsageError' });
    await assert.rejects(frame.write(7 as unknown as string), { name: 'LocalUsageError' });
    await frame.write('bc');

    assert.deepEqual(await frames(1), ['81: 61 62 63']);
  });

  for (const length of [-1, 1.5, NaN, 2 ** 53, 2 ** 63, -1n, MAX_FRAME_LENGTH + 1n, '5' as unknown as number]) {
    it(`refuses a length of ${String(length)}, and changes nothing`, async (t) => {
      const { connection, frames } = openSending(t);
      const writer = await connection.beginMessage('text');

      assert.throws(() => writer.beginFrame(length), { name: 'LocalUsageError', message: /frame length is/ });
      writer.abort();
      await connection.send('a');

      assert.deepEqual(await frames(1), ['81: 61']);
    });
  }

  it('resolves only when no more than highWaterMark bytes are on their way', async (t) => {
    const { connection, block, unblock } = openSending(t, { highWaterMark: 1000 });
    block();
    const frame = (await connection.beginMessage('binary')).beginFrame(2000);

    await frame.write(new Uint8Array(50));
    const second = frame.write(new Uint8Array(1500));
    assert.equal(await fateOf(second), 'pending');
    unblock();

    await second;
  });

  it('closes with 1008 when nobody waits and it becomes too much', async (t) => {
    const { connection, block, peer } = openSending(t, { maxBufferedAmount: 5000, highWaterMark: 2000 });
    block();
    const frame = (await connection.beginMessage('binary')).beginFrame(10_000);

    const writes = Array.from({ length: 10 }, () => frame.write(new Uint8Array(900)));
    peer.destroy();

    assert.ok((await connection.closed).error instanceof LimitExceededError);
    await assert.rejects(writes[9]!, ConnectionClosedError);
    await Promise.allSettled(writes);
  });

  it('may finish the frame after the Close of the peer, and no more', async (t) => {
    const { connection, peer, frames } = openSending(t);
    const writer = await connection.beginMessage('binary');
    const frame = writer.beginFrame(2);
    await frame.write(hex('01'));
    await turns(1);
    peer.sendClose(1001);
    await turns(2);
    assert.equal(connection.state, 'closing');

    await frame.write(hex('02'));
    assert.deepEqual(await frames(2), ['02: 01 02', '88: 03 e9']);
    const late = writer.end();
    peer.end();

    await assert.rejects(late, ConnectionClosedError);
    assert.equal((await connection.closed).wasClean, true);
  });
});
