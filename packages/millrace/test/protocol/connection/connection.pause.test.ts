import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { concat, hex } from '../../helpers/bytes.ts';
import { connect, type Connected } from '../../helpers/connected.ts';
import { splits } from '../../helpers/splits.ts';

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

/** A connection that pauses after each line that begins so. */
function pausing(start: string, reason = 'test'): Connected {
  return connect({
    onLine: (line, { connection }) => {
      if (line.startsWith(start)) connection.pause(reason);
    },
  });
}

describe('Connection, while receiving is paused', () => {
  for (const [event, line] of [
    ['onMessageBegin', 'begin 1'],
    ['onFrameBegin', 'frame 2'],
    ['onFrameData', 'data 61'],
    ['onFrameEnd', 'frame end'],
    ['onMessageEnd', 'end'],
    ['onPing', 'ping'],
  ] as const) {
    it(`tells nothing after ${event} until it is resumed, then all the rest, however the stream is cut`, () => {
      for (const chunks of splits(STREAM)) {
        const connected = pausing(line);

        deliver(connected, chunks);
        const told = connected.log.lines.length;
        assert.equal(connected.log.lines.at(-1)?.startsWith(line), true, 'it paused at once');
        assert.equal(connected.connection.wantsInput, false);
        for (let count = 0; count < 5; count++) {
          connected.connection.resume('test');
          connected.settle();
        }

        assert.ok(connected.log.lines.length > told);
        assert.deepEqual(connected.log.merged, LINES);
        assert.equal(connected.connection.wantsInput, true);
      }
    });
  }

  it('tells everything once and in order, with a pause after every line', () => {
    for (const chunks of splits(STREAM)) {
      const connected = pausing('');

      deliver(connected, chunks);
      for (let count = 0; count < 50; count++) {
        const { length } = connected.log.lines;
        connected.connection.resume('test');
        assert.ok(connected.log.lines.length <= length + 1, 'one line at a time');
        connected.settle();
      }

      assert.deepEqual(connected.log.merged, LINES);
    }
  });

  for (const level of ['frame', 'message'] as const) {
    it(`tells everything once and in order at the level '${level}', with a pause after every line`, () => {
      for (const chunks of splits(STREAM)) {
        const straight = connect({ level });
        const paused = connect({ level, onLine: (_line, { connection }) => connection.pause('test') });

        deliver(
          straight,
          chunks.map((chunk) => Uint8Array.from(chunk)),
        );
        deliver(paused, chunks);
        for (let count = 0; count < 50; count++) {
          paused.connection.resume('test');
          paused.settle();
        }

        assert.deepEqual(paused.log.lines, straight.log.lines);
      }
    });
  }

  it('is not paused where a handler resumes within its event', () => {
    for (const chunks of splits(STREAM)) {
      const connected = connect({
        onLine: (_line, { connection }) => {
          connection.pause('test');
          connection.resume('test');
        },
      });

      deliver(connected, chunks);

      assert.deepEqual(connected.log.merged, LINES);
    }
  });

  it('goes on when the last of several reasons is gone', () => {
    const connected = connect();
    for (const reason of ['a', 'b', 'a']) connected.connection.pause(reason);
    connected.peer.sendBytes(STREAM);
    connected.settle();

    connected.connection.resume('a');
    connected.connection.resume('a');
    connected.settle();
    assert.deepEqual(connected.log.lines, []);
    assert.equal(connected.transport.unreadAmount, STREAM.length, 'the transport is not read');
    connected.connection.resume('b');
    connected.settle();

    assert.deepEqual(connected.log.lines, LINES);
  });

  it('has the transport stop at once, also outside of a handler', () => {
    const connected = connect();
    connected.settle();

    connected.connection.pause('test');
    connected.peer.sendBytes(STREAM);
    connected.settle();

    assert.equal(connected.transport.unreadAmount, STREAM.length);
  });

  it('copies what waits, for chunks are only lent', () => {
    const connected = pausing('begin');
    const chunk = Uint8Array.from(STREAM);

    connected.connection.receive(chunk);
    chunk.fill(0xee);
    for (let count = 0; count < 3; count++) connected.connection.resume('test');

    assert.deepEqual(connected.log.lines, LINES);
  });

  it('keeps pings and Close waiting behind a message', () => {
    const connected = pausing('data');
    connected.peer.sendText('a');
    connected.peer.sendFrame({ opcode: 9 });
    connected.peer.sendClose(1000);
    connected.settle();
    assert.deepEqual(connected.log.lines, ['begin 1', 'frame 1 fin', 'data 61']);

    connected.connection.resume('test');

    assert.deepEqual(connected.log.lines, [
      'begin 1',
      'frame 1 fin',
      'data 61',
      'frame end',
      'end',
      'ping: ',
      'closing',
    ]);
  });

  it('sends as ever', () => {
    const connected = pausing('begin');
    connected.peer.sendText('a');
    connected.settle();

    connected.connection.sender.sendMessage('b', 1);

    assert.deepEqual(connected.heard(), ['81: 62']);
  });

  describe('when we close', () => {
    for (const line of ['begin 1', 'frame 1', 'data 61', 'frame end', 'end']) {
      it(`discards what waits behind '${line}', and finds the Close of the peer`, () => {
        const connected = pausing(line);
        connected.peer.sendText('a');
        connected.peer.sendText('b');
        connected.peer.sendClose(1000);
        connected.settle();
        const told = connected.log.lines.length;

        connected.connection.close(1000);
        connected.settle();

        assert.equal(connected.connection.state, 'closeDone');
        assert.deepEqual(connected.log.lines.slice(told), ['closing']);
      });

      it(`discards what is behind '${line}', where a handler pauses and closes`, () => {
        const connected = connect({
          onLine: (told, { connection }) => {
            if (!told.startsWith(line)) return;
            connection.pause('test');
            connection.close(1000);
          },
        });
        connected.peer.sendText('a');
        connected.peer.sendText('b');
        connected.peer.sendClose(1000);

        connected.settle();

        assert.equal(connected.connection.state, 'closeDone');
        assert.equal(connected.log.lines.at(-1), 'closing');
      });
    }

    it('delivers messages until the Close of the peer, as long as nothing pauses', () => {
      const connected = connect({ level: 'message' });
      connected.connection.close(1000);
      connected.peer.sendText('a');
      connected.peer.sendClose(1000);
      connected.peer.sendText('b');
      connected.settle();

      assert.deepEqual(connected.log.lines, ['closing', 'text: a']);
    });

    it('discards from a later pause on, and keeps reading', () => {
      const connected = pausing('data 61');
      connected.connection.close(1000);
      connected.peer.sendText('a');
      connected.settle();
      assert.equal(connected.connection.wantsInput, true);

      connected.connection.resume('test');
      connected.peer.sendText('b');
      connected.settle();

      assert.deepEqual(connected.log.lines, ['closing', 'begin 1', 'frame 1 fin', 'data 61']);
    });
  });

  it('forgets what waits, when it fails', () => {
    const connected = pausing('begin');
    connected.peer.sendText('a');
    connected.settle();

    connected.connection.fail(new Error('failed'));
    connected.connection.resume('test');
    connected.settle();

    assert.deepEqual(connected.log.lines, ['begin 1', 'closing']);
    assert.equal(connected.connection.wantsInput, true, 'to discard what still comes');
  });

  it('delivers nothing after drop, also of the same chunk', () => {
    const connected = connect({
      level: 'message',
      onLine: (line, { connection }) => {
        if (line === 'text: a') connection.drop();
      },
    });
    connected.peer.sendBytes(hex('81 01 61 81 01 62'));

    connected.settle();

    assert.deepEqual(connected.log.lines, ['text: a', 'closing', 'closed 1006']);
    assert.equal(connected.closures[0]?.initiator, 'local');
  });
});
