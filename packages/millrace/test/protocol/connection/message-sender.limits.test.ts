import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { ENTRY_COST, WAITER_COST } from '../../../src/protocol/base/costs.ts';
import type { MessageSender } from '../../../src/protocol/connection/message-sender.ts';
import { PreparedMessage } from '../../../src/protocol/send/prepared-message.ts';
import type { TurnHolder } from '../../../src/protocol/send/send-queue.ts';
import { hex } from '../../helpers/bytes.ts';
import { connect, type Connected, type ConnectedSetup } from '../../helpers/connected.ts';

const TEXT = { opcode: 1 };
const BINARY = { opcode: 2 };

type Act = (sender: MessageSender) => unknown;

/** A connection whose peer reads nothing, so that what is sent stays. */
function blocked(options: ConnectedSetup['options'] = {}): Connected {
  const connected = connect({ role: 'server', options });
  connected.peerTransport.stopReading();
  connected.settle();
  return connected;
}

function unblock(connected: Connected): string[] {
  connected.peerTransport.startReading();
  return connected.heard();
}

/** Nothing may wait, so that each send is judged. */
function limitedTo(maxBufferedAmount: number): ConnectedSetup['options'] {
  return { highWaterMark: 0, maxBufferedAmount };
}

describe('MessageSender, with maxBufferedAmount', () => {
  it('lets an empty buffer take any message, and is judged before adding', () => {
    const connected = blocked(limitedTo(1000));
    const { sender } = connected.connection;

    sender.sendMessage(new Uint8Array(50_000), BINARY);
    assert.equal(connected.connection.state, 'open');
    assert.equal(sender.sendMessage(hex('01'), BINARY), false);

    assert.equal(connected.connection.state, 'failed');
  });

  it('lets anything wait as long as the high-water mark is not reached', () => {
    const connected = blocked({ highWaterMark: 1000, maxBufferedAmount: 2000 });
    const { sender } = connected.connection;

    sender.sendMessage(new Uint8Array(900), BINARY);
    sender.sendMessage(new Uint8Array(50_000), BINARY);
    assert.equal(connected.connection.state, 'open');
    sender.sendMessage(hex('01'), BINARY);

    assert.equal(connected.connection.state, 'failed');
  });

  for (const [size, isAllowed] of [
    [477, true],
    [478, true],
    [479, false],
  ] as const) {
    for (const [method, act] of [
      ['sendMessage', (sender) => sender.sendMessage(new Uint8Array(size), BINARY)],
      ['queueMessage', (sender) => sender.queueMessage(new Uint8Array(size), BINARY)],
      ['sendPreparedMessage', (sender) => sender.sendPreparedMessage(new PreparedMessage(new Uint8Array(size - 4), 2))],
      ['sendFrame', (sender) => sender.sendFrame(new Uint8Array(size))],
      ['admit', (sender) => sender.admit(size)],
      ['sendFrameData', (sender) => sender.sendFrameData(new Uint8Array(size))],
    ] satisfies [string, Act][]) {
      it(`${isAllowed ? 'allows' : 'closes with 1008 on'} ${method} of ${size} bytes beside 10, where 488 and an entry may wait`, () => {
        const connected = blocked(limitedTo(488 + ENTRY_COST));
        const { sender } = connected.connection;
        const inFrame = method === 'sendFrameData';
        if (method.startsWith('sendFrame')) sender.beginMessage(2);
        if (inFrame) sender.beginFrame(1000);
        while (sender.bufferedAmount < 10) {
          if (inFrame) sender.sendFrameData(hex('01'));
          else sender.sendControlFrame(9);
        }
        assert.equal(sender.bufferedAmount, 10);

        act(sender);

        assert.equal(connected.connection.state, isAllowed ? 'open' : 'failed');
      });
    }
  }

  it('takes a piece of an open message as one, though it is cut', () => {
    const connected = blocked({ ...limitedTo(100), fragmentSize: 60 });
    const { sender } = connected.connection;
    sender.beginMessage(2);

    sender.sendFrames(new Uint8Array(1000));

    assert.equal(connected.connection.state, 'open');
  });

  it('tells why in the closure, and to the peer', () => {
    const connected = blocked(limitedTo(10 + ENTRY_COST));
    const { sender } = connected.connection;
    sender.sendMessage('abc', TEXT);
    connected.settle();
    sender.sendMessage('0123456789', TEXT);

    const heard = unblock(connected);
    connected.peer.end();
    connected.settle();

    assert.equal(heard[0], '81: 61 62 63', 'the transport had taken it');
    assert.match(heard[1] ?? '', /^88: 03 f0 /);
    const [closure] = connected.closures;
    assert.equal(closure?.sent?.code, 1008);
    const [found, limit] = [15 + ENTRY_COST, 10 + ENTRY_COST];
    const text = `${found} bytes exceed maxBufferedAmount, ${limit} bytes; the peer reads too slowly`;
    assert.ok(closure.reason.startsWith(text), closure.reason);
    assert.equal(closure.error?.name, 'LimitExceededError');
    assert.equal(closure.initiator, 'engine');
  });

  it('gives up what the transport has not begun, and counts it', () => {
    const connected = blocked(limitedTo(500_000));
    const { sender } = connected.connection;
    sender.sendMessage(new Uint8Array(200_000), BINARY);
    connected.settle();
    sender.sendMessage(new Uint8Array(200_000), BINARY);
    sender.sendMessage(new Uint8Array(200_000), BINARY);

    assert.deepEqual(
      unblock(connected).map((heard) => heard.slice(0, 2)),
      ['82', '88', 'en'],
    );
    connected.peer.end();
    connected.settle();
    assert.equal(connected.closures[0]?.unsentBytes, 200_010);
  });

  it('counts what waits behind an open message, each with its entry', () => {
    const connected = blocked(limitedTo(3 * (ENTRY_COST + WAITER_COST + 1) - WAITER_COST));
    const { sender } = connected.connection;
    sender.beginMessage(2);

    for (let count = 0; count < 3; count++) sender.sendMessage(hex('01'), BINARY);
    assert.equal(connected.connection.state, 'open');
    assert.equal(sender.bufferedAmount, 3);
    sender.sendMessage(hex('01'), BINARY);

    assert.equal(connected.connection.state, 'failed');
  });

  for (const size of [0, 1, 100]) {
    it(`bounds a flood of messages of ${size} bytes that wait behind an open one`, () => {
      const connected = blocked({ highWaterMark: 10_000, maxBufferedAmount: 100_000 });
      const { sender } = connected.connection;
      sender.beginMessage(2);

      let sent = 0;
      for (; sender.canSendMessages; sent++) sender.sendMessage(new Uint8Array(size), BINARY);

      assert.ok(sent < 100_000 / (size + ENTRY_COST), `${sent} messages`);
    });

    it(`bounds a flood of messages of ${size} bytes that the transport does not take`, () => {
      const connected = blocked({ highWaterMark: 10_000, maxBufferedAmount: 100_000 });
      const { sender } = connected.connection;

      let sent = 0;
      for (; sender.canSendMessages; sent++) {
        sender.sendMessage(new Uint8Array(size), BINARY);
        connected.settle();
      }

      assert.ok(sent <= 100_000 / (size + 2), `${sent} messages`);
    });
  }

  it('lets control frames pass by a large message, but counts those that wait', () => {
    const connected = blocked(limitedTo(11 * (ENTRY_COST + 3)));
    const { sender } = connected.connection;
    sender.sendMessage(new Uint8Array(5000), BINARY);
    connected.settle();

    for (let count = 0; count < 1000; count++) sender.sendAutomaticPong(hex('07'));
    for (let count = 0; count < 9; count++) assert.equal(sender.sendControlFrame(9), true);
    assert.equal(sender.sendControlFrame(0xa, hex('01')), true, 'this one is not replaced');
    assert.equal(sender.bufferedAmount, 5004 + 3 + 18 + 3);
    assert.equal(sender.sendControlFrame(9), false);

    assert.equal(connected.connection.state, 'failed');
  });
});

describe('MessageSender, and whoever sends too much', () => {
  it('is slow when more waits for its turn than the high-water mark', () => {
    const connected = connect({ options: { highWaterMark: 2 * (ENTRY_COST + 100) } });
    const { sender } = connected.connection;
    assert.equal(sender.isSlow, false);
    sender.beginMessage(2);
    for (let count = 0; count < 2; count++) sender.sendMessage(new Uint8Array(100), BINARY);
    assert.equal(sender.isSlow, false);
    sender.sendMessage(new Uint8Array(100), BINARY);
    assert.deepEqual([sender.isSlow, sender.needsDrain], [true, false]);

    sender.endMessage();
    connected.settle();

    assert.equal(sender.isSlow, false);
  });

  it('is slow from the high-water mark until all has left', () => {
    const connected = blocked({ highWaterMark: 10 });
    const { sender } = connected.connection;

    sender.sendMessage(new Uint8Array(100), BINARY);
    assert.equal(sender.isSlow, true);
    unblock(connected);

    assert.equal(sender.isSlow, false);
  });

  it('asks whoever has sent a thousand messages to wait for the transport, little as they are', () => {
    const connected = connect({ options: { highWaterMark: 1_000_000, maxBufferedAmount: 2_000_000 } });
    const { sender } = connected.connection;

    for (let count = 0; count < 1000; count++) assert.equal(sender.sendMessage('', TEXT), true);
    assert.equal(sender.isBelowMark, true);
    assert.equal(sender.sendMessage('', TEXT), false);
    assert.deepEqual([sender.isBelowMark, sender.isSlow], [false, true]);
    connected.settle();

    assert.deepEqual([sender.isBelowMark, sender.isSlow], [true, false]);
    assert.deepEqual(connected.log.lines, ['high water', 'drain']);
    assert.equal(sender.sendMessage('', TEXT), true);
  });

  it('knows whether something was given up that will never leave', () => {
    const connected = blocked(limitedTo(500_000));
    const { sender } = connected.connection;
    sender.sendMessage(new Uint8Array(200_000), BINARY);
    connected.settle();
    assert.equal(sender.hasGivenUp, false);

    sender.sendMessage(new Uint8Array(200_000), BINARY);
    sender.sendMessage(new Uint8Array(200_000), BINARY);

    assert.equal(sender.hasGivenUp, true);
    assert.equal(connected.connection.state, 'failed');
  });
});

describe('MessageSender, and the memory of payloads', () => {
  it('counts them as given, and as released when all is written', () => {
    const connected = blocked();
    const { sender } = connected.connection;
    sender.sendMessage(new Uint8Array(4096), BINARY);
    assert.equal(sender.givenReferences, 0, 'copied');
    sender.sendMessage(new Uint8Array(5000), BINARY);
    sender.sendMessage(new Uint8Array(70_000), BINARY);
    assert.deepEqual([sender.givenReferences, sender.releasedReferences], [2, 0]);

    connected.settle();
    assert.deepEqual([sender.givenReferences, sender.releasedReferences], [2, 0], 'the transport has it');
    unblock(connected);

    assert.deepEqual([sender.givenReferences, sender.releasedReferences], [2, 2]);
  });

  it('releases them when they were taken, at a client, which masks a copy', () => {
    const connected = connect();
    connected.peerTransport.stopReading();
    const { sender } = connected.connection;

    sender.sendMessage(new Uint8Array(5000), BINARY);
    assert.deepEqual([sender.givenReferences, sender.releasedReferences], [1, 0]);
    connected.settle();

    assert.deepEqual([sender.givenReferences, sender.releasedReferences], [1, 1]);
  });

  it('takes copies of up to 64 KiB that have to wait', () => {
    const connected = blocked();
    const { sender } = connected.connection;
    sender.sendMessage(new Uint8Array(5000), BINARY);
    connected.settle();

    sender.sendMessage(new Uint8Array(65_536), BINARY);
    assert.equal(sender.givenReferences, 1);
    sender.sendMessage(new Uint8Array(65_537), BINARY);

    assert.equal(sender.givenReferences, 2);
  });
});

describe('MessageSender, where messages have to wait', () => {
  it('lets them be withdrawn', () => {
    const connected = connect();
    const { sender } = connected.connection;
    assert.equal(sender.isFree, true);
    assert.equal(sender.sendsAtOnce, true);
    assert.equal(sender.queueMessage('a', TEXT), undefined, 'it need not wait');
    sender.beginMessage(2);
    assert.equal(sender.isFree, false);
    assert.equal(sender.sendsAtOnce, false);
    assert.equal(sender.withdrawMessage(), false, 'where nothing takes time, it was given on');

    const entry = sender.queueMessage('b', TEXT);
    const prepared = sender.queuePreparedMessage(new PreparedMessage(hex('01'), 2));
    sender.queueMessage('c', TEXT);
    assert.equal(prepared?.withdraw(), true);
    assert.equal(prepared.withdraw(), false);
    assert.ok(entry !== undefined);
    assert.equal(entry.withdraw(), true);
    assert.equal(entry.withdraw(), false);
    sender.endMessage();

    assert.deepEqual(connected.heard(), ['81: 61', '82:', '81: 63']);
    connected.connection.close(1000);
    assert.equal(sender.queuePreparedMessage(new PreparedMessage(hex('01'), 2)), undefined, 'nothing is sent');
  });

  it('gives turns', () => {
    const connected = connect();
    const { sender } = connected.connection;
    const log: string[] = [];
    const holderOf = (name: string): TurnHolder => ({
      isWhole: false,
      pendingSize: 0,
      pendingCost: 0,
      onTurn: () => log.push(name),
      onLost: () => log.push(`${name} lost`),
      onClosing: () => false,
    });
    const [first, second, third] = [holderOf('first'), holderOf('second'), holderOf('third')];

    assert.equal(sender.takeTurn(first), undefined);
    sender.sendMessage('a', TEXT);
    assert.ok(sender.takeTurn(second) !== undefined);
    assert.ok(sender.takeTurn(third) !== undefined);
    assert.deepEqual(connected.heard(), []);
    sender.sendInTurn(first, 'b', 1);
    assert.deepEqual(log, ['second']);
    sender.releaseTurn(second);

    assert.deepEqual(log, ['second', 'third']);
    assert.deepEqual(connected.heard(), ['81: 62', '81: 61']);
    assert.throws(() => sender.sendInTurn(third, 'c', 9), { name: 'LocalUsageError', message: /type is 9/ });
  });
});
