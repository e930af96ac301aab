import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { HoldReason } from '../../../src/protocol/receive/read-ahead.ts';
import { createMemoryPair, type MemoryEndSetup } from '../../../src/testing/index.ts';
import { hex } from '../../helpers/bytes.ts';
import { connect, type Connected, type ConnectedSetup } from '../../helpers/connected.ts';
import { openFrame, summary } from '../../helpers/endings.ts';

const TEXT = { opcode: 1 };
const BINARY = { opcode: 2 };

describe('Connection, when the transport ends', () => {
  type Reach = (connected: Connected) => void;
  const END: Reach = ({ peer }) => peer.end();
  const ERROR: Reach = ({ transport }) => transport.fail(new Error('ECONNRESET'));
  const DESTROY: Reach = ({ peer }) => peer.destroy();

  const CASES: [state: string, reach: Reach, closures: Record<'end' | 'error' | 'destroy', string>][] = [
    [
      'open',
      () => undefined,
      {
        end: '1006 unclean remote TransportError',
        error: '1006 unclean remote TransportError',
        destroy: '1006 unclean remote TransportError',
      },
    ],
    [
      'closing',
      ({ connection }) => {
        connection.sender.beginMessage(2);
        connection.close(1000);
      },
      {
        end: '1006 unclean application TransportError',
        error: '1006 unclean application TransportError',
        destroy: '1006 unclean application TransportError',
      },
    ],
    [
      'closeSent',
      ({ connection }) => connection.close(1000),
      {
        end: '1006 unclean application sent 1000 TransportError',
        error: '1006 unclean application sent 1000 TransportError',
        destroy: '1006 unclean application sent 1000 TransportError',
      },
    ],
    [
      'closeReceived',
      (connected) => {
        connected.isWorking = true;
        connected.peer.sendClose(1000);
      },
      { end: '', error: '1006 unclean remote received 1000 TransportError', destroy: '' },
    ],
    [
      'answering',
      (connected) => {
        openFrame(connected, 5);
        connected.peer.sendClose(1000);
      },
      { end: '', error: '1006 unclean remote received 1000 TransportError', destroy: '' },
    ],
    [
      'closeDone',
      ({ peer }) => peer.sendClose(1000),
      {
        end: '1000 clean remote sent 1000 received 1000',
        error: '1000 clean remote sent 1000 received 1000',
        destroy: '1000 clean remote sent 1000 received 1000',
      },
    ],
    [
      'failed',
      ({ connection }) => connection.fail(new Error('failed')),
      {
        end: '1006 unclean engine sent 1011 Error',
        error: '1006 unclean engine sent 1011 Error',
        destroy: '1006 unclean engine sent 1011 Error',
      },
    ],
  ];
  for (const [state, reach, expected] of CASES) {
    for (const [how, act] of [
      ['end', END],
      ['error', ERROR],
      ['destroy', DESTROY],
    ] as const) {
      it(`says how it ended, in the state '${state}' on ${how}`, () => {
        const connected = connect();
        reach(connected);
        connected.settle();
        assert.equal(connected.connection.state, state);

        act(connected);
        connected.settle();

        if (expected[how] === '') {
          assert.equal(connected.endings.length, 0, 'the Close that is still to be sent may find its way');
          connected.clock.advance(10_000);
          assert.equal(connected.endings.length, 1);
        } else {
          assert.equal(summary({ closures: connected.endings }), expected[how]);
        }
        assert.equal(connected.log.lines.filter((line) => line === 'closing').length, 1);
        assert.match(connected.log.lines.at(-1) ?? '', /^(ended|closed)/);
      });
    }
  }

  it('still sends its Close after the end of the peer, when the frame ends', () => {
    const connected = connect();
    openFrame(connected, 2);
    connected.peer.sendClose(1000);
    connected.peer.end();
    connected.settle();

    connected.connection.sender.sendFrameData(hex('08'));

    assert.deepEqual(connected.heard(), ['02: 07 08', '88: 03 e8', 'end', 'close']);
    assert.equal(summary(connected), '1000 clean remote sent 1000 received 1000');
  });

  it('wants a transport that has failed to be dropped', () => {
    const { connection } = connect();

    connection.transportFailed(new Error('ECONNRESET'));

    assert.equal(connection.transport, 'drop');
  });

  it('tells the cause of a transport that failed', () => {
    const connected = connect();
    const cause = new Error('ECONNRESET');

    connected.transport.fail(cause);

    const [closure] = connected.closures;
    assert.equal(closure?.error?.cause, cause);
    assert.equal(closure.reason, 'the transport failed: ECONNRESET');
  });

  it('tells of it once, and nothing after', () => {
    const connected = connect();
    connected.connection.drop();
    connected.settle();

    connected.connection.transportClosed();
    connected.connection.transportFailed(new Error('late'));
    connected.connection.receiveEnd();
    connected.connection.receive(hex('89 00'));
    connected.connection.handleDeadline(1e9);
    connected.connection.fail(new Error('late'));
    connected.connection.close(1000);
    connected.settle();

    assert.deepEqual(connected.log.lines, ['closing', 'ended 1006', 'closed 1006']);
    assert.equal(connected.connection.nextDeadline, Infinity);
    assert.equal(connected.connection.transport, 'drop');
  });

  it('counts what was accepted and never left, wherever it waited', () => {
    const connected = connect({ role: 'server', options: { highWaterMark: 0, maxBufferedAmount: 1e7 } });
    const { sender } = connected.connection;
    connected.peerTransport.stopReading();
    sender.sendMessage(new Uint8Array(100_000), BINARY);
    connected.settle();
    sender.sendMessage(new Uint8Array(50_000), BINARY);
    sender.beginMessage(2);
    sender.sendFrame(new Uint8Array(10));
    sender.sendMessage(new Uint8Array(1000), BINARY);
    sender.beginFrame(5);
    sender.sendControlFrame(9);

    connected.transport.fail(new Error('ECONNRESET'));

    // The transport had the first one.
    assert.equal(connected.endings[0]?.unsentBytes, 100_010 + 50_004 + 12 + 1000 + 2 + 2);
  });

  describe('while the application is busy', () => {
    function busy(closeTimeout = 1000): Connected {
      const connected = connect({ level: 'message', options: { closeTimeout } });
      connected.connection.hold(HoldReason.PROMISE);
      connected.peer.sendText('a');
      connected.peer.sendText('b');
      connected.peer.sendFrame({ opcode: 2, fin: false, payload: hex('01 02') });
      connected.settle();
      return connected;
    }

    for (const [how, act] of [
      ['end', END],
      ['error', ERROR],
      ['destroy', DESTROY],
    ] as const) {
      it(`tells so at once on ${how}, and that it is over behind the messages that were complete`, () => {
        const connected = busy();

        act(connected);
        connected.settle();
        assert.deepEqual(connected.log.lines, ['closing', 'ended 1006']);
        assert.equal(connected.endings[0]?.discardedBytes, 2);
        connected.connection.release(HoldReason.PROMISE);

        assert.deepEqual(connected.log.lines, ['closing', 'ended 1006', 'text: a', 'text: b', 'closed 1006']);
        assert.equal(connected.connection.nextDeadline, Infinity);
        assert.equal(connected.closures[0], connected.endings[0]);
      });
    }

    it('waits for an application that works, and no longer than closeTimeout', () => {
      const connected = busy();
      connected.isWorking = true;
      connected.transport.fail(new Error('ECONNRESET'));
      connected.settle();

      connected.clock.advance(999);
      connected.connection.proceed();
      assert.deepEqual(connected.closures, []);
      connected.clock.advance(1);
      assert.deepEqual(connected.log.lines, ['closing', 'ended 1006', 'closed 1006']);
      connected.connection.release(HoldReason.PROMISE);
      connected.connection.proceed();

      assert.deepEqual(connected.log.lines, ['closing', 'ended 1006', 'closed 1006'], 'nothing is told after');
      assert.equal(connected.clock.nextAlarm, Infinity);
    });

    it('waits until it has returned from the last message', () => {
      const connected = connect({
        level: 'message',
        onLine: (line, told) => {
          if (line === 'text: b') told.isWorking = true;
        },
      });
      connected.connection.hold(HoldReason.PROMISE);
      connected.peer.sendText('a');
      connected.peer.sendText('b');
      connected.peer.end();
      connected.settle();

      connected.connection.release(HoldReason.PROMISE);
      assert.deepEqual(connected.log.lines.slice(-2), ['text: a', 'text: b']);
      connected.isWorking = false;
      connected.connection.proceed();

      assert.equal(connected.log.lines.at(-1), 'closed 1006');
    });

    it('waits for ever where closeTimeout is Infinity', () => {
      const connected = busy(Infinity);
      connected.transport.fail(new Error('ECONNRESET'));

      connected.clock.advance(1e12);

      assert.deepEqual(connected.closures, []);
      assert.equal(connected.clock.nextAlarm, Infinity);
    });

    it('drops nothing of what waits, where onEnded throws', () => {
      const connected = connect({
        level: 'message',
        onLine: (line) => {
          if (line.startsWith('ended')) throw new Error('bad');
        },
      });
      connected.connection.hold(HoldReason.PROMISE);
      connected.peer.sendText('a');
      connected.peer.end();
      connected.settle();

      connected.connection.release(HoldReason.PROMISE);

      assert.deepEqual(connected.log.lines, ['closing', 'ended 1006', 'error: bad', 'text: a', 'closed 1006']);
    });
  });
});

describe('two connections', () => {
  const closings: [name: string, setup: ConnectedSetup['options']][] = [
    ['uncut', {}],
    ['with small frames', { fragmentSize: 1 }],
  ];
  for (const [name, options] of closings) {
    for (const chunking of ['whole', 1, 3] as const) {
      for (const initiator of ['client', 'server', 'both'] as const) {
        it(`close cleanly, ${name}, cut by ${chunking}, when it is up to ${initiator}`, () => {
          const ends: string[] = [];
          const texts: unknown[] = [];
          const setup = (end: string): MemoryEndSetup => ({
            options,
            handler: {
              onClosed: ({ wasClean, code }) => void ends.push(`${end} ${code} ${wasClean ? 'clean' : 'unclean'}`),
            },
            receiver: { level: 'message', handler: { onMessage: (text) => texts.push(text) } },
          });
          const pair = createMemoryPair({ client: setup('client'), server: setup('server') });
          pair.client.transport.chunking = chunking;
          pair.server.transport.chunking = chunking;

          pair.client.connection.sender.sendMessage('to the server', TEXT);
          pair.server.connection.sender.sendMessage('to the client', TEXT);
          if (initiator !== 'server') pair.client.connection.close(1000);
          if (initiator !== 'client') pair.server.connection.close(1000);
          pair.settle();

          assert.deepEqual(ends.sort(), ['client 1000 clean', 'server 1000 clean']);
          assert.deepEqual(texts.sort(), ['to the client', 'to the server']);
          assert.equal(pair.clock.nextAlarm, Infinity, 'no deadline is left');
        });
      }
    }
  }
});
