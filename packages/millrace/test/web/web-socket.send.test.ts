import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { openAsBlob } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';

import { WebSocket } from '../../src/web/index.ts';
import { toHex } from '../helpers/bytes.ts';
import { frame } from '../helpers/frames.ts';
import { listenRaw } from '../helpers/raw-peer.ts';
import { isDOMException } from './dom-exception.ts';
import { openPage } from './pages.ts';

const TIME_LIMIT = 30_000;
const MIB = 1024 * 1024;

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Waits until all has left. */
async function drained(socket: WebSocket): Promise<void> {
  while (socket.bufferedAmount > 0) await turn();
}

const bytes = Uint8Array.of(1, 2, 3, 4);

/** A view of a buffer that was given away. */
function detached(): Uint8Array<ArrayBuffer> {
  const view = new Uint8Array(4);
  structuredClone(view.buffer, { transfer: [view.buffer] });
  return view;
}

function resizable(): ArrayBuffer {
  return Reflect.construct(ArrayBuffer, [4, { maxByteLength: 8 }]) as ArrayBuffer;
}

const textFrame = (text: string): string => `81: ${toHex(Buffer.from(text))}`.trimEnd();

describe('WebSocket.send', { timeout: TIME_LIMIT }, () => {
  for (const [name, data, expected, size] of [
    ['text', 'grüße', textFrame('grüße'), 7],
    ['no text', '', '81:', 0],
    ['a lone surrogate', 'a\ud800', textFrame('a\ufffd'), 4],
    ['a number', 1.5, textFrame('1.5'), 3],
    ['null', null, textFrame('null'), 4],
    ['undefined', undefined, textFrame('undefined'), 9],
    ['an object', { toString: () => 'own' }, textFrame('own'), 3],
    ['an array', [1, 2], textFrame('1,2'), 3],
    ['a SharedArrayBuffer', new SharedArrayBuffer(1), textFrame('[object SharedArrayBuffer]'), 26],
    ['an ArrayBuffer', bytes.buffer, '82: 01 02 03 04', 4],
    ['a part of one', bytes.subarray(1, 3), '82: 02 03', 2],
    ['a DataView', new DataView(bytes.buffer, 2, 1), '82: 03', 1],
    ['wide elements', Uint16Array.of(0x0101), '82: 01 01', 2],
    ['a Buffer', Buffer.from([9]), '82: 09', 1],
    ['no bytes', new ArrayBuffer(0), '82:', 0],
    ['a buffer that was given away', detached().buffer, '82:', 0],
    ['a view of one', detached(), '82:', 0],
    ['a Blob', new Blob([bytes, 'a']), '82: 01 02 03 04 61', 5],
  ] as const) {
    it(`sends ${name}, and counts it`, async (t) => {
      const { socket, peer } = await openPage(t);

      socket.send(data as string);
      const counted = socket.bufferedAmount;

      assert.deepEqual(await peer.describe(1), [expected]);
      assert.equal(counted, size);
      await drained(socket);
    });
  }

  for (const [name, data] of [
    ['a symbol', Symbol('s')],
    ['an object without text', Object.create(null)],
    ['shared bytes', new Uint8Array(new SharedArrayBuffer(4))],
    ['a buffer that can be resized', resizable()],
    ['a view of one', new Uint8Array(resizable())],
  ] as [string, unknown][]) {
    it(`refuses ${name}`, async (t) => {
      const { socket, peer } = await openPage(t);

      assert.throws(() => socket.send(data as string), TypeError);
      socket.send('next');

      assert.deepEqual(await peer.describe(1), [textFrame('next')]);
    });
  }

  it('wants an argument', async (t) => {
    const { socket } = await openPage(t);

    assert.throws(() => Reflect.apply(socket.send.bind(socket), undefined, []) as unknown, TypeError);
  });

  it('copies bytes at once', async (t) => {
    const { socket, peer } = await openPage(t);
    const mine = Uint8Array.of(1, 2);

    socket.send(mine);
    socket.send(new Blob(['b']));
    // These wait for the Blob.
    socket.send(mine);
    socket.send(mine.buffer);
    mine.fill(9);

    assert.deepEqual(await peer.describe(4), ['82: 01 02', '82: 62', '82: 01 02', '82: 01 02']);
  });

  it('is an InvalidStateError before the connection is open', async (t) => {
    const { url } = await listenRaw(t);
    const socket = new WebSocket(url);

    assert.throws(() => socket.send('early'), isDOMException('InvalidStateError'));

    assert.equal(socket.bufferedAmount, 0);
    socket.close();
  });

  it('keeps the order of blobs, of what is between them, and of the Close frame', async (t) => {
    const { socket, peer } = await openPage(t);

    socket.send('a');
    socket.send(new Blob(['b'.repeat(100_000)]));
    socket.send('c');
    socket.send(new Blob(['d']));
    socket.send(Uint8Array.of(5));
    socket.close(1000);
    const counted = socket.bufferedAmount;

    const frames = await peer.frames.takeAll(6);
    assert.deepEqual(
      frames.map(({ byte0, payload }) => `${byte0.toString(16)} ${String(payload.length)}`),
      ['81 1', '82 100000', '81 1', '82 1', '82 1', '88 2'],
    );
    assert.equal(counted, 100_004);
  });

  it('fails the connection where a Blob cannot be read', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-blob-'));
    t.after(() => rm(folder, { recursive: true }));
    const file = join(folder, 'file');
    await writeFile(file, 'before');
    const blob = await openAsBlob(file);
    await writeFile(file, 'after that');
    const { socket, journal, peer } = await openPage(t);

    socket.send(blob);
    socket.send('behind');
    peer.socket.on('end', () => peer.socket.destroy());
    await journal.has('close');

    assert.deepEqual(journal.lines, ['open', 'error', 'close unclean 1006']);
    assert.equal(socket.bufferedAmount, blob.size + 'behind'.length);
    assert.deepEqual(await peer.describeAll(), ['88: 03 f3']);
  });
});

/** A page whose peer does not read. */
async function openBlocked(t: TestContext): Promise<Awaited<ReturnType<typeof openPage>>> {
  const page = await openPage(t);
  page.peer.socket.pause();
  return page;
}

describe('WebSocket.bufferedAmount', { timeout: TIME_LIMIT }, () => {
  it('counts payload alone, goes down as it leaves, and ends at 0', async (t) => {
    const { socket, peer } = await openBlocked(t);
    const sizes = [8 * MIB, 0, 1, 1000, 100_000];

    for (const size of sizes) socket.send(new Uint8Array(size));
    const total = sizes.reduce((sum, size) => sum + size, 0);
    const counted = socket.bufferedAmount;
    await turn();
    const blocked = socket.bufferedAmount;
    const seen: number[] = [];
    peer.socket.resume();
    do {
      seen.push(socket.bufferedAmount);
      await turn();
    } while (seen.at(-1) !== 0);

    assert.equal(counted, total);
    assert.ok(blocked > 0 && blocked < total);
    assert.deepEqual(
      seen,
      [...seen].sort((a, b) => b - a),
    );
    // Eight frames of 1 MiB are the first message.
    const frames = await peer.frames.takeAll(12);
    assert.equal(
      frames.reduce((sum, { payload }) => sum + payload.length, 0),
      total,
    );
  });

  it('is 0 again for each of many small messages, with pings between them', async (t) => {
    const { socket, peer } = await openPage(t);

    for (let round = 0; round < 20; round++) {
      peer.send(frame({ byte0: 0x89, payload: Buffer.alloc(100) }));
      for (let count = 0; count < 50; count++) socket.send('x'.repeat(round));
      assert.equal(socket.bufferedAmount, 50 * round);
      await drained(socket);
    }

    assert.equal((await peer.frames.takeAll(1000)).length, 1000);
  });

  it('counts what comes after close, and never lets it go', async (t) => {
    const { socket, journal, peer } = await openPage(t);

    socket.send('before');
    socket.close();
    socket.send('123');
    socket.send(new Blob(['4567']));
    const counted = socket.bufferedAmount;
    await peer.describe(2);
    peer.send(frame({ byte0: 0x88 }));
    peer.socket.end();
    await journal.has('close');
    const atEnd = socket.bufferedAmount;
    socket.send(bytes);

    assert.deepEqual([counted, atEnd, socket.bufferedAmount], [13, 7, 11]);
    assert.deepEqual(journal.lines, ['open', 'close clean 1005']);
  });

  it('counts what comes after a close before the connection was open', async (t) => {
    const { url } = await listenRaw(t);
    const socket = new WebSocket(url);

    socket.close();
    socket.send('123');
    const counted = socket.bufferedAmount;
    await once(socket, 'close');
    socket.send('4');

    assert.deepEqual([counted, socket.bufferedAmount], [3, 4]);
  });

  it('keeps what could not leave before the connection was lost', async (t) => {
    const { socket, journal, peer } = await openBlocked(t);
    socket.send(new Uint8Array(8 * MIB));
    // Until the operating system takes no more.
    let before = socket.bufferedAmount;
    for (let same = 0; same < 10; same = before === socket.bufferedAmount ? same + 1 : 0) {
      before = socket.bufferedAmount;
      await turn();
    }

    peer.socket.resetAndDestroy();
    await journal.has('close');

    assert.deepEqual(journal.lines, ['open', 'error', 'close unclean 1006']);
    assert.equal(socket.bufferedAmount, before);
  });

  it('fails the connection at once where it exceeds maxBufferedAmount within a listener of open', async (t) => {
    const { url, peers } = await listenRaw(t);
    const socket = new WebSocket(url, { maxBufferedAmount: 200_000 });
    const opened = once(socket, 'open');
    const closed = once(socket, 'close');
    socket.onopen = () => {
      for (let count = 0; count < 3; count++) socket.send(new Uint8Array(150_000));
    };
    await opened;
    const state = await new Promise((resolve) => setImmediate(() => resolve(socket.readyState)));
    const peer = await peers.take();
    peer.socket.on('end', () => peer.socket.destroy());
    await closed;

    assert.equal(state, WebSocket.CLOSING);
    assert.equal(socket.readyState, WebSocket.CLOSED);
  });

  it('keeps what exceeded maxBufferedAmount, for which the connection fails', async (t) => {
    const { url, peers } = await listenRaw(t);
    const socket = new WebSocket(url, { maxBufferedAmount: 10_000_000 });
    await once(socket, 'open');
    const peer = await peers.take();
    peer.socket.pause();

    socket.send(new Uint8Array(9_000_000));
    socket.send(new Uint8Array(2_000_000));
    const counted = socket.bufferedAmount;
    const closed = once(socket, 'close');
    peer.socket.resume();
    peer.socket.on('end', () => peer.socket.destroy());
    await closed;

    assert.equal(counted, 11_000_000);
    assert.equal(socket.bufferedAmount, 11_000_000);
    assert.equal(socket.readyState, WebSocket.CLOSED);
  });
});
