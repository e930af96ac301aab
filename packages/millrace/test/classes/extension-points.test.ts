import assert from 'node:assert/strict';
import { it } from 'node:test';

import { LocalUsageError, WebSocketClientProtocol, WebSocketServerFactory } from '../../src/index.ts';
import { concat, hex } from '../helpers/bytes.ts';
import { frame } from '../helpers/frames.ts';
import { describeInBothWays, startClient, startServer } from '../helpers/hook-peers.ts';
import { Journal } from '../helpers/journal.ts';
import { journalingServers, show } from '../helpers/journaling-server.ts';
import { connectRaw } from '../helpers/raw-peer.ts';

const RSV2 = 0b010;
const extensionPoints = { reservedBits: RSV2, dataOpcodes: [3], controlOpcodes: [0xb] };
const KEY = '01 02 03 04';

describeInBothWays('The option extensionPoints', (reading) => {
  for (const level of ['streaming', 'frame', 'message'] as const) {
    it(`brings claimed opcodes and bits to the hooks of level ${level}`, async (t) => {
      const journal = new Journal();
      const server = await startServer(t, journalingServers(journal)[level], { ...reading, extensionPoints });
      const peer = await connectRaw(t, server.url);

      peer.send(
        concat([
          frame({ byte0: 0x23, payload: hex('c0 61'), key: KEY }),
          frame({ byte0: 0xab, payload: hex('62'), key: KEY }),
          frame({ byte0: 0xa0, payload: hex('63'), key: KEY }),
          frame({ byte0: 0xa9, payload: hex('64'), key: KEY }),
        ]),
      );
      await journal.has('ping');

      const all = [
        'messageBegin 3',
        'frameBegin 2 2',
        'data <c0 61>',
        'frameEnd',
        'frame <c0 61> 2',
        'controlFrame 11 <62> 2',
        'frameBegin 1 2',
        'data <63>',
        'frameEnd',
        'frame <63> 2',
        'messageEnd',
        'message <c0 61 63> binary',
        'ping <64>',
      ];
      const hidden = {
        streaming: /^$/,
        frame: /^(frameBegin|data|frameEnd)/,
        message: /^(frame|data|messageBegin|messageEnd)/,
      };
      assert.deepEqual(
        journal.lines.slice(1),
        all.filter((line) => !hidden[level].test(line)),
      );
    });
  }

  it('lets both ends send what is claimed', async (t) => {
    const journal = new Journal();
    const server = await startServer(t, journalingServers(journal).streaming, { ...reading, extensionPoints });
    const client = await startClient(t, server.url, class extends WebSocketClientProtocol {}, {
      ...reading,
      extensionPoints,
    });

    client.beginMessage(3);
    client.sendMessageFrame(hex('61'), { reserved: RSV2 });
    assert.equal(client.sendControlFrame(0xb, hex('62'), RSV2), true);
    client.beginMessageFrame(1, { reserved: RSV2, final: true });
    client.sendMessageFrameData(hex('63'));
    client.sendControlFrame(0x9, hex('64'), RSV2);
    await journal.has('ping');

    assert.deepEqual(journal.lines.slice(1), [
      'messageBegin 3',
      'frameBegin 1 2',
      'data <61>',
      'frameEnd',
      'frame <61> 2',
      'controlFrame 11 <62> 2',
      'frameBegin 1 2',
      'data <63>',
      'frameEnd',
      'frame <63> 2',
      'messageEnd',
      'message <61 63> binary',
      'ping <64>',
    ]);
  });

  const UNCLAIMED: [name: string, bytes: Uint8Array][] = [
    ['RSV1', frame({ byte0: 0xc1, key: KEY })],
    ['RSV3 on a control frame', frame({ byte0: 0x99, key: KEY })],
    ['opcode 4', frame({ byte0: 0x84, key: KEY })],
    ['opcode 0xC', frame({ byte0: 0x8c, key: KEY })],
    ['a claimed control opcode without FIN', frame({ byte0: 0x0b, key: KEY })],
    ['a claimed control opcode of 126 bytes', frame({ byte0: 0x8b, payload: new Uint8Array(126), key: KEY })],
    [
      'a claimed data opcode inside a message',
      concat([frame({ byte0: 0x03, key: KEY }), frame({ byte0: 0x83, key: KEY })]),
    ],
  ];
  for (const [name, bytes] of UNCLAIMED) {
    it(`leaves ${name} a protocol error`, async (t) => {
      const journal = new Journal();
      const server = await startServer(t, journalingServers(journal).streaming, { ...reading, extensionPoints });
      const peer = await connectRaw(t, server.url);

      peer.send(bytes);
      const [close] = await peer.describe(1);

      assert.match(close ?? '', /^88: 03 ea/);
    });
  }

  it('checks what is sent, and names it', async (t) => {
    const server = await startServer(t, journalingServers(new Journal()).message, { ...reading, extensionPoints });
    const client = await startClient(t, server.url, class extends WebSocketClientProtocol {}, {
      ...reading,
      extensionPoints,
    });

    const misuses: [call: () => void, message: RegExp][] = [
      [() => client.beginMessage(4), /message type is 4/],
      [() => client.beginMessage(0xb), /message type is 11/],
      [() => client.sendControlFrame(0xc, hex('')), /opcode is 0xC/],
      [() => client.sendControlFrame(0x3, hex('')), /opcode is 0x3/],
      [() => client.sendControlFrame(0x8, hex('')), /opcode is 0x8/],
      [() => client.sendControlFrame(0xb, hex(''), 0b100), /reserved bits are 4/],
      [() => client.sendControlFrame(0xb, new Uint8Array(126)), /126 bytes/],
    ];
    for (const [call, message] of misuses) assert.throws(call, { constructor: LocalUsageError, message });

    client.beginMessage();
    for (const reserved of [0b100, 8, -1, 0.5, NaN]) {
      assert.throws(
        () => client.sendMessageFrame(hex('61'), { reserved }),
        new RegExp(`reserved bits are ${String(reserved)}`),
      );
      assert.throws(() => client.beginMessageFrame(1, { reserved }), LocalUsageError);
    }
    assert.equal(client.stats.framesSent, 0, show('nothing was sent'));
  });

  it('is checked when a factory is made', () => {
    const make = (points: object): WebSocketServerFactory =>
      new WebSocketServerFactory('ws://localhost:9000', {
        protocol: journalingServers(new Journal()).message,
        extensionPoints: points,
      });

    assert.throws(() => make({ reservedBits: 8 }), LocalUsageError);
    assert.throws(() => make({ dataOpcodes: [0xb] }), LocalUsageError);
    assert.throws(() => make({ controlOpcodes: [3] }), LocalUsageError);
  });
});
