import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { ENTRY_COST } from '../../../src/protocol/base/costs.ts';
import type { Receiver } from '../../../src/protocol/receive/handlers.ts';
import { HoldReason } from '../../../src/protocol/receive/read-ahead.ts';
import { createScriptedPair } from '../../../src/testing/index.ts';
import { concat, hex } from '../../helpers/bytes.ts';
import { connect, type Connected } from '../../helpers/connected.ts';
import { splits } from '../../helpers/splits.ts';

const { PAUSE, PROMISE, DEMAND } = HoldReason;

const STREAM = hex('01 02 61 62 89 01 07 80 01 63 82 00 8a 00');
const LINES = [
  'begin 1',
  'frame 2',
  'data 61 62',
  'frame end',
  'ping: 07',
  'frame 1 fin',
  'data 63',
  'frame end',
  'end',
  'begin 2',
  'frame 0 fin',
  'frame end',
  'end',
  'pong: ',
];

function deliver({ peer, transport, settle }: Connected, chunks: readonly Uint8Array[]): void {
  peer.sendBytes(concat(chunks));
  transport.chunking = 'by hand';
  for (const chunk of chunks) transport.deliver(chunk.length);
  settle();
}

/** A connection whose application is busy after each line that begins so. */
function busyAfter(start: string, level: Receiver['level'] = 'streaming'): Connected {
  return connect({
    level,
    onLine: (line, { connection }) => {
      if (line.startsWith(start)) connection.hold(PAUSE);
    },
  });
}

describe('Connection, while the application is busy', () => {
  for (const [event, line] of [
    ['onMessageBegin', 'begin 1'],
    ['onFrameBegin', 'frame 2'],
    ['onFrameData', 'data 61'],
    ['onFrameEnd', 'frame end'],
    ['onMessageEnd', 'end'],
    ['onPing', 'ping'],
  ] as const) {
    it(`tells nothing after ${event}, then all the rest, however the stream is cut`, () => {
      for (const chunks of splits(STREAM)) {
        const connected = busyAfter(line);

        deliver(connected, chunks);
        assert.equal(connected.log.lines.at(-1)?.startsWith(line), true);
        assert.equal(connected.connection.wantsInput, true, 'there is room');
        assert.equal(connected.transport.unreadAmount, 0);
        for (let count = 0; count < 5; count++) connected.connection.release(PAUSE);

        assert.deepEqual(connected.log.merged, LINES);
        assert.equal(connected.connection.hasWaiting, false);
      }
    });
  }

  for (const level of ['streaming', 'frame', 'message', 'whole or streaming'] as const) {
    it(`tells everything once and in order at the level '${level}', one thing at a time`, () => {
      for (const chunks of splits(STREAM)) {
        const straight = connect({ level });
        const held = busyAfter('', level);

        deliver(
          straight,
          chunks.map((chunk) => Uint8Array.from(chunk)),
        );
        deliver(held, chunks);
        for (let count = 0; count < 50; count++) {
          const { length } = held.log.lines;
          held.connection.release(PAUSE);
          assert.ok(held.log.lines.length <= length + 1);
        }

        assert.deepEqual(held.log.lines, straight.log.lines);
      }
    });
  }

  it('answers Pings, tells the engine of Pongs, and notices the Close of the peer, ahead of messages that wait', () => {
    const pongs: Uint8Array[] = [];
    const messages: unknown[] = [];
    const { connection, peer, settle } = createScriptedPair('server', {
      handler: { onPong: (payload) => pongs.push(payload) },
      receiver: { level: 'message', handler: { onMessage: (message) => messages.push(message) } },
    });
    connection.hold(PROMISE);

    peer.sendText('a');
    peer.sendFrame({ opcode: 9, payload: hex('07') });
    peer.sendFrame({ opcode: 10, payload: hex('08') });
    peer.sendFrame({ opcode: 8 });
    settle();

    assert.equal(connection.state, 'closeReceived');
    assert.deepEqual(
      peer.frames.map(({ opcode, payload }) => [opcode, ...payload]),
      [[10, 7]],
    );
    assert.deepEqual(
      pongs.map((payload) => [...payload]),
      [[8]],
    );
    assert.deepEqual(messages, []);
    connection.release(PROMISE);
    assert.deepEqual(messages, ['a']);
  });

  it('tells hooks of control frames behind the messages before them', () => {
    const connected = connect({ level: 'message', options: { extensionPoints: { controlOpcodes: [0xb] } } });
    connected.connection.hold(PROMISE);
    for (const opcode of [9, 10, 0xb]) {
      connected.peer.sendText('a');
      connected.peer.sendFrame({ opcode });
    }
    assert.deepEqual(connected.heard(), [], 'the hook answers Pings, not the engine');
    assert.deepEqual(connected.log.lines, []);

    connected.connection.release(PROMISE);

    assert.deepEqual(connected.log.lines, ['text: a', 'ping: ', 'text: a', 'pong: ', 'text: a', 'control b: ']);
  });

  it('takes no offence at control frames that nobody is told of', () => {
    const connected = connect({ controls: {}, options: { extensionPoints: { controlOpcodes: [0xb] } } });

    for (const opcode of [9, 10, 0xb]) connected.peer.sendFrame({ opcode });

    assert.deepEqual(connected.heard(), ['8a:']);
    assert.deepEqual(connected.log.lines, []);
  });

  it('goes on when the last of several reasons is gone', () => {
    const connected = connect();
    for (const reason of [PAUSE, PROMISE, PAUSE]) connected.connection.hold(reason);
    connected.peer.sendBytes(STREAM);
    connected.settle();

    for (const reason of [PAUSE, PAUSE, DEMAND]) connected.connection.release(reason);
    assert.deepEqual(connected.log.lines, []);
    connected.connection.release(PROMISE);

    assert.deepEqual(connected.log.lines, LINES);
  });

  it('reads no more when enough waits, tells so, and reads on when something was taken', () => {
    const connected = connect({ level: 'message', options: { readAhead: 3 * ENTRY_COST } });
    connected.connection.hold(DEMAND);
    for (let count = 0; count < 3; count++) connected.peer.sendText('');
    connected.settle();
    assert.deepEqual(connected.log.lines, ['full']);
    connected.peer.sendText('later');
    connected.settle();
    assert.equal(connected.transport.unreadAmount, 7);

    assert.equal(connected.connection.handOutOne(), true);
    assert.equal(connected.connection.hasWaiting, true);
    while (connected.connection.handOutOne());
    connected.connection.release(DEMAND);
    connected.settle();

    assert.deepEqual(connected.log.lines, ['full', 'text: ', 'text: ', 'text: ', 'text: later']);
  });

  it('reads nothing at all with a readAhead of 0', () => {
    const connected = connect({ options: { readAhead: 0 } });
    connected.settle();

    connected.connection.hold(PAUSE);
    connected.peer.sendBytes(STREAM);
    connected.settle();
    assert.equal(connected.transport.unreadAmount, STREAM.length);
    connected.connection.release(PAUSE);
    connected.settle();

    assert.deepEqual(connected.log.lines, ['full', ...LINES]);
  });

  it('copies what waits, for chunks are only lent', () => {
    for (const readAhead of [0, 64 * 1024]) {
      const connected = connect({ options: { readAhead } });
      const chunk = Uint8Array.from(STREAM);
      connected.connection.hold(PAUSE);

      connected.connection.receive(chunk);
      chunk.fill(0xee);
      connected.connection.release(PAUSE);

      assert.deepEqual(
        connected.log.lines.filter((line) => line !== 'full'),
        LINES,
      );
    }
  });

  it('sends as ever', () => {
    const connected = connect();
    connected.connection.hold(PAUSE);

    connected.connection.sender.sendMessage('b', { opcode: 1 });

    assert.deepEqual(connected.heard(), ['81: 62']);
  });

  it('fails where a handler throws that has waited', () => {
    const connected = connect({
      onLine: (line) => {
        if (line === 'end') throw new Error('late');
      },
    });
    connected.connection.hold(PAUSE);
    connected.peer.sendBytes(STREAM);
    connected.settle();

    connected.connection.release(PAUSE);

    assert.deepEqual(connected.heard(), ['88: 03 f3', 'end']);
    assert.deepEqual(
      connected.errors.map(({ message }) => message),
      ['late'],
    );
  });

  describe('when we close', () => {
    it('delivers what there is room for, and finds the Close of the peer behind it', () => {
      const connected = connect({ level: 'message' });
      connected.connection.hold(PAUSE);
      connected.peer.sendText('a');
      connected.connection.close(1000);
      connected.peer.sendText('b');
      connected.peer.sendClose(1000);
      connected.peer.sendText('c');
      connected.settle();
      assert.equal(connected.connection.state, 'closeDone');

      connected.connection.release(PAUSE);
      connected.peer.end();
      connected.settle();

      assert.deepEqual(connected.log.lines, ['closing', 'text: a', 'text: b', 'ended 1000', 'closed 1000']);
    });

    for (const isFullBefore of [true, false]) {
      it(`discards what exceeds readAhead ${isFullBefore ? 'before' : 'behind'} the close, and counts it`, () => {
        const connected = connect({ level: 'message', options: { readAhead: 2 * ENTRY_COST } });
        connected.connection.hold(PAUSE);
        if (!isFullBefore) connected.connection.close(1000);
        for (const text of ['', '', 'abc', 'de']) connected.peer.sendText(text);
        connected.settle();
        if (isFullBefore) connected.connection.close(1000);
        connected.peer.sendText('f');
        connected.peer.sendClose(1000);
        connected.settle();
        assert.equal(connected.connection.state, 'closeDone');

        connected.connection.release(PAUSE);
        connected.peer.end();
        connected.settle();

        const told = connected.log.lines.filter((line) => line.startsWith('text'));
        assert.deepEqual(told, ['text: ', 'text: ']);
        const [closure] = connected.closures;
        assert.deepEqual([closure?.discardedBytes, closure?.wasClean], [6, true]);
      });
    }

    it('cuts a message off in the middle, and tells nothing more of any', () => {
      const connected = connect({ options: { readAhead: 0 } });
      connected.peer.sendFrame({ opcode: 2, fin: false, payload: hex('01') });
      connected.settle();

      connected.connection.hold(PAUSE);
      connected.connection.close(1000);
      connected.peer.sendFrame({ opcode: 0, payload: hex('02 03') });
      connected.settle();
      connected.connection.release(PAUSE);
      connected.peer.sendFrame({ opcode: 2, payload: hex('04') });
      connected.peer.sendClose(1000);
      connected.peer.end();
      connected.settle();

      const told = connected.log.lines.filter((line) => /^(begin|frame|data|end$)/.test(line));
      assert.deepEqual(told, ['begin 2', 'frame 1', 'data 01', 'frame end']);
      assert.equal(connected.closures[0]?.discardedBytes, 3);
    });
  });
});

describe('Connection.ignoreMessages', () => {
  it('drops messages as they come, answers Pings, and finds the Close of the peer', () => {
    for (const isHeld of [true, false]) {
      const connected = connect({ level: 'message', controls: {}, options: { readAhead: 0 } });
      connected.connection.ignoreMessages();
      connected.connection.ignoreMessages();
      if (isHeld) connected.connection.hold(DEMAND);

      for (let count = 0; count < 1000; count++) connected.peer.sendText('dropped');
      connected.peer.sendFrame({ opcode: 9 });
      connected.peer.sendClose(1000);
      assert.deepEqual(connected.heard(), ['8a:', '88: 03 e8']);
      connected.peer.end();
      connected.settle();

      assert.deepEqual(connected.log.lines, ['closing', 'ended 1000', 'closed 1000']);
      assert.equal(connected.closures[0]?.discardedBytes, 0);
    }
  });

  it('goes on where too much waited, and holds limits', () => {
    const connected = connect({ level: 'message', options: { readAhead: 0, maxMessageSize: 10, maxFrameSize: 10 } });
    connected.connection.hold(DEMAND);
    connected.peer.sendText('a');
    connected.settle();
    assert.notEqual(connected.transport.unreadAmount, 0);

    connected.connection.ignoreMessages();
    connected.settle();
    assert.equal(connected.transport.unreadAmount, 0);
    connected.peer.sendText('more than ten');

    assert.match(connected.heard()[0] ?? '', /^88: 03 f1/);
  });
});

describe('Connection.takesLargeReads', () => {
  it('says whether what was read last was dealt with', () => {
    const connected = connect({ level: 'message', options: { readAhead: 0 } });
    assert.equal(connected.connection.takesLargeReads, true);
    connected.connection.hold(PAUSE);
    connected.connection.receive(hex('81 01 61'));
    assert.equal(connected.connection.takesLargeReads, false);

    connected.connection.release(PAUSE);

    assert.equal(connected.connection.takesLargeReads, true);
  });

  it('is not hindered by a turn that is over', () => {
    const connected = connect({ level: 'message' });

    connected.connection.receive(concat(Array<Uint8Array>(2000).fill(hex('82 00'))));

    assert.equal(connected.connection.wantsInput, false);
    assert.equal(connected.connection.takesLargeReads, true);
    connected.settle();
    assert.equal(connected.log.lines.length, 2000, 'the rest had its turn');
  });
});
