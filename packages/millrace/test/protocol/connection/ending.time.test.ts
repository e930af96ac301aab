import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { hex } from '../../helpers/bytes.ts';
import { connect, type Connected } from '../../helpers/connected.ts';

const BINARY = { opcode: 2 };

describe('closeTimeout', () => {
  const STUCK: [name: string, reach: (connected: Connected) => void, closure: string][] = [
    ['an unanswered Close', ({ connection }) => connection.close(1000), 'application, sent 1000'],
    [
      'an open message that nobody ends',
      ({ connection }) => {
        connection.sender.beginMessage(2);
        connection.close(1000);
      },
      'application',
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
      'engine, sent 1011',
    ],
    [
      'a peer that reads nothing',
      ({ connection, peerTransport }) => {
        peerTransport.stopReading();
        connection.sender.sendMessage(new Uint8Array(200_000), BINARY);
        connection.close(1000);
      },
      'application, sent 1000',
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
