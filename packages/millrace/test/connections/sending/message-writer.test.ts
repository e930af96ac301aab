import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { ConnectionClosedError, LimitExceededError } from '../../../src/protocol/base/errors.ts';
import type { MessageWriter } from '../../../src/connections/sending/message-writer.ts';
import type { Chunk } from '../../../src/connections/sending/sendable.ts';
import { hex } from '../../helpers/bytes.ts';
import { fateOf, openSending, turns, type Sending } from '../../helpers/sending.ts';

const KIB = 1024;

/** Sends a message that is heard behind all others. */
async function heardBefore(sending: Sending): Promise<string[]> {
  await turns(2);
  void sending.connection.close();
  return sending.framesUntilClose();
}

describe('MessageWriter', () => {
  describe('write', () => {
    it('packs the pieces of one turn into one frame, the last one with FIN', async (t) => {
      const sending = openSending(t);
      const writer = await sending.connection.beginMessage('text');

      for (const letter of 'abc') await writer.write(letter);
      await writer.end();

      assert.deepEqual(await heardBefore(sending), ['81: 61 62 63', '88: 03 e8']);
    });

    it('keeps no piece waiting for the next: it goes out at the end of the turn', async (t) => {
      const { connection, frames } = openSending(t);
      const writer = await connection.beginMessage('binary');

      await writer.write(hex('01'));
      assert.deepEqual(await frames(1), ['02: 01']);
      await writer.write(hex('02'));
      assert.deepEqual(await frames(1), ['00: 02']);
      await writer.end();

      assert.deepEqual(await frames(1), ['80:']);
    });

    it('packs pieces of one byte into frames of 64 KiB', async (t) => {
      const { connection, peer } = openSending(t, { highWaterMark: Infinity, maxBufferedAmount: Infinity });
      const writer = await connection.beginMessage('text');
      const piece = Uint8Array.of(0x61);

      for (let count = 0; count < 150 * KIB; count++) void writer.write(piece);
      void writer.end();
      const frames = [await peer.nextFrame(), await peer.nextFrame(), await peer.nextFrame()];

      assert.deepEqual(
        frames.map(({ fin, payload }) => [fin, payload.length / KIB]),
        [
          [false, 64],
          [false, 64],
          [true, 22],
        ],
      );
    });

    it('cuts large pieces at fragmentSize, and packs no more than that', async (t) => {
      const { connection, peer } = openSending(t, { fragmentSize: 10 });
      const writer = await connection.beginMessage('binary');

      void writer.write(new Uint8Array(25));
      void writer.write(new Uint8Array(0));
      void writer.end();
      const sizes = [await peer.nextFrame(), await peer.nextFrame(), await peer.nextFrame()];

      assert.deepEqual(
        sizes.map(({ fin, payload }) => [fin, payload.length]),
        [
          [false, 10],
          [false, 10],
          [true, 5],
        ],
      );
    });

    it('takes pieces larger than maxBufferedAmount, cut into frames, from whoever waits', async (t) => {
      const { connection, peer } = openSending(t, { fragmentSize: 100 * KIB, maxBufferedAmount: 150 * KIB });
      const writer = await connection.beginMessage('binary');

      for (let count = 0; count < 3; count++) await writer.write(new Uint8Array(200 * KIB));
      await writer.end();
      while (peer.frames.at(-1)?.fin !== true) await peer.next();

      // The end of each piece is kept until it is known whether it is the end of the message.
      assert.deepEqual(
        peer.frames.map(({ payload }) => payload.length / KIB),
        [100, 96, 4, 100, 96, 4, 100, 96, 4],
      );
    });

    it('resolves only when no more than highWaterMark bytes are on their way', async (t) => {
      const { connection, block, unblock } = openSending(t, { highWaterMark: 1000 });
      const writer = await connection.beginMessage('binary');
      block();

      await writer.write(new Uint8Array(1100));
      await turns(2);
      assert.equal(connection.bufferedAmount, 1104);
      const second = writer.write(new Uint8Array(10));
      assert.equal(await fateOf(second), 'pending');
      assert.equal(connection.bufferedAmount, 1114);
      unblock();
      await second;
      await writer.end();
      await turns(2);

      assert.equal(connection.bufferedAmount, 0);
    });

    it('keeps what is pending while the connection has enough, so that it is not too much', async (t) => {
      const { connection, block, unblock, peer } = openSending(t, { maxBufferedAmount: 1200, highWaterMark: 100 });
      const writer = await connection.beginMessage('binary');
      block();

      await writer.write(new Uint8Array(800));
      await turns(2);
      const second = writer.write(new Uint8Array(800));
      await turns(5);
      assert.equal(connection.state, 'open');
      unblock();
      await second;
      await writer.end();

      const sizes = [await peer.nextFrame(), await peer.nextFrame()].map(({ fin, payload }) => [fin, payload.length]);
      assert.deepEqual(sizes, [
        [false, 800],
        [true, 800],
      ]);
    });

    it('closes with 1008 when nobody waits and it becomes too much; all promises settle', async (t) => {
      const { connection, block, peer } = openSending(t, { maxBufferedAmount: 300 * KIB, closeTimeout: 1 });
      const writer = await connection.beginMessage('binary');
      block();

      const writes = Array.from({ length: 10 }, () => writer.write(new Uint8Array(64 * KIB)));
      const ended = writer.end();
      peer.destroy();
      const closure = await connection.closed;

      assert.ok(closure.error instanceof LimitExceededError);
      assert.equal(closure.sent?.code, 1008);
      const fates = await Promise.allSettled([...writes, ended]);
      assert.equal(fates[0].status, 'fulfilled');
      assert.ok(fates.slice(1).every((fate) => fate.status === 'rejected'));
      assert.ok(fates.slice(1).every((fate) => 'reason' in fate && fate.reason instanceof ConnectionClosedError));
    });

    it('carries surrogate pairs and code points over writes, and refuses what is not UTF-8', async (t) => {
      const sending = openSending(t);
      const writer = await sending.connection.beginMessage('text');

      await writer.write('\ud83d');
      await writer.write('\ude00');
      await writer.write(hex('e2'));
      await assert.rejects(writer.write(hex('ff')), { name: 'LocalUsageError' });
      await assert.rejects(writer.end(), { name: 'LocalUsageError' });
      await writer.write(hex('82 ac'));
      await writer.write('\ud83d');
      await writer.end();

      assert.deepEqual(await heardBefore(sending), ['81: f0 9f 98 80 e2 82 ac ef bf bd', '88: 03 e8']);
    });

    it('never changes a payload, masked or not', async (t) => {
      const { connection, frames } = openSending(t, { role: 'client' });
      const [small, large] = [new Uint8Array(10).fill(7), new Uint8Array(100 * KIB).fill(7)];
      const writer = await connection.beginMessage('binary');

      await writer.write(small);
      await writer.write(large);
      await writer.writeFrame(large);
      await writer.end();
      await connection.send(large);
      const frame = (await connection.beginMessage('binary')).beginFrame(small.length + large.length, { final: true });
      await frame.write(small);
      await frame.write(large);
      await frames(5);

      assert.ok([small, large].every((payload) => payload.every((byte) => byte === 7)));
    });
  });

  it('sends an empty message, of its type', async (t) => {
    const { connection, frames } = openSending(t);

    await (await connection.beginMessage('text')).end();
    const writer = await connection.beginMessage('binary');
    await writer.write('');
    await writer.end();

    assert.deepEqual(await frames(2), ['81:', '82:']);
  });

  it('sends frames as they are with writeFrame: empty ones, in order with what is written', async (t) => {
    const { connection, frames } = openSending(t, { fragmentSize: 2 });
    const writer = await connection.beginMessage('binary');

    await Promise.all([
      writer.write(hex('01')),
      writer.write(hex('02')),
      writer.writeFrame(''),
      writer.writeFrame(hex('03 04 05')),
      writer.write(hex('06')),
      writer.writeFrame(hex('07')),
      writer.writeFrame(hex('')),
      writer.end(),
    ]);

    assert.deepEqual(await frames(6), ['02: 01 02', '00:', '00: 03 04 05', '00: 06', '00: 07', '80:']);
  });

  it('makes other messages wait until its end', async (t) => {
    const { connection, frames } = openSending(t, { highWaterMark: 0 });
    const writer = await connection.beginMessage('text');
    const [other, next] = [connection.send('other'), connection.beginMessage('text')];

    void writer.write('a');
    assert.deepEqual(await frames(1), ['01: 61']);
    assert.deepEqual([await fateOf(other), await fateOf(next)], ['pending', 'pending']);
    assert.equal(connection.bufferedAmount, 5);
    await writer.end();
    await other;
    await (await next).end();

    assert.deepEqual(await frames(3), ['80:', '81: 6f 74 68 65 72', '81:']);
  });

  describe('misuse', () => {
    const CALLS: [name: string, call: (writer: MessageWriter) => unknown][] = [
      ['write', (writer) => writer.write('a')],
      ['writeFrame', (writer) => writer.writeFrame('a')],
      ['beginFrame', (writer) => writer.beginFrame(1)],
    ];
    for (const [name, call] of [...CALLS, ['end', (writer: MessageWriter) => writer.end()] as const]) {
      it(`is refused inside a frame: ${name}`, async (t) => {
        const { connection, frames } = openSending(t);
        const writer = await connection.beginMessage('text');
        const frame = writer.beginFrame(3);

        const act = async (): Promise<unknown> => call(writer);
        await assert.rejects(act, { name: 'LocalUsageError', message: /3 bytes are to be written first/ });
        await frame.write('abc');
        await writer.end();

        assert.deepEqual(await frames(2), ['01: 61 62 63', '80:']);
      });
    }
    for (const [name, call] of CALLS) {
      it(`is refused after the end: ${name}; the end may be repeated`, async (t) => {
        const sending = openSending(t);
        const writer = await sending.connection.beginMessage('text');
        await writer.end();

        const act = async (): Promise<unknown> => call(writer);
        await assert.rejects(act, { name: 'LocalUsageError', message: /was ended/ });
        await writer.end();
        writer.abort();

        assert.deepEqual(await heardBefore(sending), ['81:', '88: 03 e8']);
      });
    }

    it('is refused where a piece is none, and leaves the message as it is', async (t) => {
      const { connection, frames } = openSending(t);
      const writer = await connection.beginMessage('text');

      for (const piece of [undefined, null, 5, {}]) {
        await assert.rejects(writer.write(piece as Chunk), { name: 'LocalUsageError' });
        await assert.rejects(writer.writeFrame(piece as Chunk), { name: 'LocalUsageError' });
      }
      await writer.write('a');
      await writer.end();

      assert.deepEqual(await frames(1), ['81: 61']);
    });

    it('is refused where a type is none', async (t) => {
      const { connection } = openSending(t);

      await assert.rejects(connection.beginMessage('json' as 'text'), { name: 'LocalUsageError' });

      assert.equal(await fateOf(connection.send('a')), 'resolved');
    });
  });

  describe('abort', () => {
    it('leaves nothing of a message that did not begin, and the connection goes on', async (t) => {
      const { connection, frames } = openSending(t);
      const writer = await connection.beginMessage('text');
      const other = connection.send('other');

      void writer.write('a');
      writer.abort();
      writer.abort();
      await other;

      assert.deepEqual(await frames(1), ['81: 6f 74 68 65 72']);
      assert.equal(connection.bufferedAmount, 0);
      await assert.rejects(writer.write('a'), { name: 'LocalUsageError', message: /was aborted/ });
      await assert.rejects(writer.end(), { name: 'LocalUsageError', message: /was aborted/ });
    });

    it('fails the connection with 1011 when a part was sent, with the reason in the closure', async (t) => {
      const { connection, framesUntilClose } = openSending(t, { highWaterMark: 0 });
      const writer = await connection.beginMessage('text');
      const other = connection.send('other');
      await writer.write('a');
      await turns(1);

      const reason = new Error('no more');
      writer.abort(reason);

      assert.deepEqual(await framesUntilClose(), ['01: 61', '88: 03 f3']);
      const { error, sent } = await connection.closed;
      assert.equal(error, reason);
      assert.equal(sent?.code, 1011);
      await assert.rejects(other, ConnectionClosedError);
    });

    it('tells the peer 1011 also for the error of another connection', async (t) => {
      const { connection, framesUntilClose } = openSending(t);
      const writer = await connection.beginMessage('text');
      await writer.writeFrame('a');
      await turns(1);

      const reason = new LimitExceededError({ option: 'maxMessageSize', limit: 1, size: 2 });
      writer.abort(reason);

      assert.deepEqual(await framesUntilClose(), ['01: 61', '88: 03 f3']);
      assert.equal((await connection.closed).error?.cause, reason);
    });

    it('follows the signal, as long as the message is open', async (t) => {
      const { connection, frames } = openSending(t);
      const [before, during, after] = [new AbortController(), new AbortController(), new AbortController()];
      before.abort(new Error('before'));

      await assert.rejects(connection.beginMessage('text', { signal: before.signal }), /before/);
      const writer = await connection.beginMessage('text', { signal: during.signal });
      const queued = connection.beginMessage('text', { signal: during.signal });
      during.abort(new Error('during'));
      await assert.rejects(writer.write('a'), { name: 'LocalUsageError', message: /was aborted/ });
      await assert.rejects(queued, /during/);
      const last = await connection.beginMessage('text', { signal: after.signal });
      await last.end();
      after.abort();

      assert.deepEqual(await frames(1), ['81:']);
      assert.equal(connection.state, 'open');
    });
  });

  describe('writable', () => {
    it('writes with backpressure, and closing it ends the message', async (t) => {
      const { connection, peer, block, unblock } = openSending(t, { highWaterMark: 10 });
      const writer = await connection.beginMessage('binary');
      assert.equal(writer.writable, writer.writable);
      const stream = writer.writable.getWriter();
      block();

      await stream.write(new Uint8Array(20));
      await turns(2);
      const second = stream.write(hex('01'));
      assert.equal(await fateOf(stream.ready), 'pending');
      unblock();
      await second;
      await stream.close();

      const [first, last] = [await peer.nextFrame(), await peer.nextFrame()];
      assert.deepEqual([first.payload.length, first.fin, last.payload.length, last.fin], [20, false, 1, true]);
      assert.equal(await fateOf(connection.send('a')), 'resolved');
    });

    it('aborts the message with the stream, and with what cannot be written', async (t) => {
      const { connection, frames } = openSending(t);

      const aborted = (await connection.beginMessage('text')).writable;
      await aborted.abort(new Error('no more'));
      const bad = (await connection.beginMessage('text')).writable.getWriter();
      await assert.rejects(bad.write(hex('ff')), { name: 'LocalUsageError' });
      await assert.rejects(bad.closed, { name: 'LocalUsageError' });
      await connection.send('a');

      assert.deepEqual(await frames(1), ['81: 61']);
    });

    it('aborts the message where its end is refused', async (t) => {
      const { connection, framesUntilClose } = openSending(t);
      const stream = (await connection.beginMessage('text')).writable.getWriter();
      await stream.write(hex('e2'));
      await turns(1);

      await assert.rejects(stream.close(), { name: 'LocalUsageError' });

      assert.deepEqual(await framesUntilClose(), ['01: e2', '88: 03 f3']);
    });

    it('fails as soon as the connection ends, so that a pipe stops its source', async (t) => {
      const { connection } = openSending(t);
      const writer = await connection.beginMessage('text');
      let reason: unknown;
      const source = new ReadableStream<string>({ cancel: (why) => void (reason = why) });
      const piped = source.pipeTo(writer.writable);
      await turns(2);

      connection.drop();

      await assert.rejects(piped, ConnectionClosedError);
      assert.ok(reason instanceof ConnectionClosedError);
    });
  });

  it('fails with ConnectionClosedError when the connection has ended, whatever it does', async (t) => {
    const { connection } = openSending(t);
    const writer = await connection.beginMessage('text');
    await writer.write('a');
    const frame = writer.beginFrame(5);
    connection.drop();
    await connection.closed;

    await assert.rejects(frame.write('a'), ConnectionClosedError);
    assert.equal(frame.remaining, 5);
    writer.abort();
    const other = connection.beginMessage('text');
    await assert.rejects(other, ConnectionClosedError);
  });

  it('fails so between frames, too', async (t) => {
    const { connection } = openSending(t);
    const writer = await connection.beginMessage('text');
    await writer.write('a');
    connection.drop();
    await connection.closed;
    assert.equal(connection.bufferedAmount, 0);

    for (const done of [writer.write('a'), writer.writeFrame('a'), writer.end()]) {
      await assert.rejects(done, ConnectionClosedError);
    }
    await assert.rejects(writer.beginFrame(5).write('a'), ConnectionClosedError);
  });
});
