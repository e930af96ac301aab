import assert from 'node:assert/strict';
import type { ReadableStreamDefaultReader, WritableStreamDefaultWriter } from 'node:stream/web';
import { describe, it } from 'node:test';

import {
  WebSocketError,
  type StreamedMessage,
  type WebSocketOpenInfo,
  type WritableMessage,
} from '../../src/web/index.ts';
import { concat } from '../helpers/bytes.ts';
import { isDOMException } from './dom-exception.ts';
import { STREAM_SIDES, type StreamAndPeer } from './stream-sides.ts';

const TIME_LIMIT = 60_000;
const MIB = 1024 * 1024;

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Answers the Close frame that comes. */
async function answerClose({ peer, frame }: StreamAndPeer, payload: Uint8Array | string = ''): Promise<string[]> {
  const frames = await peer.describe(1);
  peer.send(frame(0x88, payload));
  peer.socket.end();
  return frames;
}

/** The reader and the writer of a connection. */
function partsOf({ readable, writable }: WebSocketOpenInfo): {
  readonly reader: ReadableStreamDefaultReader<StreamedMessage>;
  readonly writer: WritableStreamDefaultWriter<WritableMessage>;
} {
  return { reader: readable.getReader(), writer: writable.getWriter() };
}

/** The one error that all these reject with. */
async function sharedError(promises: readonly Promise<unknown>[]): Promise<WebSocketError> {
  const results = await Promise.allSettled(promises);
  const errors = new Set(results.map((result) => (result.status === 'rejected' ? (result.reason as unknown) : result)));
  const [error] = errors;
  assert.equal(errors.size, 1);
  assert.ok(error instanceof WebSocketError);
  return error;
}

for (const { name, open } of STREAM_SIDES) {
  describe(`${name}: closing`, { timeout: TIME_LIMIT }, () => {
    for (const [what, info, expected] of [
      ['nothing', undefined, '88:'],
      ['null', null, '88:'],
      ['no members', {}, '88:'],
      ['a code', { closeCode: 1000 }, '88: 03 e8'],
      ['a code and a reason', { closeCode: 4999, reason: 'r' }, '88: 13 87 72'],
      ['a reason alone, which has the code 1000', { reason: 'r' }, '88: 03 e8 72'],
      ['text that is a code', { closeCode: '3000' }, '88: 0b b8'],
    ] as const) {
      it(`sends ${what}, and ends cleanly with what the peer answers`, async (t) => {
        const pair = await open(t);
        const { reader, writer } = partsOf(await pair.stream.opened);

        pair.stream.close(info as object);
        const frames = await answerClose(pair, Uint8Array.of(0x0b, 0xb8, 0x61));

        assert.deepEqual(frames, [expected]);
        assert.deepEqual(await pair.stream.closed, { closeCode: 3000, reason: 'a' });
        assert.deepEqual(await reader.read(), { done: true, value: undefined });
        await reader.closed;
        await assert.rejects(writer.write('late'), isDOMException('InvalidStateError'));
        await assert.rejects(writer.closed, isDOMException('InvalidStateError'));
      });
    }

    for (const [info, expected] of [
      [{ closeCode: 999 }, 'InvalidAccessError'],
      [{ closeCode: 1001 }, 'InvalidAccessError'],
      [{ closeCode: 2999 }, 'InvalidAccessError'],
      [{ closeCode: 5000 }, 'InvalidAccessError'],
      [{ closeCode: 1000, reason: 'x'.repeat(124) }, 'SyntaxError'],
      [{ reason: 'x'.repeat(124) }, 'SyntaxError'],
      [{ closeCode: 65_536 }, 'TypeError'],
      [{ closeCode: -1 }, 'TypeError'],
      [{ closeCode: 'code' }, 'TypeError'],
      ['text', 'TypeError'],
      [1000, 'TypeError'],
    ] as const) {
      it(`is refused with ${JSON.stringify(info).slice(0, 40)}: ${expected}`, async (t) => {
        const { stream, peer } = await open(t);
        const { writer } = partsOf(await stream.opened);

        assert.throws(() => stream.close(info as object), { name: expected });

        await writer.write('still open');
        assert.equal((await peer.describe(1)).length, 1);
      });
    }

    it('is the first of several', async (t) => {
      const pair = await open(t);

      pair.stream.close({ closeCode: 3000 });
      pair.stream.close({ closeCode: 4000 });

      assert.deepEqual(await answerClose(pair), ['88: 0b b8']);
      assert.deepEqual(await pair.stream.closed, { closeCode: 1005, reason: '' });
    });

    it('by the peer is clean, and leaves what came before to be read', async (t) => {
      const { stream, peer, frame } = await open(t);
      const { reader } = partsOf(await stream.opened);

      peer.send(
        concat([frame(0x81, 'a'), frame(0x82, 'b'), frame(0x81, 'c'), frame(0x88, Uint8Array.of(3, 232, 0x62))]),
      );
      const first = [await reader.read(), await reader.read(), await reader.read(), await reader.read()];
      peer.socket.end();

      assert.deepEqual(await stream.closed, { closeCode: 1000, reason: 'b' });
      assert.deepEqual(first, [
        { done: false, value: 'a' },
        { done: false, value: Uint8Array.of(0x62) },
        { done: false, value: 'c' },
        { done: true, value: undefined },
      ]);
    });

    it('of the transport alone gives everybody the same error', async (t) => {
      const { stream, peer } = await open(t);
      const { reader, writer } = partsOf(await stream.opened);

      const reading = reader.read();
      peer.socket.destroy();
      const error = await sharedError([stream.closed, reading, reader.closed, writer.closed]);

      assert.equal(error, await sharedError([writer.write('late'), reader.read()]));
      assert.deepEqual([error.closeCode, error.reason], [1006, '']);
    });

    it('of the transport alone fails the reader also where a message is unread', async (t) => {
      const { stream, peer, frame } = await open(t);
      const { reader } = partsOf(await stream.opened);

      peer.send(concat([frame(0x89), frame(0x81, 'unread')]));
      await peer.frames.take();
      for (let count = 0; count < 5; count++) await turn();
      peer.socket.destroy();
      const lost = [stream.closed, reader.closed];

      await sharedError(lost);
    });

    it('for a violation gives everybody the same error', async (t) => {
      const { stream, peer, frame } = await open(t);
      const { reader, writer } = partsOf(await stream.opened);

      const reading = reader.read();
      peer.send(frame(0x83));
      peer.socket.on('end', () => peer.socket.destroy());
      const error = await sharedError([stream.closed, reading, writer.closed]);

      assert.equal(error.closeCode, 1006);
      assert.match(error.message, /reserved opcode/);
    });

    it('is not clean with data that could not be written', async (t) => {
      const pair = await open(t);
      const { reader, writer } = partsOf(await pair.stream.opened);
      pair.peer.socket.pause();

      const writing = writer.write(new Uint8Array(8 * MIB));
      await turn();
      pair.stream.close({ closeCode: 3000 });
      pair.peer.socket.resume();
      await pair.peer.frames.takeAll(8);
      assert.deepEqual(await answerClose(pair, Uint8Array.of(0x0b, 0xb8)), ['88: 0b b8']);
      const error = await sharedError([pair.stream.closed, writing, writer.closed, reader.closed]);

      assert.equal(error.closeCode, 3000);
    });

    it('drops what comes after it', async (t) => {
      const pair = await open(t);
      const { reader } = partsOf(await pair.stream.opened);

      pair.stream.close();
      pair.peer.send(pair.frame(0x81, 'late'));
      await answerClose(pair);

      assert.deepEqual(await reader.read(), { done: true, value: undefined });
    });

    it('by the writer resolves when the closing handshake is over', async (t) => {
      const pair = await open(t);
      const { writer } = partsOf(await pair.stream.opened);
      let isClosed = false;

      const closing = writer.close().then(() => (isClosed = true));
      const frames = await pair.peer.describe(1);
      for (let count = 0; count < 5; count++) await turn();
      const before = isClosed;
      pair.peer.send(pair.frame(0x88));
      pair.peer.socket.end();
      await closing;

      assert.deepEqual([frames, before], [['88:'], false]);
      assert.deepEqual(await pair.stream.closed, { closeCode: 1005, reason: '' });
      await writer.closed;
    });

    it('by the writer rejects, with the error of all, if the peer does not take part', async (t) => {
      const { stream, peer } = await open(t);
      const { writer } = partsOf(await stream.opened);

      const closing = writer.close();
      await peer.describe(1);
      peer.socket.destroy();

      await sharedError([closing, stream.closed]);
    });

    for (const [what, reason, expected] of [
      ['nothing', undefined, '88:'],
      ['an error of another kind', new Error('stop'), '88:'],
      ['a DOMException', new DOMException('stop', 'AbortError'), '88:'],
      ['an object with a code', { closeCode: 3000, reason: 'r' }, '88:'],
      ['a WebSocketError without a code', new WebSocketError('stop'), '88:'],
      ['a WebSocketError', new WebSocketError('stop', { closeCode: 3000, reason: 'r' }), '88: 0b b8 72'],
      ['a WebSocketError with a reason', new WebSocketError('', { reason: 'r' }), '88: 03 e8 72'],
    ] as const) {
      it(`by abort, for ${what}`, async (t) => {
        const pair = await open(t);
        const { writable } = await pair.stream.opened;

        const aborting = writable.abort(reason);

        assert.deepEqual(await answerClose(pair), [expected]);
        await aborting;
        assert.deepEqual(await pair.stream.closed, { closeCode: 1005, reason: '' });
      });

      it(`by cancel, for ${what}`, async (t) => {
        const pair = await open(t);
        const { readable } = await pair.stream.opened;

        const cancelling = readable.cancel(reason);

        assert.deepEqual(await answerClose(pair), [expected]);
        await cancelling;
        assert.deepEqual(await pair.stream.closed, { closeCode: 1005, reason: '' });
      });
    }

    it('by abort, for the error of a connection that was lost, has no code: 1006 cannot be sent', async (t) => {
      const lost = await open(t);
      lost.peer.socket.destroy();
      const error: unknown = await lost.stream.closed.catch((reason: unknown) => reason);
      const pair = await open(t);
      const { writable } = await pair.stream.opened;

      void writable.abort(error);

      assert.deepEqual(await answerClose(pair), ['88:']);
    });

    it('by abort does not wait for a write that the peer does not let through', async (t) => {
      const pair = await open(t);
      const { writer } = partsOf(await pair.stream.opened);
      pair.peer.socket.pause();

      const writing = writer.write(new Uint8Array(8 * MIB));
      await turn();
      const aborting = writer.abort(new WebSocketError('', { closeCode: 3000 }));
      pair.peer.socket.resume();
      await pair.peer.frames.takeAll(8);

      assert.deepEqual(await answerClose(pair), ['88: 0b b8']);
      await sharedError([pair.stream.closed, writing]);
      await Promise.allSettled([aborting]);
    });
  });
}
