import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { MAX_FRAME_LENGTH } from '../../../src/protocol/base/length.ts';
import { Connection } from '../../../src/protocol/connection/connection.ts';
import { HoldReason } from '../../../src/protocol/receive/read-ahead.ts';
import { countAllocations } from '../../helpers/allocations.ts';
import { BARE } from '../../helpers/bare.ts';
import { concat, hex, toHex } from '../../helpers/bytes.ts';
import { connect, type Connected, type ConnectedSetup } from '../../helpers/connected.ts';
import { openFrame, summary } from '../../helpers/endings.ts';

const MIB = 1024 * 1024;
const TEXT = { opcode: 1 };

describe('Connection.fail', () => {
  const POINTS: [point: string, reach: (connected: Connected) => void, before: string[], closes: boolean][] = [
    ['with nothing on its way', () => undefined, [], true],
    ['with a message open', ({ connection }) => connection.sender.beginMessage(2), [], true],
    [
      'with a whole message on its way, and an open one behind it',
      ({ connection }) => {
        connection.sender.sendMessage('a', TEXT);
        connection.sender.beginMessage(2);
        connection.sender.sendFrame(hex('07'));
        connection.sender.sendMessage('never', TEXT);
      },
      ['81: 61', '02: 07'],
      true,
    ],
    [
      'with a frame that has not left',
      ({ connection }) => {
        connection.sender.beginMessage(2);
        connection.sender.beginFrame(5);
        connection.sender.sendFrameData(hex('01 02'));
      },
      [],
      true,
    ],
    ['inside a frame', (connected) => openFrame(connected, 5), [], false],
    ['inside an endless frame', (connected) => openFrame(connected, MAX_FRAME_LENGTH), [], false],
    [
      'inside a frame, with control frames that wait for its end',
      (connected) => {
        openFrame(connected, 5);
        connected.connection.sender.sendAutomaticPong(hex('01'));
        connected.connection.sender.sendControlFrame(9, hex('02'));
      },
      [],
      false,
    ],
    [
      'while our Close waits',
      ({ connection }) => {
        connection.sender.beginMessage(2);
        connection.close(1000);
      },
      [],
      true,
    ],
    ['with receiving paused', ({ connection }) => connection.hold(HoldReason.PAUSE), [], true],
    [
      'when the Close of the peer waits to be answered',
      (connected) => {
        connected.isWorking = true;
        connected.peer.sendClose(1000);
        connected.settle();
      },
      [],
      true,
    ],
  ];
  for (const [point, reach, before, closes] of POINTS) {
    it(`${closes ? 'sends Close' : 'sends no Close'}, then half-closes, ${point}`, () => {
      const connected = connect({ options: { keepAlive: false } });
      reach(connected);

      connected.connection.fail(new Error('failed'));
      connected.connection.fail(new Error('again'));

      assert.deepEqual(connected.heard(), [...before, ...(closes ? ['88: 03 f3'] : []), 'end']);
      connected.peer.sendText('ignored');
      connected.peer.end();
      connected.settle();
      const [closure] = connected.endings;
      assert.deepEqual([closure?.code, closure?.wasClean, closure?.reason], [1006, false, 'failed']);
      assert.equal(closure?.sent?.code, closes ? 1011 : undefined);
      assert.equal(connected.log.lines.includes('begin 1'), false);
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
    assert.equal(summary({ closures: connected.endings }), '1006 unclean application sent 1000 Error');
  });

  it('changes nothing when the closing handshake is complete', () => {
    const connected = connect();
    connected.peer.sendClose(1000);
    connected.settle();

    connected.connection.fail(new Error('too late'));
    connected.peer.end();
    connected.settle();

    assert.equal(summary({ closures: connected.endings }), '1000 clean remote sent 1000 received 1000');
  });

  it('counts what is given up and was received, what was sent and never left', () => {
    const connected = connect({ level: 'message' });
    connected.connection.sender.beginMessage(2);
    connected.connection.sender.beginFrame(9);
    connected.connection.sender.sendFrameData(hex('01 02'));
    connected.connection.sender.sendMessage('waits', TEXT);
    connected.connection.hold(HoldReason.PAUSE);
    connected.connection.receive(hex('81 03 61 62 63 01 02 61 62'));

    connected.connection.fail(new Error('failed'));
    connected.peer.end();
    connected.settle();

    const [closure] = connected.endings;
    // The header of the open frame, too: two bytes and the masking key.
    assert.equal(closure?.unsentBytes, 6 + 2 + 5);
    assert.equal(closure.discardedBytes, 3 + 2);
  });

  it('keeps nothing of what it discards', () => {
    const { connection } = connect();
    connection.fail(new Error('failed'));
    const chunk = new Uint8Array(1000);

    assert.equal(countAllocations(() => connection.receive(chunk)).count, 0);
  });

  it('reads and discards what still comes, up to 16 MiB, whatever was discarded before', () => {
    for (const before of [0, 20 * MIB]) {
      const connected = connect({ options: { readAhead: 0, keepAlive: false } });
      // Something large that nobody reads, while we close.
      connected.connection.close(1000);
      connected.connection.hold(HoldReason.PAUSE);
      connected.settle();
      connected.peer.sendFrame({ payload: new Uint8Array(before) });
      connected.settle();
      connected.connection.fail(new Error('failed'));
      connected.settle();
      let sent = 0;

      const flood = (until: number): void => {
        for (; sent < until && !connected.transport.isClosed; sent += MIB / 4) {
          connected.peer.sendBytes(new Uint8Array(MIB / 4));
          connected.settle();
        }
      };

      flood(16 * MIB);
      assert.equal(connected.endings.length, 0);
      flood(64 * MIB);
      assert.equal(sent, 16 * MIB + MIB / 4, 'the transport is dropped at last');
      assert.equal(connected.endings[0]?.discardedBytes, before + sent);
    }
  });
});

describe('A violation by the peer', () => {
  const VIOLATION = 'c1 00';

  /** An application that has a message to deal with, when a violation comes behind it. */
  function violated(setup: ConnectedSetup = {}): Connected {
    const connected = connect({ level: 'message', ...setup });
    connected.isWorking = true;
    connected.connection.receive(hex(`81 01 61 ${VIOLATION}`));
    return connected;
  }

  it('fails the connection at once, where the application has returned from everything', () => {
    const connected = connect({ level: 'message' });

    connected.connection.receive(hex(`81 01 61 ${VIOLATION}`));

    assert.equal(connected.connection.state, 'failed');
    assert.match(connected.heard()[0] ?? '', /^88: 03 ea/);
  });

  it('waits for one turn in which nothing is sent and nothing handed out', () => {
    const connected = violated();
    assert.equal(connected.connection.state, 'failing');

    connected.connection.handleTurn();

    assert.equal(connected.connection.state, 'failed');
    assert.deepEqual(connected.log.lines, ['text: a', 'closing']);
    connected.peer.end();
    assert.match(connected.heard()[0] ?? '', /^88: 03 ea/);
    assert.equal(connected.endings[0]?.initiator, 'engine');
    assert.equal(connected.endings[0].error?.name, 'RemoteProtocolError');
  });

  it('lets answers go out, each of which gives it another turn', () => {
    const connected = violated();

    for (let turn = 0; turn < 3; turn++) {
      connected.connection.sender.sendMessage('answer', TEXT);
      connected.connection.handleTurn();
      assert.equal(connected.connection.state, 'failing');
    }
    connected.connection.handleTurn();

    assert.equal(connected.connection.state, 'failed');
    const heard = connected.heard();
    assert.equal(heard.filter((frame) => frame.startsWith('81')).length, 3);
    assert.match(heard.at(-2) ?? '', /^88: 03 ea/);
  });

  it('lets messages before it be handed out, each of which gives it another turn', () => {
    const connected = connect({ level: 'message' });
    connected.connection.hold(HoldReason.DEMAND);
    connected.connection.receive(hex(`81 01 61 81 01 62 81 01 63 ${VIOLATION} 81 01 64`));

    for (const text of ['a', 'b']) {
      assert.equal(connected.connection.handOutOne(), true);
      assert.equal(connected.log.lines.at(-1), `text: ${text}`);
      connected.connection.handleTurn();
      assert.equal(connected.connection.state, 'failing');
    }
    connected.connection.handleTurn();
    assert.equal(connected.connection.state, 'failed');
    connected.connection.release(HoldReason.DEMAND);
    connected.peer.end();
    connected.settle();

    assert.deepEqual(connected.log.lines, ['text: a', 'text: b', 'closing', 'ended 1006', 'closed 1006']);
    assert.equal(connected.endings[0]?.discardedBytes, 1, 'the message that nobody asked for');
  });

  it('waits for 100 ms at most', () => {
    const connected = violated();
    assert.equal(connected.connection.nextDeadline, 100);

    for (let time = 0; time < 100; time += 10) {
      connected.connection.sender.sendMessage('answer', TEXT);
      connected.connection.handleTurn();
      connected.connection.handleDeadline(time);
      assert.equal(connected.connection.state, 'failing');
    }
    connected.connection.handleDeadline(100);

    assert.equal(connected.connection.state, 'failed');
  });

  it('does not wait for the application where our Close was asked for', () => {
    const connected = connect({ level: 'message' });
    connected.isWorking = true;
    connected.connection.close(1000);

    connected.connection.receive(hex(VIOLATION));

    assert.equal(connected.connection.state, 'failed');
    assert.deepEqual(connected.heard(), ['88: 03 e8', 'end']);
  });

  it('has whatever comes behind it discarded', () => {
    const connected = violated();

    connected.connection.receive(hex('81 01 62 88 00'));
    connected.connection.handleTurn();
    connected.peer.end();
    connected.settle();

    assert.deepEqual(connected.log.lines, ['text: a', 'closing', 'ended 1006']);
    assert.equal(connected.endings[0]?.discardedBytes, 5);
  });

  for (const [name, act, closes] of [
    ['a close of ours', ({ connection }) => connection.close(4000), true],
    ['a failure of ours', ({ connection }) => connection.fail(new Error('later')), true],
    ['the end of the transport', ({ peer }) => peer.end(), true],
    ['a lost transport', ({ transport }) => transport.fail(new Error('ECONNRESET')), false],
    ['a drop', ({ connection }) => connection.drop(), false],
  ] satisfies [string, (connected: Connected) => void, boolean][]) {
    it(`stays the reason, where ${name} follows`, () => {
      const connected = violated();

      act(connected);
      const heard = connected.heard();
      connected.peer.end();
      connected.settle();

      assert.equal(heard.filter((frame) => frame.startsWith('88: 03 ea')).length, closes ? 1 : 0);
      const [closure] = connected.endings;
      assert.deepEqual([closure?.initiator, closure?.error?.name], ['engine', 'RemoteProtocolError']);
    });
  }
});

describe('explainsFailure', () => {
  for (const [explainsFailure, reason] of [
    [true, /^reserved opcode 0x3$/],
    [undefined, /^reserved opcode 0x3$/],
    [false, /^$/],
  ] as const) {
    it(`of ${String(explainsFailure)} has the Close say ${explainsFailure === false ? 'no more than the code' : 'what was wrong'}`, () => {
      const connection = new Connection({ ...BARE, explainsFailure });

      connection.receive(hex('83 80 00 00 00 00'));

      const close = concat(connection.takeOutput(Infinity));
      assert.equal(toHex(Uint8Array.of(close[0] ?? 0, ...close.subarray(2, 4))), '88 03 ea');
      assert.match(Buffer.from(close.subarray(4)).toString(), reason);
      assert.match(connection.error?.message ?? '', /^reserved opcode 0x3 \(/);
    });
  }
});

describe('Connection.drop', () => {
  it('says that the application began', () => {
    const connected = connect();
    connected.settle();

    connected.connection.drop();
    connected.connection.drop();
    connected.settle();

    assert.equal(summary({ closures: connected.endings }), '1006 unclean application');
    assert.deepEqual(connected.log.lines, ['closing', 'ended 1006', 'closed 1006']);
  });

  it('has nothing sent any more', () => {
    const connected = connect();
    const { connection } = connected;

    connection.drop();

    assert.equal(connection.state, 'failed');
    assert.equal(connection.transport, 'drop');
    assert.equal(connection.nextDeadline, Infinity);
    assert.equal(connection.sender.sendMessage('late', TEXT), false);
    assert.equal(connection.sender.sendControlFrame(9), false);
    connection.fail(new Error('late'));
    assert.equal(connection.hasOutput, false);
  });

  it('delivers nothing more, not even of the same chunk, but what was complete and waits', () => {
    for (const isHeld of [false, true]) {
      const connected = connect({
        level: 'message',
        onLine: (line, { connection }) => {
          if (line === 'text: a' || line.startsWith('ping')) connection.drop();
        },
        controls: {},
      });
      if (isHeld) {
        connected.connection.hold(HoldReason.PAUSE);
        connected.peer.sendBytes(hex('81 01 61 81 01 62'));
        connected.settle();
        connected.connection.release(HoldReason.PAUSE);
      } else {
        connected.peer.sendBytes(hex('81 01 61 81 01 62'));
      }
      connected.settle();

      const lines = isHeld
        ? ['text: a', 'closing', 'text: b', 'ended 1006', 'closed 1006']
        : ['text: a', 'closing', 'ended 1006', 'closed 1006'];
      assert.deepEqual(connected.log.lines, lines);
    }
  });
});
