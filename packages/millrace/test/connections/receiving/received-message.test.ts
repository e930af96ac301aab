import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { it } from 'node:test';

import {
  ConnectionClosedError,
  LimitExceededError,
  LocalUsageError,
  type ReceivedMessage,
} from '../../../src/index.ts';
import { concat, hex, toHex } from '../../helpers/bytes.ts';
import { describeInBothWays } from '../../helpers/hook-peers.ts';
import { CLOSE, acceptRaw, sendCut, sent, turns, until } from '../../helpers/message-peers.ts';
import { splits } from '../../helpers/splits.ts';

/** U+FEFF, and code points of two to four bytes. */
const TEXT = '\ufeffä€😀!';
const BYTES = Buffer.from(TEXT);
/** Its frames: cut inside code points, with an empty one and a ping in between. */
const MESSAGE = concat([
  sent(BYTES.subarray(0, 4), 0x01),
  sent('', 0x00),
  sent('p', 0x89),
  sent(BYTES.subarray(4, 10), 0x00),
  sent(BYTES.subarray(10), 0x80),
]);

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const collected: Item[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

/** Every way of reading a text message, and what it gives, as one value. */
const WAYS: [name: string, read: (message: ReceivedMessage) => Promise<unknown>, result: unknown][] = [
  ['chunks', async (message) => toHex(concat(await collect(message))), toHex(BYTES)],
  ['textChunks()', async (message) => (await collect(message.textChunks())).join(''), TEXT],
  ['bytes()', async (message) => toHex(await message.bytes()), toHex(BYTES)],
  ['text()', (message) => message.text(), TEXT],
  ['arrayBuffer()', async (message) => toHex(new Uint8Array(await message.arrayBuffer())), toHex(BYTES)],
  ['readable', async (message) => toHex(concat(await collect(message.readable))), toHex(BYTES)],
  [
    'frames()',
    async (message) => {
      const frames: string[] = [];
      for await (const frame of message.frames()) frames.push(toHex(await frame.bytes()));
      return frames;
    },
    [BYTES.subarray(0, 4), hex(''), BYTES.subarray(4, 10), BYTES.subarray(10)].map(toHex),
  ],
];

describeInBothWays('A received message', (reading) => {
  const options = { ...reading, keepAlive: false as const };

  for (const [name, read, result] of WAYS) {
    it(`gives the same by ${name}, however it is cut on the wire`, async (t) => {
      const accepted = await acceptRaw(t, options);
      for (const chunks of splits(MESSAGE)) {
        const reader = accepted.connection.receive();
        const sending = sendCut(accepted, chunks);
        const message = await reader;
        assert.ok(message !== undefined);

        assert.deepEqual(await read(message), result);
        await sending;
      }
    });

    it(`gives it by ${name} when it was there before`, async (t) => {
      const accepted = await acceptRaw(t, options);
      await sendCut(accepted, [MESSAGE]);
      const message = await accepted.connection.receive();
      assert.ok(message !== undefined);
      assert.equal(message.bodyUsed, false);

      assert.deepEqual(await read(message), result);
      assert.equal(message.bodyUsed, true);
    });

    it(`is read once: not again after ${name}`, async (t) => {
      const accepted = await acceptRaw(t, options);
      accepted.peer.send(MESSAGE);
      const message = await accepted.connection.receive();
      assert.ok(message !== undefined);
      await read(message);

      for (const [way, again] of WAYS) {
        // That is the same stream, which is at its end.
        if (way === 'readable' && name === 'readable') assert.equal(await again(message), '');
        else await assert.rejects(async () => again(message), LocalUsageError);
      }
    });

    it(`fails by ${name} when its end never comes, also after a clean close`, async (t) => {
      for (const isLate of [false, true]) {
        const accepted = await acceptRaw(t, options);
        const { connection, peer } = accepted;
        const cut = concat([MESSAGE.subarray(0, MESSAGE.length - sent(BYTES.subarray(10)).length), CLOSE]);
        if (isLate) {
          await sendCut(accepted, [cut]);
          await connection.closed;
        } else peer.send(cut);
        const message = await connection.receive();
        assert.ok(message !== undefined);

        await assert.rejects(read(message), ConnectionClosedError);
        assert.equal((await connection.closed).wasClean, true);
      }
    });

    it(`fails by ${name} when it is discarded meanwhile`, async (t) => {
      const accepted = await acceptRaw(t, options);
      await sendCut(accepted, [sent('abc', 0x01)]);
      const message = await accepted.connection.receive();
      assert.ok(message !== undefined);

      const failing = assert.rejects(read(message), { name: 'LocalUsageError', message: /discarded/ });
      await turns();
      message.discard();
      message.discard();
      await failing;

      accepted.peer.send(concat([sent('de', 0x80), sent('next')]));
      assert.equal(await (await accepted.connection.receive())?.text(), 'next');
    });

    it(`fails by ${name} where text is not UTF-8, and the connection with it`, async (t) => {
      const accepted = await acceptRaw(t, options);
      accepted.peer.send(concat([sent('abc', 0x01), sent(hex('64 ff'), 0x80)]));
      const message = await accepted.connection.receive();
      assert.ok(message !== undefined);

      await assert.rejects(read(message), { name: 'ConnectionClosedError', message: /not UTF-8/ });
      assert.match((await accepted.peer.describe(1))[0] ?? '', /^88: 03 ef/);
    });
  }

  it('is read whole into a buffer of exactly its size', async (t) => {
    const accepted = await acceptRaw(t, { ...options, readAhead: Infinity });
    for (const size of [0, 1, 5000, 100_000]) {
      for (const isThere of [true, false]) {
        const message = sent(new Uint8Array(size), 0x82);
        if (isThere) await sendCut(accepted, [message]);
        else accepted.peer.send(message);

        const buffer = await (await accepted.connection.receive())?.arrayBuffer();

        assert.equal(buffer?.byteLength, size);
      }
    }
  });

  it('comes in pieces of at most 64 KiB that are the readers own', async (t) => {
    const accepted = await acceptRaw(t, { ...options, readAhead: 10_000_000 });
    const payload = new Uint8Array(1_000_000).map((_, index) => index % 253);
    await sendCut(accepted, [sent(payload, 0x82)]);

    const chunks: Uint8Array[] = [];
    for await (const chunk of (await accepted.connection.receive()) ?? []) chunks.push(chunk);

    assert.deepEqual(concat(chunks), payload);
    assert.ok(chunks.every((chunk) => chunk.length <= 64 * 1024 && chunk.buffer.byteLength === chunk.length));
    assert.equal(new Set(chunks.map((chunk) => chunk.buffer)).size, chunks.length);
  });

  it('gives text of what is no text, with U+FFFD for what is not UTF-8', async (t) => {
    const { connection, peer } = await acceptRaw(t, options);
    const odd = hex('ef bb bf 61 ff e2 82');
    for (let count = 0; count < 2; count++) peer.send(sent(odd, 0x82));

    const first = await connection.receive();
    assert.equal(first?.type, 'binary');
    assert.equal(await first.text(), '\ufeffa\ufffd\ufffd');
    assert.equal(
      (await collect((await connection.receive())?.textChunks() ?? empty())).join(''),
      '\ufeffa\ufffd\ufffd',
    );
  });

  it('gives JSON, or a SyntaxError that is no fault of the connection', async (t) => {
    const { connection, peer } = await acceptRaw(t, options);
    peer.send(
      concat([sent('{"a":[1]}'), sent('{"a'), sent('[', 0x01), sent('2]', 0x80), sent('[', 0x01), sent('', 0x80)]),
    );
    const next = async (): Promise<unknown> => (await connection.receive())?.json();

    assert.deepEqual(await next(), { a: [1] });
    await assert.rejects(next(), SyntaxError);
    assert.deepEqual(await next(), [2]);
    await assert.rejects(next(), SyntaxError);
    assert.equal(connection.state, 'open');
  });

  it('discards the rest when a loop over it is left, and ends one that waits', async (t) => {
    const { connection, peer } = await acceptRaw(t, options);
    peer.send(sent('a', 0x01));
    const message = await connection.receive();
    const chunks = message?.[Symbol.asyncIterator]() as AsyncIterableIterator<Uint8Array>;
    assert.equal(chunks[Symbol.asyncIterator](), chunks);
    await chunks.next();
    const waiting = chunks.next();

    await chunks.return?.();

    assert.equal((await waiting).done, true);
    assert.equal((await chunks.next()).done, true);
    peer.send(concat([sent('b', 0x00), sent('c', 0x80), sent('next')]));
    for await (const text of (await connection.receive())?.textChunks() ?? empty()) {
      assert.equal(text, 'next');
      break;
    }
    peer.send(sent('last'));
    assert.equal(await (await connection.receive())?.text(), 'last');
  });

  it('discards the rest when its stream is cancelled', async (t) => {
    const { connection, peer } = await acceptRaw(t, options);
    for (const waits of [false, true]) {
      peer.send(sent('ab', 0x01));
      const reader = (await connection.receive())?.readable.getReader();
      assert.equal(toHex((await reader?.read())?.value ?? hex('')), '61 62');
      const reading = waits ? reader?.read() : undefined;
      await turns();

      await reader?.cancel();

      assert.notEqual((await reading)?.done, false);
      peer.send(concat([sent('c', 0x80), sent('next')]));
      assert.equal(await (await connection.receive())?.text(), 'next');
    }
  });

  it('has a reader when its stream is read, not when somebody looks at it', async (t) => {
    const { connection, peer } = await acceptRaw(t, options);
    peer.send(concat([sent('one'), sent('two'), sent('three')]));

    const one = await connection.expectMessage();
    assert.equal(one.readable, one.readable);
    assert.equal(one.bodyUsed, false);
    assert.equal(await one.text(), 'one');
    await assert.rejects(one.readable.getReader().read(), LocalUsageError);

    const two = await connection.expectMessage();
    const reader = two.readable.getReader();
    assert.equal(toHex((await reader.read()).value ?? hex('')), '74 77 6f');
    assert.equal(two.bodyUsed, true);
    await assert.rejects(two.text(), LocalUsageError);

    const three = await connection.expectMessage();
    await three.readable.cancel();
    assert.equal(three.bodyUsed, true);
    await assert.rejects(three.text(), LocalUsageError);
  });

  it('is not discarded when its stream is cancelled, if another reads it', async (t) => {
    const { connection, peer } = await acceptRaw(t, options);
    peer.send(sent('ab', 0x01));
    const message = await connection.expectMessage();
    const text = message.text();

    await message.readable.cancel();
    peer.send(sent('c', 0x80));

    assert.equal(await text, 'abc');
  });

  it('is a source of stream.pipeline', async (t) => {
    const { connection, peer } = await acceptRaw(t, options);
    peer.send(concat([sent('ab', 0x01), sent('c', 0x80)]));
    const chunks: Buffer[] = [];
    const sink = new Writable({
      write(chunk: Buffer, _encoding, done) {
        chunks.push(chunk);
        done();
      },
    });

    await pipeline(await connection.expectMessage(), sink);

    assert.equal(Buffer.concat(chunks).toString(), 'abc');
  });

  it('is a stream of bytes, into the buffers of its reader too, and reads nothing before', async (t) => {
    const { connection, peer } = await acceptRaw(t, options);
    peer.send(sent('abcde', 0x82));
    const reader = (await connection.receive())?.readable.getReader({ mode: 'byob' });
    const texts: string[] = [];
    for (;;) {
      const next = await reader?.read(new Uint8Array(2));
      if (next?.done !== false) break;
      texts.push(Buffer.from(next.value).toString());
    }

    assert.deepEqual(texts, ['ab', 'cd', 'e']);
  });

  const LIMITS: [name: string, limits: object, frames: [payload: string, byte0: number][], option: string][] = [
    ['its header says so', { maxMessageSize: 3 }, [['abcd', 0x81]], 'maxMessageSize'],
    [
      'its headers say so together',
      { maxMessageSize: 3 },
      [
        ['ab', 0x01],
        ['', 0x00],
        ['cd', 0x80],
      ],
      'maxMessageSize',
    ],
    [
      'a frame of it is too long',
      { maxFrameSize: 3 },
      [
        ['ab', 0x01],
        ['abcd', 0x80],
      ],
      'maxFrameSize',
    ],
    ['its only frame is too long', { maxFrameSize: 3 }, [['abcd', 0x81]], 'maxFrameSize'],
  ];
  for (const [name, limits, frames, option] of LIMITS) {
    it(`fails with the connection (1009) when it is collected and too long: ${name}`, async (t) => {
      for (const isThere of [false, true]) {
        const accepted = await acceptRaw(t, { ...options, ...limits });
        const { connection, peer } = accepted;
        const bytes = concat(frames.map(([payload, byte0]) => sent(payload, byte0)));
        if (isThere) await sendCut(accepted, [bytes]);
        else peer.send(bytes);

        const collecting = (await connection.receive())?.text() ?? Promise.resolve('');

        await assert.rejects(collecting, (error) => error instanceof LimitExceededError && error.option === option);
        assert.match((await peer.describe(1))[0] ?? '', /^88: 03 f1/);
        peer.socket.end();
        const { error } = await connection.closed;
        assert.ok(error instanceof LimitExceededError);
      }
    });
  }

  it('takes no memory that a header announces', async (t) => {
    const { connection, peer } = await acceptRaw(t, { ...options, maxMessageSize: Infinity, maxFrameSize: Infinity });
    const before = process.memoryUsage().arrayBuffers;
    peer.send(hex('82 ff 00 00 00 01 00 00 00 00 01 02 03 04 05'));
    const collecting = (await connection.receive())?.bytes() ?? Promise.resolve();
    await until(() => connection.stats.bytesReceived === 15);

    assert.ok(process.memoryUsage().arrayBuffers - before < 10_000_000);
    peer.socket.resetAndDestroy();
    await assert.rejects(collecting, ConnectionClosedError);
  });

  it('may be read without waiting for what becomes of it', async (t) => {
    const { connection, peer } = await acceptRaw(t, options);
    peer.send(sent('a', 0x01));
    const message = await connection.receive();
    void message?.textChunks().next();
    void message?.bytes();
    void message?.json();
    peer.socket.resetAndDestroy();
    await connection.closed;
    await turns();
    assert.equal(connection.state, 'closed');
  });
});

async function* empty(): AsyncGenerator<never> {
  // Nothing.
}
