import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { WebSocketStream, type WritableMessage } from '../../src/web/index.ts';
import { concat, toHex } from '../helpers/bytes.ts';
import { frame } from '../helpers/frames.ts';
import { listenRaw, type RawPeer } from '../helpers/raw-peer.ts';
import { STREAM_SIDES } from './stream-sides.ts';

const TIME_LIMIT = 60_000;
const MIB = 1024 * 1024;

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Waits until the operating systems of both sides take nothing more of what a peer sends. */
async function stalled({ socket }: RawPeer): Promise<void> {
  let before = -1;
  for (let quiet = 0; quiet < 200; quiet++) {
    if (socket.writableLength !== before) quiet = 0;
    before = socket.writableLength;
    await turn();
  }
}

function resizable(): ArrayBuffer {
  return Reflect.construct(ArrayBuffer, [4, { maxByteLength: 8 }]) as ArrayBuffer;
}

for (const { name, open } of STREAM_SIDES) {
  describe(`${name}: messages`, { timeout: TIME_LIMIT }, () => {
    it('come as strings and as bytes', async (t) => {
      const { stream, peer, frame: frameOf } = await open(t);
      const reader = (await stream.opened).readable.getReader();

      peer.send(
        concat([frameOf(0x81, '\ufeffgrüße'), frameOf(0x82, Uint8Array.of(1, 2)), frameOf(0x81), frameOf(0x82)]),
      );
      const read = [await reader.read(), await reader.read(), await reader.read(), await reader.read()];

      assert.deepEqual(
        read.map(({ value }) => value),
        ['\ufeffgrüße', Uint8Array.of(1, 2), '', new Uint8Array(0)],
      );
    });

    for (const [what, data, expected] of [
      ['text', 'é', '81: c3 a9'],
      ['a lone surrogate', '\ud800', '81: ef bf bd'],
      ['a number', 1, '81: 31'],
      ['null', null, '81: 6e 75 6c 6c'],
      ['an object', { toString: () => 'o' }, '81: 6f'],
      ['an ArrayBuffer', Uint8Array.of(1).buffer, '82: 01'],
      ['a part of one', Uint8Array.of(1, 2, 3).subarray(1, 2), '82: 02'],
      ['a DataView', new DataView(Uint8Array.of(1, 2, 3).buffer, 2), '82: 03'],
    ] as const) {
      it(`are written: ${what}`, async (t) => {
        const { stream, peer } = await open(t);
        const writer = (await stream.opened).writable.getWriter();

        await writer.write(data as WritableMessage);

        assert.deepEqual(await peer.describe(1), [expected]);
      });
    }

    for (const [what, data] of [
      ['a symbol', Symbol('s')],
      ['an object without text', Object.create(null)],
      ['a buffer that can be resized', resizable()],
      ['a view of one', new Uint8Array(resizable())],
      ['shared bytes', new Uint8Array(new SharedArrayBuffer(4))],
    ] as [string, unknown][]) {
      it(`are not written, but a TypeError: ${what}`, async (t) => {
        const { stream } = await open(t);
        const writer = (await stream.opened).writable.getWriter();

        await assert.rejects(writer.write(data as WritableMessage), TypeError);
        await assert.rejects(writer.closed, TypeError);
      });
    }

    it('are copied when they are written', async (t) => {
      const { stream, peer } = await open(t);
      const writer = (await stream.opened).writable.getWriter();
      await writer.ready;
      await turn();
      const mine = Uint8Array.of(1, 2);

      const writing = writer.write(mine);
      mine.fill(9);
      await writing;

      assert.deepEqual(await peer.describe(1), ['82: 01 02']);
    });

    it('come in order, however many', async (t) => {
      const { stream, peer, frame: frameOf } = await open(t);
      const { readable } = await stream.opened;
      const sent = Array.from({ length: 5000 }, (_, index) => String(index));

      peer.send(concat([...sent.map((text) => frameOf(0x81, text)), frameOf(0x88)]));
      peer.socket.end();
      const received: unknown[] = [];
      for await (const message of readable) received.push(message);

      assert.deepEqual(received, sent);
    });

    it('are streamed through, both ways at once', async (t) => {
      const { stream, peer, frame: frameOf } = await open(t);
      const { readable, writable } = await stream.opened;
      const shout = new TransformStream<string | Uint8Array, string>({
        transform: (message, controller) => controller.enqueue(String(message).toUpperCase()),
      });

      const piping = readable.pipeThrough(shout).pipeTo(writable, { preventClose: true });
      peer.send(concat([frameOf(0x81, 'a'), frameOf(0x81, 'b')]));
      const frames = await peer.describe(2);
      piping.catch(() => undefined);

      assert.deepEqual(frames, ['81: 41', '81: 42']);
    });
  });

  describe(`${name}: backpressure`, { timeout: TIME_LIMIT }, () => {
    it('a write of 8 MiB does not resolve before the peer reads', async (t) => {
      const { stream, peer } = await open(t);
      const writer = (await stream.opened).writable.getWriter();
      peer.socket.pause();
      let isWritten = false;

      const writing = writer.write(new Uint8Array(8 * MIB)).then(() => (isWritten = true));
      for (let count = 0; count < 200; count++) await turn();
      const before = [isWritten, writer.desiredSize];
      peer.socket.resume();
      await writing;
      await writer.ready;

      assert.deepEqual(before, [false, 0]);
      assert.equal(writer.desiredSize, 1);
    });

    it('V110: 16 large messages are not all taken while nobody reads, and all there when somebody does', async (t) => {
      const { stream, peer, frame: frameOf } = await open(t);
      const { readable } = await stream.opened;
      const large = frameOf(0x82, new Uint8Array(2 * MIB));

      for (let count = 0; count < 16; count++) peer.send(large);
      await stalled(peer);
      const waiting = peer.socket.writableLength;
      peer.send(frameOf(0x88));
      peer.socket.end();
      const sizes: number[] = [];
      for await (const message of readable) sizes.push(message.length);

      assert.ok(waiting > 8 * MIB, `${String(waiting)} bytes wait`);
      assert.deepEqual(
        sizes,
        Array.from({ length: 16 }, () => 2 * MIB),
      );
    });

    it('many small messages are not all taken either', async (t) => {
      const { stream, peer, frame: frameOf } = await open(t);
      const { readable } = await stream.opened;
      const count = 20_000;
      const small = frameOf(0x81, 'x'.repeat(1000));
      const chunk = concat(Array.from({ length: count }, () => small));

      peer.send(chunk);
      await stalled(peer);
      const waiting = peer.socket.writableLength;
      let received = 0;
      for await (const message of readable) {
        received += message.length;
        if (received === 1000 * count) break;
      }

      assert.ok(waiting > chunk.length / 4, `${String(waiting)} of ${String(chunk.length)} bytes wait`);
    });
  });
}

describe('A WebSocketStream that reads ahead', { timeout: TIME_LIMIT }, () => {
  it('lets the closing handshake through while nobody reads', async (t) => {
    const { url, peers } = await listenRaw(t);
    const stream = new WebSocketStream(url, { highWaterMark: 10 });
    const peer = await peers.take();
    await stream.opened;

    for (let count = 0; count < 100; count++) peer.send(frame({ byte0: 0x81, payload: Buffer.alloc(100_000, 0x61) }));
    await stalled(peer);
    stream.close({ closeCode: 3000 });
    const [close] = await peer.frames.takeAll(1);
    peer.send(frame({ byte0: 0x88, payload: Uint8Array.of(0x0b, 0xb9) }));
    peer.socket.end();

    assert.equal(toHex(close?.payload ?? new Uint8Array(0)), '0b b8');
    assert.deepEqual(await stream.closed, { closeCode: 3001, reason: '' });
  });

  it('answers pings meanwhile, as long as it has not read too far ahead', async (t) => {
    const { url, peers } = await listenRaw(t);
    const stream = new WebSocketStream(url);
    const peer = await peers.take();
    await stream.opened;

    for (const text of ['a', 'b', 'c']) peer.send(frame({ byte0: 0x81, payload: Buffer.from(text) }));
    peer.send(frame({ byte0: 0x89 }));

    assert.deepEqual(await peer.describe(1), ['8a:']);
    stream.close();
  });
});
