import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { createMemoryPair } from '../../../src/testing/index.ts';
import { hex } from '../../helpers/bytes.ts';
import { connect, type Connected } from '../../helpers/connected.ts';

const KEEP_ALIVE = { interval: 20_000, timeout: 10_000, midFrameTimeout: 100_000 };

function pings(connected: Connected): number {
  return connected.heard().filter((frame) => frame.startsWith('89')).length;
}

describe('closeTimeout', () => {
  const STUCK: [name: string, reach: (connected: Connected) => void, closure: string][] = [
    ['an unanswered Close', ({ connection }) => connection.close(1000), 'local, sent 1000'],
    [
      'an open message that nobody ends',
      ({ connection }) => {
        connection.sender.beginMessage(2);
        connection.close(1000);
      },
      'local',
    ],
    [
      'a frame that nobody ends, after the Close of the peer',
      ({ connection, peer, settle }) => {
        connection.sender.beginMessage(2);
        connection.sender.beginFrame(5);
        settle();
        peer.sendClose(1000);
      },
      'remote',
    ],
    [
      'a failed connection whose peer does not end',
      ({ connection }) => connection.fail(new Error('failed')),
      'local, sent 1011',
    ],
    [
      'a peer that reads nothing',
      ({ connection, peerTransport }) => {
        peerTransport.stopReading();
        connection.sender.sendMessage(new Uint8Array(200_000), 2);
        connection.close(1000);
      },
      'local, sent 1000',
    ],
  ];
  for (const [name, reach, expected] of STUCK) {
    it(`ends ${name}, exactly when it is over`, () => {
      const connected = connect({ options: { closeTimeout: 500, keepAlive: false } });
      connected.clock.advance(100);
      reach(connected);
      connected.settle();

      connected.clock.advance(499);
      assert.equal(connected.closures.length, 0);
      connected.clock.advance(1);

      const [closure] = connected.closures;
      assert.deepEqual([closure?.code, closure?.wasClean], [1006, false]);
      const sent = closure?.sent === undefined ? '' : `, sent ${closure.sent.code ?? ''}`;
      assert.equal(`${closure?.initiator ?? ''}${sent}`, expected);
      if (!name.includes('failed')) assert.match(closure?.reason ?? '', /longer than the option closeTimeout/);
      assert.equal(connected.clock.nextAlarm, Infinity);
    });
  }

  it('is not over when somebody asks too early', () => {
    const connected = connect({ options: { closeTimeout: 500 } });
    connected.connection.close(1000);

    connected.connection.handleDeadline(499);
    connected.settle();

    assert.equal(connected.closures.length, 0);
  });

  it('is not put off by bytes that drip in', () => {
    const connected = connect({ options: { closeTimeout: 500 } });
    connected.connection.close(1000);
    connected.settle();

    for (let count = 0; count < 60 && connected.closures.length === 0; count++) {
      connected.peer.sendBytes(hex('89'));
      connected.peer.sendBytes(hex('00'));
      connected.settle();
      connected.clock.advance(10);
    }

    assert.equal(connected.clock.now, 500);
    assert.equal(connected.closures.length, 1);
  });

  it('is not put off by a second close, nor by the Close of the peer', () => {
    const connected = connect({ options: { closeTimeout: 500 } });
    connected.connection.sender.beginMessage(2);
    connected.connection.sender.beginFrame(9);
    connected.connection.close(1000);
    connected.settle();

    connected.clock.advance(400);
    connected.connection.close(1000);
    connected.peer.sendClose(1000);
    connected.settle();
    connected.clock.advance(100);

    assert.equal(connected.closures.length, 1);
  });

  it('ends a transport that the server leaves open, and the closing was clean all the same', () => {
    const connected = connect({ options: { closeTimeout: 500 } });
    connected.peer.sendClose(1000);
    connected.settle();

    connected.clock.advance(500);

    const [closure] = connected.closures;
    assert.deepEqual([closure?.code, closure?.wasClean, closure?.error], [1000, true, undefined]);
  });

  for (const closeTimeout of [0, Infinity]) {
    it(`may be ${closeTimeout}`, () => {
      const connected = connect({ options: { closeTimeout, keepAlive: false } });
      connected.connection.close(1000);
      connected.settle();

      connected.clock.advance(closeTimeout === 0 ? 0 : 1e12);

      assert.equal(connected.closures.length, closeTimeout === 0 ? 1 : 0);
    });
  }
});

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
    assert.deepEqual([closure.code, closure.initiator, closure.error?.name], [1006, 'local', 'TransportError']);
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

  it('does not count the time for which we pause', () => {
    const connected = connect({ options: { keepAlive: KEEP_ALIVE } });
    connected.connection.pause('test');
    connected.settle();

    connected.clock.advance(3_600_000);
    assert.equal(pings(connected), 0);
    connected.connection.resume('test');
    connected.settle();
    connected.clock.advance(19_999);
    assert.equal(pings(connected), 0);
    connected.clock.advance(1);

    assert.equal(pings(connected), 1);
    assert.equal(connected.closures.length, 0);
  });

  it('does not count a short pause before a check', () => {
    const connected = connect({ options: { keepAlive: KEEP_ALIVE } });
    connected.settle();
    connected.clock.advance(5000);
    connected.connection.pause('test');
    connected.settle();
    connected.clock.advance(10_000);
    connected.connection.resume('test');
    connected.settle();

    connected.clock.advance(19_999);
    assert.equal(pings(connected), 0);
    connected.clock.advance(1);
    assert.equal(pings(connected), 1);
  });

  it('does not take a resume of nothing as a sign of life', () => {
    const connected = connect({ options: { keepAlive: KEEP_ALIVE } });
    connected.settle();
    for (let count = 0; count < 30; count++) {
      connected.clock.advance(1000);
      connected.connection.resume('test');
      connected.settle();
    }

    assert.equal(connected.closures.length, 1);
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
    const connected = connect({ options: { keepAlive: KEEP_ALIVE, maxBufferedAmount: 1000 } });
    connected.peerTransport.stopReading();
    connected.connection.sender.sendMessage(new Uint8Array(200_000), 2);
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
    connected.connection.sender.sendMessage('b', 1);
    connected.settle();

    assert.equal(connected.connection.nextDeadline, before);
  });

  it('does nothing before the deadline', () => {
    const connected = connect({ options: { keepAlive: KEEP_ALIVE } });

    connected.connection.handleDeadline(19_999);

    assert.equal(pings(connected), 0);
  });
});
