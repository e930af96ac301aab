import assert from 'node:assert/strict';
import { it } from 'node:test';

import {
  ConnectionClosedError,
  LimitExceededError,
  LocalUsageError,
  type ReceivedFrame,
  type ReceivedMessage,
} from '../../../src/index.ts';
import { concat, hex, toHex } from '../../helpers/bytes.ts';
import { describeInBothWays } from '../../helpers/hook-peers.ts';
import { acceptRaw, sendCut, sent, turns, until, type Accepted } from '../../helpers/message-peers.ts';
import { splits } from '../../helpers/splits.ts';

const MESSAGE = concat([sent('abc', 0x02), sent('', 0x00), sent('p', 0x89), sent('de', 0x00), sent('', 0x80)]);

async function receive({ connection }: Accepted): Promise<ReceivedMessage> {
  const message = await connection.receive();
  assert.ok(message !== undefined);
  return message;
}

async function nextFrame(frames: AsyncIterator<ReceivedFrame, void>): Promise<ReceivedFrame> {
  const next = await frames.next();
  assert.ok(next.done !== true);
  return next.value;
}

describeInBothWays('A received frame', (reading) => {
  const options = { ...reading, keepAlive: false as const };

  it('comes as it was cut by its sender, however it is cut on the wire', async (t) => {
    const accepted = await acceptRaw(t, options);
    for (const chunks of splits(MESSAGE)) {
      const receiving = receive(accepted);
      const sending = sendCut(accepted, chunks);

      const frames: [number, string][] = [];
      for await (const frame of (await receiving).frames()) {
        const parts: Uint8Array[] = [];
        for await (const chunk of frame) parts.push(chunk);
        frames.push([frame.length, toHex(concat(parts))]);
      }

      assert.deepEqual(frames, [
        [3, '61 62 63'],
        [0, ''],
        [2, '64 65'],
        [0, ''],
      ]);
      await sending;
    }
  });

  it('is discarded when the next is asked for and nobody reads it', async (t) => {
    const accepted = await acceptRaw(t, options);
    for (const chunks of splits(MESSAGE)) {
      const receiving = receive(accepted);
      const sending = sendCut(accepted, chunks);

      const lengths: number[] = [];
      let first: ReceivedFrame | undefined;
      for await (const frame of (await receiving).frames()) {
        lengths.push(frame.length);
        first ??= frame;
      }

      assert.deepEqual(lengths, [3, 0, 2, 0]);
      await assert.rejects(first?.bytes() ?? Promise.resolve(), LocalUsageError);
      await sending;
    }
  });

  it('is waited for when all of it is being read', async (t) => {
    const accepted = await acceptRaw(t, options);
    for (const chunks of splits(MESSAGE)) {
      const receiving = receive(accepted);
      const sending = sendCut(accepted, chunks);

      const collecting: Promise<Uint8Array>[] = [];
      for await (const frame of (await receiving).frames()) collecting.push(frame.bytes());

      assert.deepEqual((await Promise.all(collecting)).map(toHex), ['61 62 63', '', '64 65', '']);
      await sending;
    }
  });

  it('tells a loop that goes on after the next was asked for, unless it had all of it', async (t) => {
    const accepted = await acceptRaw(t, options);
    const frames = (accepted.peer.send(sent('ab', 0x02).subarray(0, 7)), await receive(accepted)).frames();
    const first = (await nextFrame(frames))[Symbol.asyncIterator]();
    assert.deepEqual((await first.next()).value, Uint8Array.of(0x61));
    accepted.peer.send(concat([sent('ab', 0x02).subarray(7), sent('c', 0x80)]));

    const second = (await nextFrame(frames))[Symbol.asyncIterator]();
    await assert.rejects(first.next(), { name: 'LocalUsageError', message: /the next one was asked for/ });
    assert.deepEqual((await second.next()).value, Uint8Array.of(0x63));
    assert.equal((await frames.next()).done, true);
    assert.equal((await second.next()).done, true);
  });

  it('is left without leaving the message', async (t) => {
    const accepted = await acceptRaw(t, options);
    accepted.peer.send(MESSAGE);

    const lengths: number[] = [];
    for await (const frame of (await receive(accepted)).frames()) {
      for await (const chunk of frame) {
        assert.ok(chunk.length > 0);
        break;
      }
      lengths.push(frame.length);
    }

    assert.deepEqual(lengths, [3, 0, 2, 0]);
  });

  it('is read once', async (t) => {
    const accepted = await acceptRaw(t, options);
    accepted.peer.send(MESSAGE);
    const frame = await nextFrame((await receive(accepted)).frames());
    await frame.bytes();

    await assert.rejects(frame.bytes(), LocalUsageError);
    assert.throws(() => frame[Symbol.asyncIterator](), LocalUsageError);
  });

  it('can be discarded, more than once', async (t) => {
    const accepted = await acceptRaw(t, options);
    accepted.peer.send(MESSAGE);
    const frames = (await receive(accepted)).frames();
    const frame = await nextFrame(frames);
    await Promise.all([frame.discard(), frame.discard()]);

    await assert.rejects(frame.bytes(), LocalUsageError);
    assert.equal((await nextFrame(frames)).length, 0);
  });

  it('fails when its message is discarded, or its loop is left', async (t) => {
    const accepted = await acceptRaw(t, options);
    for (const way of ['message', 'loop', 'kept'] as const) {
      await sendCut(accepted, [sent('abc', 0x02).subarray(0, 7)]);
      const message = await receive(accepted);
      const frames = message.frames();
      const frame = await nextFrame(frames);
      const reading = way === 'kept' ? undefined : frame.bytes();
      if (way === 'message') message.discard();
      else await frames.return?.();

      await assert.rejects(reading ?? frame.bytes(), { name: 'LocalUsageError', message: /discarded/ });
      if (way === 'message') await assert.rejects(frames.next(), LocalUsageError);
      else assert.equal((await frames.next()).done, true);
      accepted.peer.send(concat([sent('abc').subarray(7), sent('', 0x80), sent('next')]));
      assert.equal(await (await receive(accepted)).text(), 'next');
    }
  });

  it('fails when the connection ends inside it, and so does what comes after', async (t) => {
    const accepted = await acceptRaw(t, options);
    accepted.peer.send(sent('abc', 0x82).subarray(0, 7));
    const frames = (await receive(accepted)).frames();
    const frame = await nextFrame(frames);
    const next = frames.next();
    const discarding = frame.discard();
    void frame.discard();
    accepted.peer.socket.resetAndDestroy();

    await assert.rejects(next, ConnectionClosedError);
    await assert.rejects(discarding, ConnectionClosedError);
    await turns();
  });

  it('fails with the connection (1009) when all of it is asked for and it is longer than maxFrameSize', async (t) => {
    const accepted = await acceptRaw(t, { ...options, maxFrameSize: 3 });
    accepted.peer.send(concat([sent('abc', 0x02), sent('abcd', 0x80).subarray(0, 8)]));
    const frames = (await receive(accepted)).frames();
    assert.equal((await (await nextFrame(frames)).bytes()).length, 3);

    const long = await nextFrame(frames);

    await assert.rejects(long.bytes(), (error) => error instanceof LimitExceededError && error.size === 4);
    assert.match((await accepted.peer.describe(1))[0] ?? '', /^88: 03 f1/);
    accepted.peer.socket.end();
    await assert.rejects(frames.next(), ConnectionClosedError);
  });

  it('may be longer than anything that is collected, when it is read as it comes', async (t) => {
    const accepted = await acceptRaw(t, { ...options, maxFrameSize: 3, maxMessageSize: 3, highWaterMark: 1000 });
    const payload = new Uint8Array(500_000).map((_, index) => index % 249);
    accepted.peer.send(sent(payload, 0x82));

    const parts: Uint8Array[] = [];
    for await (const frame of (await receive(accepted)).frames()) {
      await turns();
      for await (const chunk of frame) parts.push(chunk);
    }

    assert.deepEqual(concat(parts), payload);
  });

  it('tells a length above 2^53 rounded, and gives what comes of it', async (t) => {
    const accepted = await acceptRaw(t, options);
    accepted.peer.send(hex('82 ff 7f ff ff ff ff ff ff ff 00 00 00 00 61'));
    const frame = await nextFrame((await receive(accepted)).frames());

    assert.equal(frame.length, 2 ** 63);
    assert.deepEqual((await frame[Symbol.asyncIterator]().next()).value, Uint8Array.of(0x61));
    await until(() => accepted.connection.stats.bytesReceived === 15);
  });
});
