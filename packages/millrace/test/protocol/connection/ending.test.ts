import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { MAX_FRAME_LENGTH } from '../../../src/protocol/base/length.ts';
import { HoldReason } from '../../../src/protocol/receive/read-ahead.ts';
import { createMemoryPair } from '../../../src/testing/index.ts';
import { hex } from '../../helpers/bytes.ts';
import { connect, type Connected, type ConnectedSetup } from '../../helpers/connected.ts';
import { openFrame, summary } from '../../helpers/endings.ts';

const TEXT = { opcode: 1 };
const BINARY = { opcode: 2 };

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
          initiator: 'application',
          unsentBytes: 0,
          discardedBytes: 0,
          error: undefined,
        },
      ]);
      assert.deepEqual(connected.log.lines, ['closing', 'ended 1000', 'closed 1000']);
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
      assert.equal(summary(connected), '1001 clean application sent 1000 received 1001');
    });
  }

  it('sends an empty Close without a code, and 1005 is told for one', () => {
    const connected = connect();
    connected.connection.close();
    connected.peer.sendClose();
    connected.peer.end();

    assert.deepEqual(connected.heard(), ['88:', 'end', 'close']);
    assert.equal(summary(connected), '1005 clean application sent nothing received nothing');
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
    assert.equal(summary(connected), '1002 clean application sent 1000 received 1002');
  });

  for (const [name, act] of [
    ['we close', ({ connection }) => connection.close(1000)],
    ['the peer closes', ({ peer }) => peer.sendClose(1000)],
  ] satisfies [string, (connected: Connected) => void][]) {
    it(`is sent once, when the connection fails as ${name}, where its handler is told`, () => {
      const connected = connect({
        onLine: (line, { connection }) => {
          if (line === 'closing') connection.fail(new Error('bad'));
        },
      });

      act(connected);

      assert.deepEqual(connected.heard(), ['88: 03 f3', 'end']);
    });
  }

  it('may be called within any handler', () => {
    const connected = connect({
      level: 'message',
      onLine: (_line, { connection }) => {
        connection.close(1000);
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
    sender.sendMessage('a', TEXT);
    sender.beginMessage(2);
    sender.sendMessage('b', TEXT);

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
    assert.equal(connected.connection.state, 'answering');

    connected.connection.sender.sendFrameData(hex('08'));

    assert.deepEqual(connected.heard(), ['02: 07 08', '88: 03 e8']);
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
      assert.equal(closure.initiator, name === 'we close' ? 'application' : 'remote');
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
    connected.connection.sender.sendMessage(new Uint8Array(200_000), BINARY);
    connected.peer.sendClose(1000);
    connected.settle();
    assert.equal(connected.connection.transport, 'end');

    connected.peerTransport.startReading();

    assert.deepEqual(connected.heard().slice(1), ['88: 03 e8', 'end']);
  });
});

describe('The Close of the peer', () => {
  /** An application that is busy with each message until a test says so, and answers it then. */
  function busy(setup: ConnectedSetup = {}): { connected: Connected; finish: () => void } {
    const connected = connect({
      level: 'message',
      ...setup,
      onLine: (line, told) => {
        if (!line.startsWith('text')) return;
        told.isWorking = true;
        told.connection.hold(HoldReason.PROMISE);
      },
    });
    const finish = (): void => {
      connected.connection.sender.sendMessage('answer', TEXT);
      connected.isWorking = false;
      connected.connection.release(HoldReason.PROMISE);
    };
    return { connected, finish };
  }
  const ANSWER = '81: 61 6e 73 77 65 72';

  it('is answered when the application has returned from the messages that came before it', () => {
    const { connected, finish } = busy();
    for (const text of ['a', 'b', 'c']) connected.peer.sendText(text);
    connected.peer.sendClose(1000);

    for (const text of ['a', 'b', 'c']) {
      assert.deepEqual(connected.heard(), text === 'a' ? [] : [ANSWER]);
      assert.equal(connected.connection.state, 'closeReceived');
      assert.equal(connected.log.lines.at(-1), `text: ${text}`);
      finish();
    }

    assert.deepEqual(connected.heard(), [ANSWER, '88: 03 e8']);
    connected.peer.end();
    connected.settle();
    assert.equal(summary(connected), '1000 clean remote sent 1000 received 1000');
    assert.deepEqual(connected.log.lines.slice(-3), ['closing', 'ended 1000', 'closed 1000']);
  });

  it('is answered at once where nothing waits, though the application has paused receiving', () => {
    const connected = connect({ level: 'message' });
    connected.connection.hold(HoldReason.PAUSE);
    connected.peer.sendClose(1000);

    assert.deepEqual(connected.heard(), ['88: 03 e8']);
  });

  it('is answered when the application says that it has returned', () => {
    const connected = connect({ level: 'message' });
    connected.isWorking = true;
    connected.peer.sendClose(1000);
    assert.deepEqual(connected.heard(), []);

    connected.connection.proceed();
    assert.deepEqual(connected.heard(), []);
    connected.isWorking = false;
    assert.deepEqual(connected.heard(), []);
    connected.connection.proceed();

    assert.deepEqual(connected.heard(), ['88: 03 e8']);
  });

  it('is answered behind a Ping that waits for the application', () => {
    const connected = connect({ level: 'message' });
    connected.connection.hold(HoldReason.PAUSE);
    connected.peer.sendFrame({ opcode: 9 });
    connected.peer.sendClose(1000);
    assert.deepEqual(connected.heard(), []);

    connected.connection.release(HoldReason.PAUSE);

    assert.deepEqual(connected.heard(), ['88: 03 e8']);
    assert.deepEqual(connected.log.lines, ['ping: ', 'closing']);
  });

  it('is answered after half of closeTimeout at the latest, and messages that wait are still handed out', () => {
    const { connected, finish } = busy({ options: { closeTimeout: 1000 } });
    connected.peer.sendText('a');
    connected.peer.sendText('b');
    connected.peer.sendClose(1000);
    connected.settle();

    connected.clock.advance(499);
    assert.deepEqual(connected.heard(), []);
    connected.clock.advance(1);
    assert.deepEqual(connected.heard(), ['88: 03 e8']);
    assert.equal(connected.connection.state, 'closeDone');
    finish();

    assert.deepEqual(connected.log.lines, ['text: a', 'closing', 'text: b']);
  });

  it('is answered at once by a close of the application, with its code', () => {
    const { connected } = busy();
    connected.peer.sendText('a');
    connected.peer.sendClose(1000);
    connected.settle();

    connected.connection.close(4000, 'enough');

    assert.deepEqual(connected.heard(), ['88: 0f a0 65 6e 6f 75 67 68']);
    connected.peer.end();
    connected.settle();
    assert.equal(summary({ closures: connected.endings }), '1000 clean remote sent 4000 received 1000');
  });

  it('has nothing behind it read, and keepalive rests', () => {
    const { connected } = busy({ options: { closeTimeout: Infinity, keepAlive: { interval: 10, timeout: 10 } } });
    connected.peer.sendText('a');
    connected.peer.sendClose(1000);
    connected.peer.sendText('b');
    connected.peer.sendBytes(hex('ff ff'));
    connected.settle();

    connected.clock.advance(1e6);

    assert.deepEqual(connected.heard(), []);
    assert.deepEqual(connected.log.lines, ['text: a']);
  });

  it('is not undone by the end of the transport behind it: answers and our Close go out', () => {
    const { connected, finish } = busy({ role: 'server' });
    connected.peer.sendText('a');
    connected.peer.sendClose(1000);
    connected.peer.end();
    connected.settle();
    assert.equal(connected.connection.state, 'closeReceived');

    finish();

    assert.deepEqual(connected.heard(), [ANSWER, '88: 03 e8', 'end', 'close']);
    assert.equal(summary(connected), '1000 clean remote sent 1000 received 1000');
  });

  it('is found in what was received and is not parsed yet, when the transport has ended behind that', () => {
    const connected = connect({ level: 'message', options: { readAhead: 0 } });
    connected.connection.hold(HoldReason.PAUSE);

    connected.connection.receive(hex('81 01 61 88 02 03 e8'));
    connected.connection.receiveEnd();
    assert.equal(connected.connection.state, 'open');
    connected.connection.release(HoldReason.PAUSE);

    assert.deepEqual(connected.log.lines, ['full', 'text: a', 'closing']);
    assert.equal(connected.connection.state, 'closeDone');
    connected.connection.transportClosed();
    assert.equal(connected.closures[0]?.wasClean, false, 'our Close did not leave');
    assert.equal(connected.closures[0].unsentBytes, 8);
  });

  it('that is not there ends the connection, when what was received before the end of the transport is parsed', () => {
    const connected = connect({ level: 'message', options: { readAhead: 0 } });
    connected.connection.hold(HoldReason.PAUSE);

    connected.connection.receive(hex('81 01 61'));
    connected.connection.receiveEnd();
    assert.equal(connected.connection.state, 'open');
    connected.connection.release(HoldReason.PAUSE);
    connected.settle();

    assert.deepEqual(connected.log.lines, ['full', 'text: a', 'closing', 'ended 1006', 'closed 1006']);
    assert.equal(summary(connected), '1006 unclean remote TransportError');
  });

  it('gives up whole messages that wait behind an open one, when the frame of that has ended', () => {
    const connected = connect();
    openFrame(connected, 2);
    connected.connection.sender.sendMessage('abc', TEXT);
    connected.peer.sendClose(1000);
    connected.settle();

    connected.connection.sender.sendFrameData(hex('08'));
    assert.deepEqual(connected.heard(), ['02: 07 08', '88: 03 e8']);
    connected.peer.end();
    connected.settle();

    const [closure] = connected.closures;
    assert.deepEqual([closure?.wasClean, closure?.unsentBytes], [true, 3]);
  });
});
