import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { WebSocket } from '../../src/web/index.ts';
import { frame } from '../helpers/frames.ts';
import { listenRaw, type RawPeer } from '../helpers/raw-peer.ts';
import { isDOMException } from './dom-exception.ts';
import { openPage, record } from './pages.ts';

const TIME_LIMIT = 30_000;

/** Sends a Close frame and ends the transport, as a server does. */
function answer(peer: RawPeer, payload: Uint8Array = new Uint8Array(0)): void {
  peer.send(frame({ byte0: 0x88, payload }));
  peer.socket.end();
}

describe('WebSocket.close', { timeout: TIME_LIMIT }, () => {
  for (const [name, args, expected] of [
    ['nothing', [], '88:'],
    ['undefined', [undefined, undefined], '88:'],
    ['a code', [1000], '88: 03 e8'],
    ['a code and a reason', [3001, 'hé'], '88: 0b b9 68 c3 a9'],
    ['a code and an empty reason', [4999, ''], '88: 13 87'],
    ['a reason alone', [undefined, 'r'], '88: 03 e8 72'],
    ['text that is a code', ['3000'], '88: 0b b8'],
    ['half a code, which goes to the even one', [2999.5], '88: 0b b8'],
    ['a lone surrogate', [1000, '\ud800'], '88: 03 e8 ef bf bd'],
    ['the longest reason', [1000, 'x'.repeat(123)], `88: 03 e8${' 78'.repeat(123)}`],
  ] as unknown as [string, Parameters<WebSocket['close']>, string][]) {
    it(`sends a Close frame for ${name}`, async (t) => {
      const { socket, journal, peer } = await openPage(t);

      socket.close(...args);
      const state = socket.readyState;
      const lines = [...journal.lines];
      const frames = await peer.describe(1);
      answer(peer, Uint8Array.of(0x0b, 0xb8, 0x61));
      await journal.has('close');

      assert.deepEqual(frames, [expected]);
      assert.deepEqual([state, lines], [WebSocket.CLOSING, ['open']]);
      assert.deepEqual(journal.lines, ['open', 'close clean 3000 a']);
    });
  }

  for (const [name, args, error] of [
    ['0', [0], 'InvalidAccessError'],
    ['999', [999], 'InvalidAccessError'],
    ['1001', [1001], 'InvalidAccessError'],
    ['1005', [1005], 'InvalidAccessError'],
    ['2999', [2999], 'InvalidAccessError'],
    ['5000', [5000], 'InvalidAccessError'],
    ['65536 and 1000, which is clamped', [66_536], 'InvalidAccessError'],
    ['no number', ['code'], 'InvalidAccessError'],
    ['a reason of 124 bytes', [1000, 'x'.repeat(124)], 'SyntaxError'],
    ['a reason of 62 characters and 124 bytes', [1000, 'é'.repeat(62)], 'SyntaxError'],
  ] as unknown as [string, Parameters<WebSocket['close']>, string][]) {
    it(`refuses ${name}`, async (t) => {
      const { socket } = await openPage(t);

      assert.throws(() => socket.close(...args), isDOMException(error));

      assert.equal(socket.readyState, WebSocket.OPEN);
    });
  }

  it('checks its arguments in every state', async (t) => {
    const { socket, journal, peer } = await openPage(t);
    answer(peer);
    await journal.has('close');

    assert.throws(() => socket.close(1), isDOMException('InvalidAccessError'));
    socket.close(1000);

    assert.equal(socket.readyState, WebSocket.CLOSED);
    assert.deepEqual(journal.lines, ['open', 'close clean 1005']);
  });

  it('is done once: what comes later changes nothing', async (t) => {
    const { socket, journal, peer } = await openPage(t);

    socket.close(3000, 'first');
    socket.close(4000, 'second');
    await peer.describe(1);
    answer(peer);
    await journal.has('close');

    assert.equal(peer.frames.size, 0);
    assert.deepEqual(journal.lines, ['open', 'close clean 1005']);
  });

  it('drops messages that come after it', async (t) => {
    const { socket, journal, peer } = await openPage(t);

    socket.close();
    peer.send(frame({ byte0: 0x81, payload: Buffer.from('late') }));
    await peer.describe(1);
    answer(peer);
    await journal.has('close');

    assert.deepEqual(journal.lines, ['open', 'close clean 1005']);
  });

  it('gives a connection up that is not open, whatever its code', async (t) => {
    const { url } = await listenRaw(t);
    const socket = new WebSocket(url);
    const journal = record(socket);

    socket.close(3000, 'changed my mind');
    const state = socket.readyState;
    await Promise.resolve();
    const lines = [...journal.lines];
    await journal.has('close');

    assert.deepEqual([state, lines], [WebSocket.CLOSING, []]);
    assert.deepEqual(journal.lines, ['error', 'close unclean 1006']);
    assert.equal(socket.readyState, WebSocket.CLOSED);
  });

  it('works within the listener of open', async (t) => {
    const { url, peers } = await listenRaw(t);
    const socket = new WebSocket(url);
    const journal = record(socket);
    socket.onopen = () => socket.close(1000);
    const peer = await peers.take();

    assert.deepEqual(await peer.describe(1), ['88: 03 e8']);
    answer(peer);
    await journal.has('close');
    assert.deepEqual(journal.lines, ['open', 'close clean 1005']);
  });

  it('is too late when the server has closed, whose code counts', async (t) => {
    const { socket, journal, peer } = await openPage(t);

    peer.send(frame({ byte0: 0x88, payload: Uint8Array.of(0x0b, 0xb8) }));
    assert.deepEqual(await peer.describe(1), ['88: 0b b8']);
    const state = socket.readyState;
    socket.close(4000);
    peer.socket.end();
    await journal.has('close');

    assert.equal(state, WebSocket.CLOSING);
    assert.deepEqual(journal.lines, ['open', 'close clean 3000']);
  });
});
