import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { WebSocketServer } from 'ws';

import { ConnectionClosedError, LimitExceededError } from '../../src/protocol/base/errors.ts';
import { connect, prepareMessage, serve } from '../../src/index.ts';
import { hex } from '../helpers/bytes.ts';
import { Inbox } from '../helpers/inbox.ts';
import { connectRaw } from '../helpers/raw-peer.ts';
import { fateOf, openSending, turns } from '../helpers/sending.ts';

const KIB = 1024;

describe('WebSocketConnection.send', () => {
  it('sends whole messages of each kind and type, in order', async (t) => {
    const { connection, frames } = openSending(t);
    const { signal } = new AbortController();

    await Promise.all([
      connection.send('é'),
      connection.send(hex('01')),
      connection.send('é', { type: 'binary' }),
      connection.send(hex('c3 a9'), { type: 'text' }),
      connection.send(new Uint16Array([0x0201]), { signal }),
      connection.send(hex('05').buffer),
      connection.send(new DataView(hex('06').buffer), {}),
      connection.send(''),
    ]);

    assert.deepEqual(await frames(8), [
      '81: c3 a9',
      '82: 01',
      '82: c3 a9',
      '81: c3 a9',
      '82: 01 02',
      '82: 05',
      '82: 06',
      '81:',
    ]);
  });

  it('refuses bytes as text that are not UTF-8, and a type that is none', async (t) => {
    const { connection, frames } = openSending(t);

    await assert.rejects(connection.send(hex('ff'), { type: 'text' }), { name: 'LocalUsageError' });
    await assert.rejects(connection.send('a', { type: 'json' as 'text' }), { name: 'LocalUsageError' });
    await connection.send('a');

    assert.deepEqual(await frames(1), ['81: 61']);
  });

  it('makes no promise where nothing has to wait', (t) => {
    const { connection } = openSending(t);

    assert.equal(connection.send('a'), connection.send(hex('01')));
  });

  it('is held by a peer that does not read, until all has left', async (t) => {
    const { connection, block, unblock } = openSending(t);
    block();

    const below = connection.send(new Uint8Array(4 * KIB));
    const above = connection.send(new Uint8Array(64 * KIB - 10));
    assert.deepEqual([await fateOf(below), await fateOf(above)], ['resolved', 'pending']);
    assert.equal(connection.bufferedAmount, 68 * KIB - 10 + 4 + 4);
    unblock();
    await above;

    assert.equal(connection.bufferedAmount, 0);
  });

  it('counts in bufferedAmount what waits anywhere, in bytes', async (t) => {
    const { connection, block, unblock } = openSending(t);
    block();

    void connection.send('abc');
    assert.equal(connection.bufferedAmount, 5);
    await turns(2);
    assert.equal(connection.bufferedAmount, 5);
    const writer = await connection.beginMessage('text');
    void writer.write('€');
    assert.equal(connection.bufferedAmount, 8);
    void connection.send('€€');
    assert.equal(connection.bufferedAmount, 14);
    await turns(2);
    assert.equal(connection.bufferedAmount, 16);
    await writer.end();
    assert.equal(connection.bufferedAmount, 5 + 5 + 2 + 8);
    unblock();
    await turns(3);

    assert.equal(connection.bufferedAmount, 0);
  });

  it('closes with 1008 when nobody waits and it becomes too much; all promises settle', async (t) => {
    const { connection, block, peer } = openSending(t, { maxBufferedAmount: 2000, highWaterMark: 500 });
    block();

    const sends = Array.from({ length: 20 }, () => connection.send(new Uint8Array(100)));
    peer.destroy();
    const { error, sent } = await connection.closed;

    assert.ok(error instanceof LimitExceededError);
    assert.equal(error.option, 'maxBufferedAmount');
    assert.equal(sent?.code, 1008);
    await Promise.allSettled(sends);
    await assert.rejects(connection.send('a'), ConnectionClosedError);
    await assert.rejects(connection.send('a', { type: 'text' }), ConnectionClosedError);
    await assert.rejects(sends[19]!, ConnectionClosedError);
  });

  it('sends a message that has waited for its turn, though others fill the connection by then', async (t) => {
    const { connection, peer } = openSending(t, { maxBufferedAmount: 3200, highWaterMark: 800 });
    const writer = await connection.beginMessage('binary');
    const waiting = connection.send(new Uint8Array(900));

    void writer.write(new Uint8Array(700));
    await writer.end();
    await waiting;

    assert.equal(connection.state, 'open');
    assert.deepEqual(
      [await peer.nextFrame(), await peer.nextFrame()].map(({ payload }) => payload.length),
      [700, 900],
    );
  });

  describe('with a signal', () => {
    it('does nothing if that is aborted', async (t) => {
      const { connection, frames } = openSending(t);

      await assert.rejects(connection.send('a', { signal: AbortSignal.abort(new Error('no')) }), /no/);
      await connection.send('b');

      assert.deepEqual(await frames(1), ['81: 62']);
    });

    it('withdraws a message that waits for its turn', async (t) => {
      const { connection, frames } = openSending(t, { highWaterMark: 0 });
      const controller = new AbortController();
      const writer = await connection.beginMessage('text');
      const withdrawn = connection.send('a', { signal: controller.signal });
      assert.equal(connection.bufferedAmount, 1);

      controller.abort(new Error('no'));
      await assert.rejects(withdrawn, /no/);
      assert.equal(connection.bufferedAmount, 0);
      await writer.end();
      await connection.send('b');

      assert.deepEqual(await frames(2), ['81:', '81: 62']);
    });

    it('withdraws a prepared message that waits for its turn', async (t) => {
      const { connection, frames } = openSending(t, { highWaterMark: 0 });
      const controller = new AbortController();
      const { signal } = controller;
      const prepared = prepareMessage('a');
      const writer = await connection.beginMessage('text');
      const withdrawn = connection.send(prepared, { signal });
      assert.equal(connection.bufferedAmount, 1);

      controller.abort(new Error('no'));
      await assert.rejects(withdrawn, /no/);
      await assert.rejects(connection.send(prepared, { signal }), /no/);
      assert.equal(connection.bufferedAmount, 0);
      await writer.end();
      await connection.send(prepareMessage('b'), { signal: new AbortController().signal });

      assert.deepEqual(await frames(2), ['81:', '81: 62']);
    });

    it('stops waiting for one that was sent, which goes its way', async (t) => {
      const { connection, block, unblock, frames } = openSending(t, { highWaterMark: 0 });
      const controller = new AbortController();
      block();

      const sent = connection.send('a', { signal: controller.signal });
      controller.abort(new Error('enough'));
      await assert.rejects(sent, /enough/);
      unblock();

      assert.deepEqual(await frames(1), ['81: 61']);
      assert.equal(connection.state, 'open');
    });

    it('stops waiting while the connection closes', async (t) => {
      const { connection } = openSending(t);
      const controller = new AbortController();
      void connection.close();

      const sent = [connection.send('a', { signal: controller.signal }), connection.send(['a'], controller)];
      controller.abort(new Error('enough'));

      for (const each of sent) await assert.rejects(each, /enough/);
    });
  });

  it('never changes a payload that is masked', async (t) => {
    const { connection, peer } = openSending(t, { role: 'client' });
    const payloads = [10, 5000, 300_000].map((size) => new Uint8Array(size).fill(7));

    for (const payload of payloads) {
      await connection.send(payload);
      await connection.send([payload, payload.subarray(1)]);
      await connection.send(payload, { type: 'text' });
    }
    await turns(2);

    assert.ok(payloads.every((payload) => payload.every((byte) => byte === 7)));
    assert.ok(
      peer.frames.every(({ payload, maskingKey }) => maskingKey !== undefined && payload.every((byte) => byte === 7)),
    );
  });

  it('is understood by ws, as a client and as a server', async (t) => {
    const big = Buffer.alloc(3_000_000, 'é');
    const sends: [data: Parameters<Awaited<ReturnType<typeof connect>>['send']>[0], text: string | undefined][] = [
      ['é', 'é'],
      [Readable.from(['a', 'b']), 'ab'],
      [big, undefined],
      [new Blob([big]), undefined],
      [[new Uint8Array(0), big.subarray(0, 7), big.subarray(7)], undefined],
    ];
    const messages = new Inbox<{ data: Buffer; isBinary: boolean }>();
    const theirs = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    t.after(() => theirs.close());
    theirs.on('connection', (socket) => {
      socket.on('message', (data, isBinary) => messages.put({ data: data as Buffer, isBinary }));
    });
    await once(theirs, 'listening');
    const connection = await connect(`ws://127.0.0.1:${String((theirs.address() as AddressInfo).port)}`);
    t.after(() => connection.drop());

    for (const [data] of sends) void connection.send(data);

    for (const [, text] of sends) {
      const { data, isBinary } = await messages.take();
      assert.equal(isBinary, text === undefined);
      assert.ok(data.equals(text === undefined ? big : Buffer.from(text)));
    }
    assert.equal((await connection.close()).wasClean, true);
  });

  it('waits over a real socket whose other side does not read', async (t) => {
    const pending = new Inbox<{ readonly sent: Promise<void> }>();
    const server = await serve({ port: 0, host: '127.0.0.1' }, async (connection) => {
      const sent = connection.send(Readable.from(endless()));
      pending.put({ sent });
      await sent;
    });
    t.after(() => server.close({ timeout: 0 }));
    let pieces = 0;
    function* endless(): Generator<Uint8Array> {
      for (;;) {
        pieces++;
        yield new Uint8Array(64 * KIB);
      }
    }
    const peer = await connectRaw(t, server.url);
    peer.socket.pause();
    const { sent } = await pending.take();

    for (let before = -1; before !== pieces;) {
      before = pieces;
      await turns(50);
    }
    const [connection] = server.connections;
    assert.ok((connection?.bufferedAmount ?? 0) <= 512 * KIB);
    peer.socket.destroy();

    await assert.rejects(sent, ConnectionClosedError);
  });

  it('leaves no unhandled rejection, whatever nobody waits for', async () => {
    const child = fileURLToPath(new URL('children/unawaited.js', import.meta.url));

    const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--unhandled-rejections=strict', child]);

    assert.equal(stderr, '');
    assert.match(stdout, /^survived, with \d+ promises rejected\n$/);
  });
});
