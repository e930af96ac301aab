import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { MAX_FRAME_LENGTH } from '../../../src/protocol/base/length.ts';
import { createMemoryPair, type MemoryEndSetup } from '../../../src/testing/index.ts';
import { countAllocations } from '../../helpers/allocations.ts';
import { hex } from '../../helpers/bytes.ts';
import { connect, type Connected, type ConnectedSetup } from '../../helpers/connected.ts';

const MIB = 1024 * 1024;

/** What a closure says besides its reason, on one line: `1000 clean local sent 1000 received 1000`. */
function summary({ closures }: Connected): string | undefined {
  const [closure] = closures;
  if (closure === undefined) return undefined;
  const { code, wasClean, initiator, sent, received, error } = closure;
  const parts = [String(code), wasClean ? 'clean' : 'unclean', initiator];
  if (sent !== undefined) parts.push(`sent ${sent.code ?? 'nothing'}`);
  if (received !== undefined) parts.push(`received ${received.code ?? 'nothing'}`);
  if (error !== undefined) parts.push(error.name);
  return parts.join(' ');
}

/** Opens a message and a frame of `length` bytes, of which one is on the wire. */
function openFrame({ connection, settle }: Connected, length: number | bigint): void {
  connection.sender.beginMessage(2);
  connection.sender.beginFrame(length);
  connection.sender.sendFrameData(hex('07'));
  settle();
}

describe('Connection.close', () => {
  for (const role of ['client', 'server'] as const) {
    it(`is answered, and the server ends the transport first, at a ${role}`, () => {
      const connected = connect({ role });

      connected.connection.close(1000, 'bye');
      assert.deepEqual(connected.heard(), ['88: 03 e8 62 79 65']);
      assert.equal(connected.connection.state, 'closeSent');
      connected.peer.sendClose(1000, 'too');
      assert.deepEqual(connected.heard(), role === 'server' ? ['end'] : []);
      assert.equal(connected.connection.state, 'closeDone');
      connected.peer.end();
      connected.settle();

      assert.deepEqual(connected.closures, [
        {
          code: 1000,
          reason: 'too',
          wasClean: true,
          sent: { code: 1000, reason: 'bye' },
          received: { code: 1000, reason: 'too' },
          initiator: 'local',
          error: undefined,
        },
      ]);
      assert.deepEqual(connected.log.lines, ['closing', 'closed 1000']);
    });

    it(`of the peer is answered with the same body, at a ${role}`, () => {
      const connected = connect({ role });

      connected.peer.sendClose(3001, 'bye');
      const heard = connected.heard();
      connected.peer.end();
      connected.settle();

      assert.deepEqual(heard, ['88: 0b b9 62 79 65', ...(role === 'server' ? ['end'] : [])]);
      assert.equal(summary(connected), '3001 clean remote sent 3001 received 3001');
    });

    it(`is not disturbed by an end of the transport that is told twice, at a ${role}`, () => {
      const connected = connect({ role });

      connected.connection.receiveEnd();
      connected.connection.receiveEnd();
      connected.settle();

      assert.equal(connected.closures.length, 1);
      assert.equal(connected.closures[0]?.initiator, 'remote');
    });

    it(`crosses that of the peer, at a ${role}`, () => {
      const connected = connect({ role });

      connected.connection.close(1000);
      connected.peer.sendClose(1001);
      connected.settle();
      connected.peer.end();
      connected.settle();

      assert.equal(connected.peer.frames.length, 1, 'one Close each');
      assert.equal(summary(connected), '1001 clean local sent 1000 received 1001');
    });
  }

  it('sends an empty Close without a code, and 1005 is told for one', () => {
    const connected = connect();
    connected.connection.close();
    connected.peer.sendClose();
    connected.peer.end();

    assert.deepEqual(connected.heard(), ['88:', 'end', 'close']);
    assert.equal(summary(connected), '1005 clean local sent nothing received nothing');
  });

  for (const [name, code, reason] of [
    ['1005', 1005, ''],
    ['a reason without a code', undefined, 'bye'],
    ['124 bytes', 1000, 'x'.repeat(124)],
    ['0', 0, ''],
  ] as const) {
    it(`throws on ${name}, and changes nothing`, () => {
      const connected = connect();

      assert.throws(() => connected.connection.close(code, reason), { name: 'LocalUsageError' });

      assert.equal(connected.connection.state, 'open');
      assert.deepEqual(connected.heard(), []);
    });
  }

  it('does nothing the second time, nor after the Close of the peer', () => {
    const connected = connect();
    connected.connection.close(1000);
    connected.connection.close(1001);
    connected.peer.sendClose(1002);
    connected.settle();
    connected.connection.close(1003);

    assert.deepEqual(connected.heard(), ['88: 03 e8']);
    assert.equal(connected.connection.state, 'closeDone');
    connected.peer.end();
    connected.settle();
    assert.equal(summary(connected), '1002 clean local sent 1000 received 1002');
  });

  it('may be called within any handler', () => {
    const connected = connect({
      level: 'message',
      onLine: (line, { connection }) => {
        if (!line.startsWith('closed')) connection.close(1000);
      },
    });
    connected.peer.sendText('a');
    connected.peer.sendText('b');

    assert.deepEqual(connected.heard(), ['88: 03 e8']);
    assert.deepEqual(connected.log.lines, ['text: a', 'closing', 'text: b']);
  });

  it('lets what was sent before go out first, and the open message end', () => {
    const connected = connect();
    const { sender } = connected.connection;
    sender.sendMessage('a', 1);
    sender.beginMessage(2);
    sender.sendMessage('b', 1);

    connected.connection.close(1000);
    assert.equal(connected.connection.state, 'closing');
    assert.deepEqual(connected.heard(), ['81: 61']);
    sender.sendFrame(hex('01'));
    sender.endMessage();

    assert.deepEqual(connected.heard(), ['02: 01', '80:', '81: 62', '88: 03 e8']);
    assert.equal(connected.connection.state, 'closeSent');
  });

  it('abandons the open message when the Close of the peer comes meanwhile', () => {
    const connected = connect();
    openFrame(connected, 2);
    connected.connection.close(1000);
    connected.peer.sendClose(1001);
    connected.settle();
    assert.equal(connected.connection.state, 'closeReceived');

    connected.connection.sender.sendFrameData(hex('08'));

    assert.deepEqual(connected.heard(), ['02: 07 08', '88: 03 e9']);
    assert.equal(connected.connection.state, 'closeDone');
  });

  for (const [name, close] of [
    ['we close', ({ connection }) => connection.close(1000)],
    ['the peer closes', ({ peer }) => peer.sendClose(1000)],
  ] satisfies [string, (connected: Connected) => void][]) {
    it(`sends no Close inside a frame that will never end, when ${name}, and both sides say so`, () => {
      const connected = connect();
      openFrame(connected, MAX_FRAME_LENGTH);

      close(connected);
      assert.deepEqual(connected.heard(), ['end']);
      connected.peer.sendText('ignored');
      connected.peer.end();
      connected.settle();

      assert.equal(connected.log.lines.includes('begin 1'), false);
      assert.deepEqual([...(connected.peer.takeUnfinished()?.payload ?? [])], [7]);
      const [closure] = connected.closures;
      assert.equal(closure?.code, 1006);
      assert.match(closure.reason, /no Close frame could be sent: a frame was open/);
      assert.equal(closure.sent, undefined);
      assert.equal(closure.wasClean, false);
      assert.equal(closure.initiator, name === 'we close' ? 'local' : 'remote');
    });
  }

  it('is unclean on both sides of a pair, where one is inside a frame that will never end', () => {
    const closures: string[] = [];
    const onClosed = ({ code, wasClean }: { code: number; wasClean: boolean }): void =>
      void closures.push(`${code} ${wasClean ? 'clean' : 'unclean'}`);
    const { client, settle } = createMemoryPair({
      client: { handler: { onClosed } },
      server: { handler: { onClosed } },
    });
    client.connection.sender.beginMessage(2);
    client.connection.sender.beginFrame(MAX_FRAME_LENGTH);
    settle();

    client.connection.close(1000);
    settle();

    assert.deepEqual(closures, ['1006 unclean', '1006 unclean']);
  });

  it('answers pings while our Close waits, as RFC 6455 §5.5.2 demands', () => {
    const connected = connect({
      onLine: (line, { connection }) => {
        if (line.startsWith('ping')) connection.sender.sendControlFrame(0xa, hex('07'));
      },
    });
    connected.connection.sender.beginMessage(2);
    connected.connection.close(1000);

    connected.peer.sendFrame({ opcode: 9, payload: hex('07') });

    assert.deepEqual(connected.heard(), ['8a: 07']);
  });

  it('delivers messages until the Close of the peer, and nothing behind it', () => {
    const connected = connect({ level: 'message' });
    connected.connection.close(1000);
    connected.peer.sendText('a');
    connected.peer.sendClose(1000);
    connected.peer.sendText('b');
    connected.peer.sendBytes(hex('ff ff ff'));
    connected.settle();

    assert.deepEqual(connected.log.lines, ['closing', 'text: a']);
    assert.equal(connected.connection.state, 'closeDone');
  });

  it('ends the transport only when the output is written', () => {
    const connected = connect({ role: 'server' });
    connected.peerTransport.stopReading();
    connected.connection.sender.sendMessage(new Uint8Array(200_000), 2);
    connected.peer.sendClose(1000);
    connected.settle();
    assert.equal(connected.connection.transport, 'end');

    connected.peerTransport.startReading();

    assert.deepEqual(connected.heard().slice(1), ['88: 03 e8', 'end']);
  });
});

describe('Connection.fail', () => {
  const POINTS: [point: string, reach: (connected: Connected) => void, closes: boolean][] = [
    ['with nothing on its way', () => undefined, true],
    ['with a message open', ({ connection }) => connection.sender.beginMessage(2), true],
    [
      'with a frame that has not left',
      ({ connection }) => {
        connection.sender.beginMessage(2);
        connection.sender.beginFrame(5);
      },
      true,
    ],
    ['inside a frame', (connected) => openFrame(connected, 5), false],
    ['inside an endless frame', (connected) => openFrame(connected, MAX_FRAME_LENGTH), false],
    [
      'while our Close waits',
      ({ connection }) => {
        connection.sender.beginMessage(2);
        connection.close(1000);
      },
      true,
    ],
    ['with receiving paused', ({ connection }) => connection.pause('test'), true],
  ];
  for (const [point, reach, closes] of POINTS) {
    it(`${closes ? 'sends Close' : 'sends no Close'}, then half-closes, ${point}`, () => {
      const connected = connect();
      reach(connected);

      connected.connection.fail(new Error('failed'));
      connected.connection.fail(new Error('again'));

      assert.deepEqual(connected.heard(), closes ? ['88: 03 f3', 'end'] : ['end']);
      connected.peer.sendText('ignored');
      connected.peer.end();
      connected.settle();
      assert.equal(summary(connected), `1006 unclean local ${closes ? 'sent 1011 ' : ''}Error`);
      assert.equal(connected.closures[0]?.reason, 'failed');
    });
  }

  it('sends no second Close, after ours', () => {
    const connected = connect();
    connected.connection.close(1000);
    connected.settle();

    connected.connection.fail(new Error('failed'));

    assert.deepEqual(connected.heard(), ['88: 03 e8', 'end']);
    connected.peer.end();
    connected.settle();
    assert.equal(summary(connected), '1006 unclean local sent 1000 Error');
  });

  it('changes nothing when the closing handshake is complete', () => {
    const connected = connect();
    connected.peer.sendClose(1000);
    connected.settle();

    connected.connection.fail(new Error('too late'));
    connected.peer.end();
    connected.settle();

    assert.equal(summary(connected), '1000 clean remote sent 1000 received 1000');
  });

  it('keeps nothing of what it discards', () => {
    const { connection } = connect();
    connection.fail(new Error('failed'));
    const chunk = new Uint8Array(1000);

    assert.equal(countAllocations(() => connection.receive(chunk)).count, 0);
  });

  it('reads and discards what still comes, up to a bound', () => {
    const connected = connect();
    connected.connection.fail(new Error('failed'));
    connected.settle();
    let sent = 0;

    const flood = (until: number): void => {
      for (; sent < until && !connected.transport.isClosed; sent += MIB / 4) {
        connected.peer.sendBytes(new Uint8Array(MIB / 4));
        connected.settle();
      }
    };

    flood(MIB);
    assert.equal(connected.closures.length, 0);
    assert.deepEqual(connected.log.lines, ['closing']);
    flood(64 * MIB);
    assert.ok(sent < 32 * MIB, 'the transport is dropped at last');
    assert.equal(summary(connected), '1006 unclean local sent 1011 Error');
  });
});

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
        end: '1006 unclean local TransportError',
        error: '1006 unclean local TransportError',
        destroy: '1006 unclean local TransportError',
      },
    ],
    [
      'closeSent',
      ({ connection }) => connection.close(1000),
      {
        end: '1006 unclean local sent 1000 TransportError',
        error: '1006 unclean local sent 1000 TransportError',
        destroy: '1006 unclean local sent 1000 TransportError',
      },
    ],
    [
      'closeReceived',
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
        end: '1006 unclean local sent 1011 Error',
        error: '1006 unclean local sent 1011 Error',
        destroy: '1006 unclean local sent 1011 Error',
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
          assert.equal(connected.closures.length, 0, 'the Close that is still to be sent may find its way');
          connected.clock.advance(10_000);
          assert.equal(connected.closures[0]?.error?.name, 'TransportError');
        } else {
          assert.equal(summary(connected), expected[how]);
        }
        assert.equal(connected.log.lines.filter((line) => line === 'closing').length, 1);
        assert.match(connected.log.lines.at(-1) ?? '', /^closed/);
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

  it('says that we began, when we drop it', () => {
    const connected = connect();

    connected.settle();

    connected.connection.drop();
    connected.connection.drop();
    connected.settle();

    assert.equal(summary(connected), '1006 unclean local');
    assert.deepEqual(connected.log.lines, ['closing', 'closed 1006']);
  });

  it('sends nothing any more, as soon as it is dropped', () => {
    const connected = connect();
    const { connection } = connected;

    connection.drop();

    assert.equal(connection.state, 'failed');
    assert.equal(connection.sender.sendMessage('late', 1), false);
    assert.equal(connection.sender.sendControlFrame(9), false);
    assert.equal(connection.hasOutput, false);
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

    assert.deepEqual(connected.log.lines, ['closing', 'closed 1006']);
    assert.equal(connected.connection.nextDeadline, Infinity);
    assert.equal(connected.connection.transport, 'drop');
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

          pair.client.connection.sender.sendMessage('to the server', 1);
          pair.server.connection.sender.sendMessage('to the client', 1);
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
