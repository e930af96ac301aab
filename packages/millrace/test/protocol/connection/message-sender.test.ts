import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { MessageSender } from '../../../src/protocol/connection/message-sender.ts';
import { PreparedMessage } from '../../../src/protocol/send/prepared-message.ts';
import { createScriptedPair } from '../../../src/testing/index.ts';
import { hex } from '../../helpers/bytes.ts';
import { connect, type Connected, type ConnectedSetup } from '../../helpers/connected.ts';

const TEXT = { opcode: 1 };
const BINARY = { opcode: 2 };

type Act = (sender: MessageSender) => unknown;

const POINTS = { reservedBits: 0b100, dataOpcodes: [3], controlOpcodes: [0xb] };

/** A connection whose peer reads nothing, so that what is sent stays. */
function blocked(options: ConnectedSetup['options'] = {}, onLine?: ConnectedSetup['onLine']): Connected {
  const connected = connect({ role: 'server', options, ...(onLine === undefined ? {} : { onLine }) });
  connected.peerTransport.stopReading();
  connected.settle();
  return connected;
}

function unblock(connected: Connected): string[] {
  connected.peerTransport.startReading();
  return connected.heard();
}

const SENDS: [method: string, act: Act, result: unknown][] = [
  ['sendMessage', (sender) => sender.sendMessage('a', TEXT), false],
  ['sendPreparedMessage', (sender) => sender.sendPreparedMessage(new PreparedMessage(hex('01'), 2)), false],
  ['queueMessage', (sender) => sender.queueMessage('a', TEXT), undefined],
  ['beginMessage', (sender) => sender.beginMessage(2), undefined],
  ['sendFrame', (sender) => sender.sendFrame(hex('01')), false],
  ['sendFrames', (sender) => sender.sendFrames(hex('01')), false],
  ['beginFrame', (sender) => sender.beginFrame(5), undefined],
  ['sendFrameData', (sender) => sender.sendFrameData(hex('01')), 0],
  ['endMessage', (sender) => sender.endMessage(), undefined],
  ['sendControlFrame', (sender) => sender.sendControlFrame(9), false],
  ['sendAutomaticPong', (sender) => sender.sendAutomaticPong(hex('01')), undefined],
];

const NOT_OPEN: [state: string, reach: (connected: Connected) => void][] = [
  ['closeSent', ({ connection }) => connection.close(1000)],
  [
    'closeDone',
    ({ connection, peer, peerTransport }) => {
      connection.close(1000);
      peer.sendClose(1000);
      peerTransport.deliver(8);
    },
  ],
  ['failed', ({ connection }) => connection.fail(new Error('failed'))],
  ['closed', ({ connection }) => connection.drop()],
];

describe('MessageSender', () => {
  for (const [state, reach] of NOT_OPEN) {
    for (const [method, act, result] of SENDS) {
      it(`does nothing on ${method} in the state '${state}'`, () => {
        const connected = connect();
        reach(connected);
        connected.settle();
        assert.equal(connected.connection.state, state);
        connected.heard();

        assert.equal(act(connected.connection.sender), result);

        assert.deepEqual(connected.heard(), []);
      });
    }
  }

  describe('with an open message', () => {
    it('may end it while our Close waits, and send nothing else but control frames', () => {
      const connected = connect();
      const { sender } = connected.connection;
      sender.beginMessage(2);
      connected.connection.close(1000);
      assert.equal(connected.connection.state, 'closing');

      assert.equal(sender.sendMessage('a', TEXT), false);
      assert.throws(() => sender.beginMessage(2), { name: 'LocalUsageError', message: /a message is open/ });
      assert.equal(sender.sendControlFrame(0xa, hex('07')), true);
      assert.equal(sender.sendFrame(hex('01')), true);
      sender.beginFrame(2);
      assert.equal(sender.sendFrameData(hex('02')), 1);
      assert.equal(sender.sendFrameData(hex('03')), 0);
      sender.endMessage();

      assert.deepEqual(connected.heard(), ['8a: 07', '02: 01', '00: 02 03', '80:', '88: 03 e8']);
    });

    it('may end the frame, when our answer to the Close of the peer waits for that', () => {
      const connected = connect();
      const { sender } = connected.connection;
      sender.beginMessage(2);
      sender.beginFrame(2);
      connected.peer.sendClose(1001);
      connected.settle();
      assert.equal(connected.connection.state, 'answering');

      assert.equal(sender.canSendMessages, false);
      assert.equal(sender.canSend, true);
      assert.equal(sender.sendControlFrame(9), false);
      assert.equal(sender.sendMessage('a', TEXT), false);
      assert.equal(sender.sendFrameData(hex('01')), 1);
      assert.equal(sender.sendFrameData(hex('02 03')), -1);
      assert.equal(sender.sendFrame(hex('04')), false);
      assert.equal(sender.canSend, false);

      assert.deepEqual(connected.heard(), ['02: 01 02', '88: 03 e9']);
    });

    it('may send all it likes, when the Close of the peer waits to be answered', () => {
      const connected = connect({ role: 'server' });
      const { sender } = connected.connection;
      connected.isWorking = true;
      connected.peer.sendClose(1001);
      connected.settle();
      assert.equal(connected.connection.state, 'closeReceived');

      sender.beginMessage(2);
      sender.sendFrame(hex('01'));
      sender.endMessage();
      assert.equal(sender.sendMessage('a', TEXT), true);
      assert.equal(sender.sendControlFrame(9), true);

      assert.deepEqual(connected.heard(), ['02: 01', '80:', '81: 61', '89:']);
    });

    it('says what is missing of the frame, when it cannot be sent any more', () => {
      const connected = connect();
      const { sender } = connected.connection;
      sender.beginMessage(2);
      sender.beginFrame(5);
      sender.sendFrameData(hex('01 02'));
      connected.connection.fail(new Error('failed'));

      connected.settle();
      assert.ok([0, 3].includes(sender.sendFrameData(hex('03'))));
    });
  });

  describe('misuse', () => {
    const MISUSES: [name: string, act: Act, message: RegExp][] = [
      ['a message with opcode 3', (sender) => sender.sendMessage('a', { opcode: 4 }), /message type is 4/],
      ['a message with opcode 0', (sender) => sender.sendMessage('a', { opcode: 0 }), /message type is 0/],
      ['a message with the opcode of Ping', (sender) => sender.beginMessage(9), /message type is 9/],
      ['a message with a claimed opcode for control', (sender) => sender.beginMessage(0xb), /message type is 11/],
      [
        'a prepared message with the opcode of Close',
        (sender) => sender.sendPreparedMessage(new PreparedMessage(hex('03 e8'), 8)),
        /message type is 8/,
      ],
      ['a fragmentSize of 0', (sender) => sender.sendMessage('a', { opcode: 1, fragmentSize: 0 }), /fragmentSize is 0/],
      [
        'a fragmentSize of 1.5',
        (sender) => sender.sendMessage('a', { opcode: 1, fragmentSize: 1.5 }),
        /fragmentSize is 1.5/,
      ],
      ['a Close', (sender) => sender.sendControlFrame(8), /opcode is 0x8/],
      ['Text as a control frame', (sender) => sender.sendControlFrame(1), /opcode is 0x1/],
      ['a claimed opcode for data as a control frame', (sender) => sender.sendControlFrame(3), /opcode is 0x3/],
      ['a control frame that nobody claims', (sender) => sender.sendControlFrame(0xc), /opcode is 0xC/],
      ['126 bytes in a Ping', (sender) => sender.sendControlFrame(9, new Uint8Array(126)), /126 bytes/],
      ['a reserved bit that nobody claims', (sender) => sender.sendControlFrame(9, hex(''), 0b001), /bits are 1/],
      ['reserved bits that are none', (sender) => sender.sendControlFrame(9, hex(''), -1), /bits are -1/],
      ['a frame outside a message', (sender) => sender.sendFrame(hex('01')), /no message is open/],
      ['frames outside a message', (sender) => sender.sendFrames(hex('01')), /no message is open/],
      ['a frame begun outside a message', (sender) => sender.beginFrame(1), /no message is open/],
      ['data outside a frame', (sender) => sender.sendFrameData(hex('01')), /no frame is open/],
      ['a message that may wait, with opcode 4', (sender) => sender.queueMessage('a', { opcode: 4 }), /type is 4/],
      ['the end of no message', (sender) => sender.endMessage(), /no message is open/],
    ];
    for (const [name, act, message] of MISUSES) {
      it(`throws on ${name}, and changes nothing`, () => {
        const connected = connect({ options: { extensionPoints: POINTS } });
        const { sender } = connected.connection;

        assert.throws(() => act(sender), { name: 'LocalUsageError', message });

        assert.deepEqual(connected.heard(), []);
        assert.equal(connected.connection.state, 'open');
        assert.deepEqual(connected.connection.stats.framesSent, 0);
      });
    }

    for (const method of ['sendFrame', 'beginFrame'] as const) {
      it(`throws on ${method} with a reserved bit that nobody claims, and leaves the message open`, () => {
        const connected = connect();
        const { sender } = connected.connection;
        sender.beginMessage(2);

        assert.throws(
          () =>
            method === 'sendFrame'
              ? sender.sendFrame(hex(''), { reservedBits: 4 })
              : sender.beginFrame(0, { reservedBits: 4 }),
          { name: 'LocalUsageError', message: /reserved bits are 4/ },
        );
        sender.endMessage();

        assert.deepEqual(connected.heard(), ['82:']);
      });
    }

    it('throws on misuse also where the buffer is full', () => {
      const connected = blocked({ highWaterMark: 0, maxBufferedAmount: 10 });
      const { sender } = connected.connection;
      sender.sendMessage(new Uint8Array(100), BINARY);

      assert.throws(() => sender.sendFrame(new Uint8Array(100)), { name: 'LocalUsageError' });
      assert.throws(() => sender.sendFrameData(new Uint8Array(100)), { name: 'LocalUsageError' });

      assert.equal(connected.connection.state, 'open');
    });
  });

  it('sends what is claimed', () => {
    const connected = connect({ options: { extensionPoints: POINTS } });
    const { sender } = connected.connection;

    sender.sendMessage(hex('01'), { opcode: 3 });
    sender.beginMessage(2);
    sender.sendFrame(hex('02'), { reservedBits: 0b100 });
    sender.beginFrame(1, { reservedBits: 0b100, final: true });
    sender.sendFrameData(hex('03'));
    sender.sendControlFrame(0xb, hex('04'), 0b100);
    sender.sendControlFrame(0xa, hex('05'), 0b100);

    assert.deepEqual(connected.heard(), ['83: 01', '42: 02', 'c0: 03', 'cb: 04', 'ca: 05']);
  });

  it('sends control frames of up to 125 bytes', () => {
    const connected = connect();

    assert.equal(connected.connection.sender.sendControlFrame(9, new Uint8Array(125)), true);
    connected.settle();

    assert.equal(connected.peer.frames[0]?.payload.length, 125);
  });

  it('cuts by fragmentSize, that of the call or of the connection', () => {
    const connected = connect({ options: { fragmentSize: 2 } });
    const { sender } = connected.connection;

    sender.sendMessage(hex('01 02 03'), BINARY);
    sender.sendMessage(hex('01 02 03'), { opcode: 2, fragmentSize: Infinity });
    sender.sendMessage(hex('01 02'), { opcode: 2, fragmentSize: 1 });

    assert.deepEqual(connected.heard(), ['02: 01 02', '80: 03', '82: 01 02 03', '02: 01', '80: 02']);
  });

  it('cuts payload of an open message by fragmentSize, too', () => {
    const connected = connect({ options: { fragmentSize: 2 } });
    const { sender } = connected.connection;
    sender.beginMessage(2);

    assert.equal(sender.sendFrames(hex('01 02 03 04 05')), true);
    sender.sendFrames(hex(''));
    sender.sendFrames(hex('06 07'));
    sender.sendFrames(hex('08 09 0a'), { final: true });

    const heard = ['02: 01 02', '00: 03 04', '00: 05', '00:', '00: 06 07', '00: 08 09', '80: 0a'];
    assert.deepEqual(connected.heard(), heard);
  });

  describe('the high-water mark', () => {
    it('is told inside each send that leaves it crossed, and its end once, when all has left', () => {
      const connected = blocked({ highWaterMark: 10 });
      const { sender } = connected.connection;

      assert.equal(sender.sendMessage(new Uint8Array(8), BINARY), true, 'on the mark');
      assert.deepEqual(connected.log.lines, []);
      assert.equal(sender.sendMessage(new Uint8Array(0), BINARY), false, 'above');
      assert.deepEqual(connected.log.lines, ['high water']);
      assert.equal(sender.needsDrain, true);
      assert.equal(sender.sendPreparedMessage(new PreparedMessage(hex('01'), 2)), false);
      sender.beginMessage(2);
      assert.equal(sender.sendFrame(hex('01')), false);
      sender.endMessage();
      connected.settle();
      assert.equal(sender.needsDrain, true);
      const told = Array<string>(4).fill('high water');
      assert.deepEqual(connected.log.lines, told, 'two messages, a frame, and the end of its message');

      unblock(connected);
      assert.deepEqual(connected.log.lines, [...told, 'drain']);
      assert.equal(sender.needsDrain, false);
      assert.equal(sender.bufferedAmount, 0);
    });

    it('is told anew after each drain, and no drain is told without it', () => {
      const connected = connect({ role: 'server', options: { highWaterMark: 4 } });
      const { sender } = connected.connection;

      for (let round = 0; round < 2; round++) {
        sender.sendMessage(hex('01 02 03'), BINARY);
        connected.settle();
        sender.sendMessage(hex('01'), BINARY);
        connected.settle();
      }

      assert.deepEqual(connected.log.lines, ['high water', 'drain', 'high water', 'drain']);
    });

    it('tells no drain when a driver has written a part, and the rest is still to be taken', () => {
      const connected = blocked({ highWaterMark: 10 });
      const { sender } = connected.connection;
      sender.sendMessage(new Uint8Array(20), BINARY);

      sender.outputMoved();

      assert.deepEqual(connected.log.lines, ['high water']);
    });

    it('tells each drain, to whom it wants', () => {
      const connected = connect();
      connected.connection.sender.tellsEachDrain = true;

      connected.connection.sender.sendMessage('a', TEXT);
      connected.settle();
      connected.settle();

      assert.deepEqual(connected.log.lines, ['drain']);
    });

    it('does not count what waits behind an open message', () => {
      const connected = blocked({ highWaterMark: 10 });
      const { sender } = connected.connection;
      sender.beginMessage(2);

      assert.equal(sender.sendMessage(new Uint8Array(100), BINARY), true);
      assert.equal(sender.bufferedAmount, 100);
      assert.deepEqual(connected.log.lines, []);
      sender.endMessage();

      assert.deepEqual(connected.log.lines, ['high water']);
    });

    it('may be crossed by any part of a frame', () => {
      const connected = blocked({ highWaterMark: 5 });
      const { sender } = connected.connection;
      sender.beginMessage(2);
      sender.beginFrame(100);

      sender.sendFrameData(hex('01 02 03'));
      assert.deepEqual(connected.log.lines, []);
      sender.sendFrameData(hex('04'));

      assert.deepEqual(connected.log.lines, ['high water']);
    });

    it('lets a handler send on each drain', () => {
      let left = 5;
      const connected = connect({
        role: 'server',
        options: { highWaterMark: 0 },
        onLine: (line, { connection }) => {
          if (line === 'drain' && left-- > 0) connection.sender.sendMessage(Uint8Array.of(left), BINARY);
        },
      });

      connected.connection.sender.sendMessage(hex('07'), BINARY);

      assert.deepEqual(connected.heard(), ['82: 07', '82: 04', '82: 03', '82: 02', '82: 01', '82: 00']);
    });

    it('tells no drain when nothing can be sent any more', () => {
      const connected = blocked({ highWaterMark: 0 });
      connected.connection.sender.sendMessage('a', TEXT);
      connected.connection.close(1000);

      assert.deepEqual(unblock(connected), ['81: 61', '88: 03 e8']);
      assert.deepEqual(connected.log.lines, ['high water', 'closing']);
    });
  });

  it('says how often something was sent', () => {
    const { sender } = connect().connection;
    assert.equal(sender.sends, 0);

    sender.sendMessage('a', TEXT);
    sender.sendPreparedMessage(new PreparedMessage(hex('01'), 2));
    sender.sendControlFrame(9);
    sender.beginMessage(2);
    sender.sendFrame(hex('01'));
    sender.endMessage();
    assert.equal(sender.sends, 5);
    sender.sendAutomaticPong(hex(''));

    assert.equal(sender.sends, 5, 'what the engine does by itself does not count');
  });

  it('tells progress, to whom it wants, each time that output moves', () => {
    const told: number[] = [];
    const pair = createScriptedPair('server', {
      handler: { onProgress: () => told.push(pair.connection.sender.bufferedAmount) },
    });
    pair.peerTransport.stopReading();
    pair.connection.sender.sendMessage('a', TEXT);
    pair.settle();
    assert.deepEqual(told, []);

    pair.connection.sender.tellsProgress = true;
    pair.connection.sender.sendMessage(new Uint8Array(70_000), BINARY);
    pair.settle();
    pair.peerTransport.startReading();
    pair.settle();

    assert.deepEqual(told.slice(0, 1), [70_013], 'it waits behind what is on its way');
    assert.deepEqual(told.slice(-1), [0]);
  });

  it('sends all that is whole before its Close, when it fails', () => {
    const connected = blocked();
    const { sender } = connected.connection;
    sender.sendMessage(new Uint8Array(200_000), { opcode: 2, fragmentSize: 50_000 });
    connected.settle();

    connected.connection.fail(new Error('failed'));
    const heard = unblock(connected);

    assert.deepEqual(
      heard.map((frame) => frame.slice(0, 2)),
      ['02', '00', '00', '80', '88', 'en'],
    );
  });
});
