import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { HoldReason } from '../../../src/protocol/receive/read-ahead.ts';
import { createMemoryPair } from '../../../src/testing/index.ts';
import { hex } from '../../helpers/bytes.ts';
import { connect, type Connected } from '../../helpers/connected.ts';

const TEXT = { opcode: 1 };
const BINARY = { opcode: 2 };
const KEEP_ALIVE = { interval: 20_000, timeout: 10_000, midFrameTimeout: 100_000 };

function pings(connected: Connected): number {
  return connected.heard().filter((frame) => frame.startsWith('89')).length;
}

describe('keepAlive', () => {
  it('pings a silent peer, and gives it up', () => {
    const connected = connect({ options: { keepAlive: KEEP_ALIVE } });
    connected.settle();

    connected.clock.advance(19_999);
    assert.equal(pings(connected), 0);
    connected.clock.advance(1);
    assert.equal(pings(connected), 1);
    connected.clock.advance(9_999);
    assert.equal(connected.closures.length, 0);
    connected.clock.advance(1);

    const [closure] = connected.closures;
    assert.equal(closure?.reason, 'the peer has vanished: it was silent for longer than keepAlive allows');
    assert.deepEqual([closure.code, closure.initiator, closure.error?.name], [1006, 'engine', 'TransportError']);
  });

  it('does nothing when it is off', () => {
    const connected = connect({ options: { keepAlive: false } });
    connected.settle();

    connected.clock.advance(1e12);

    assert.equal(connected.clock.nextAlarm, Infinity);
    assert.deepEqual(connected.heard(), []);
  });

  for (const [name, bytes] of [
    ['a pong', '8a 00'],
    ['a ping', '89 00'],
    ['a message', '81 00'],
    ['a part of a header', '82'],
    ['a part of a frame', '82 05 01'],
  ] as const) {
    it(`takes ${name} as a sign of life`, () => {
      const connected = connect({ options: { keepAlive: KEEP_ALIVE } });
      connected.settle();
      connected.clock.advance(29_999);

      connected.peer.sendBytes(hex(bytes));
      connected.settle();
      connected.clock.advance(29_999);

      assert.equal(connected.closures.length, 0);
    });
  }

  it('keeps a connection on which bytes drip in', () => {
    const connected = connect({ options: { keepAlive: KEEP_ALIVE } });
    connected.peer.sendFrame({ announced: 1000 });
    for (let count = 0; count < 20; count++) {
      connected.peer.sendBytes(hex('01'));
      connected.settle();
      connected.clock.advance(99_999);
    }

    assert.equal(connected.closures.length, 0);
    assert.equal(pings(connected), 0, 'whoever is inside a frame cannot answer');
    connected.clock.advance(1);
    assert.equal(connected.closures.length, 1);
  });

  it('pings for ever a peer that answers', () => {
    const pair = createMemoryPair({
      client: { options: { keepAlive: false } },
      server: { options: { keepAlive: KEEP_ALIVE } },
    });
    pair.settle();

    pair.clock.advance(3_600_000);

    assert.equal(pair.server.connection.state, 'open');
    assert.equal(pair.server.connection.stats.framesSent, 180);
  });

  describe('while nothing is read, for the application is busy', () => {
    /** A connection that reads nothing. */
    function blind(): Connected {
      const connected = connect({ options: { keepAlive: KEEP_ALIVE, readAhead: 0 } });
      connected.connection.hold(HoldReason.PAUSE);
      connected.settle();
      return connected;
    }

    it('pings as ever, and gives up nobody', () => {
      const connected = blind();

      connected.clock.advance(3_600_000);

      assert.equal(pings(connected), 180);
      assert.equal(connected.connection.state, 'open');
    });

    it('begins afresh when reading goes on', () => {
      const connected = blind();
      connected.clock.advance(25_000);
      assert.equal(pings(connected), 1);

      connected.connection.release(HoldReason.PAUSE);
      connected.settle();
      connected.clock.advance(19_999);
      assert.equal(pings(connected), 0);
      connected.clock.advance(1);
      assert.equal(pings(connected), 1);
      connected.clock.advance(9_999);
      assert.equal(connected.connection.state, 'open');
      connected.clock.advance(1);

      assert.equal(connected.closures.length, 1);
    });

    it('does not count a short pause before a check', () => {
      const connected = connect({ options: { keepAlive: KEEP_ALIVE, readAhead: 0 } });
      connected.settle();
      connected.clock.advance(5000);
      connected.connection.hold(HoldReason.PAUSE);
      connected.settle();
      connected.clock.advance(10_000);
      connected.connection.release(HoldReason.PAUSE);
      connected.settle();

      connected.clock.advance(19_999);
      assert.equal(pings(connected), 0);
      connected.clock.advance(1);
      assert.equal(pings(connected), 1);
    });

    it('does not take the release of nothing as a sign of life', () => {
      const connected = connect({ options: { keepAlive: KEEP_ALIVE } });
      connected.settle();
      for (let count = 0; count < 30; count++) {
        connected.clock.advance(1000);
        connected.connection.release(HoldReason.PAUSE);
        connected.settle();
      }

      assert.equal(connected.closures.length, 1);
    });
  });

  it('finds a peer that has vanished though the application is busy, as long as readAhead is not full', () => {
    const connected = connect({ options: { keepAlive: KEEP_ALIVE } });
    connected.connection.hold(HoldReason.PROMISE);
    connected.peer.sendText('a');
    connected.settle();

    connected.clock.advance(30_000);

    assert.equal(connected.endings.length, 1);
    assert.equal(connected.endings[0]?.error?.name, 'TransportError');
  });

  it('answers the pings of the peer though the application is busy', () => {
    const connected = connect({ options: { keepAlive: false }, controls: {} });
    connected.connection.hold(HoldReason.PROMISE);
    connected.peer.sendText('a');
    connected.peer.sendFrame({ opcode: 9, payload: hex('07') });

    assert.deepEqual(connected.heard(), ['8a: 07']);
  });

  it('gives up nobody while a frame of ours is open, for no ping can go out', () => {
    const connected = connect({ options: { keepAlive: KEEP_ALIVE } });
    connected.connection.sender.beginMessage(2);
    connected.connection.sender.beginFrame(3);
    connected.settle();

    connected.clock.advance(3_600_000);
    assert.equal(connected.connection.state, 'open');
    connected.connection.sender.sendFrameData(hex('01 02 03'));
    connected.settle();
    connected.clock.advance(20_000);
    assert.equal(pings(connected), 1);
    connected.clock.advance(10_000);

    assert.equal(connected.closures.length, 1);
  });

  it('pings through a message that is larger than maxBufferedAmount', () => {
    const connected = connect({ options: { keepAlive: KEEP_ALIVE, highWaterMark: 0, maxBufferedAmount: 1000 } });
    connected.peerTransport.stopReading();
    connected.connection.sender.sendMessage(new Uint8Array(200_000), BINARY);
    connected.settle();

    connected.clock.advance(20_000);

    assert.equal(connected.connection.state, 'open');
    connected.peerTransport.startReading();
    assert.equal(pings(connected), 1);
  });

  it('touches no deadline for a message', () => {
    const connected = connect({ options: { keepAlive: KEEP_ALIVE } });
    connected.settle();
    const before = connected.connection.nextDeadline;

    connected.clock.advance(5);
    connected.peer.sendText('a');
    connected.connection.sender.sendMessage('b', TEXT);
    connected.settle();

    assert.equal(connected.connection.nextDeadline, before);
  });

  it('knows how long its last ping took to be answered, or one of the application', () => {
    const connected = connect({ options: { keepAlive: KEEP_ALIVE } });
    connected.settle();
    assert.equal(connected.connection.stats.pingLatency, undefined);
    connected.clock.advance(20_000);
    connected.clock.advance(70);
    connected.peer.sendFrame({ opcode: 0xa });
    connected.settle();
    assert.equal(connected.connection.stats.pingLatency, 70);

    connected.connection.notePingLatency(30);

    assert.equal(connected.connection.stats.pingLatency, 30);
  });

  it('does nothing before the deadline', () => {
    const connected = connect({ options: { keepAlive: KEEP_ALIVE } });

    connected.connection.handleDeadline(19_999);

    assert.equal(pings(connected), 0);
  });
});
