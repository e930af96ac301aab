import assert from 'node:assert/strict';
import { once } from 'node:events';
import { it, type TestContext } from 'node:test';

import { LocalUsageError, MAX_FRAME_LENGTH, MessageType, type WebSocketServerProtocol } from '../../src/index.ts';
import { hex } from '../helpers/bytes.ts';
import { describeInBothWays, startServer, type Reading } from '../helpers/hook-peers.ts';
import { openedServers } from '../helpers/plain-protocols.ts';
import { connectRaw, type RawPeer } from '../helpers/raw-peer.ts';

/** A connection to a server, seen from both ends. */
async function open(t: TestContext, reading: Reading): Promise<{ protocol: WebSocketServerProtocol; peer: RawPeer }> {
  const { Server, opened } = openedServers();
  const server = await startServer(t, Server, reading);
  const peer = await connectRaw(t, server.url);
  return { protocol: await opened.take(), peer };
}

const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text));

describeInBothWays('Messages that are sent', (reading) => {
  const SENDS: [name: string, send: (protocol: WebSocketServerProtocol) => void, frames: string[]][] = [
    ['text', (one) => one.sendMessage('hé'), ['81: 68 c3 a9']],
    ['no text', (one) => one.sendMessage(''), ['81:']],
    ['bytes', (one) => one.sendMessage(bytes('a')), ['82: 61']],
    ['bytes as text', (one) => one.sendMessage(bytes('a'), { binary: false }), ['81: 61']],
    ['text as binary', (one) => one.sendMessage('a', { binary: true }), ['82: 61']],
    ['a lone surrogate, replaced', (one) => one.sendMessage('\ud800'), ['81: ef bf bd']],
    ['fragments', (one) => one.sendMessage('abcde', { fragmentSize: 2 }), ['01: 61 62', '00: 63 64', '80: 65']],
    ['fragments that divide it', (one) => one.sendMessage('abcd', { fragmentSize: 2 }), ['01: 61 62', '80: 63 64']],
    ['one fragment of exactly its size', (one) => one.sendMessage('abcd', { fragmentSize: 4 }), ['81: 61 62 63 64']],
    ['nothing in fragments', (one) => one.sendMessage('', { fragmentSize: 1 }), ['81:']],
    [
      'frames',
      (one) => {
        one.beginMessage();
        one.sendMessageFrame(bytes('a'));
        one.sendMessageFrame(bytes(''));
        one.sendMessageFrame(bytes('b'));
        one.endMessage();
      },
      ['01: 61', '00:', '00: 62', '80:'],
    ],
    [
      'frames, the last of them final',
      (one) => {
        one.beginMessage(MessageType.BINARY);
        one.sendMessageFrame(bytes('a'));
        one.sendMessageFrame(bytes('b'), { final: true });
        one.endMessage();
      },
      ['02: 61', '80: 62'],
    ],
    [
      'begin and end alone: one empty frame',
      (one) => {
        one.beginMessage();
        one.endMessage();
      },
      ['81:'],
    ],
    [
      'a frame in parts',
      (one) => {
        one.beginMessage(MessageType.BINARY);
        one.beginMessageFrame(3);
        one.sendMessageFrameData(bytes('a'));
        one.sendMessageFrameData(bytes(''));
        one.sendMessageFrameData(bytes('bc'));
        one.beginMessageFrame(0);
        one.beginMessageFrame(1n, { final: true });
        one.sendMessageFrameData(bytes('d'));
        one.endMessage();
      },
      ['02: 61 62 63', '00:', '80: 64'],
    ],
    [
      'a message while another is open: it waits',
      (one) => {
        one.beginMessage();
        one.sendMessage('later');
        one.sendMessageFrame(bytes('a'));
        one.sendMessage(bytes('last'));
        one.endMessage();
      },
      ['01: 61', '80:', '81: 6c 61 74 65 72', '82: 6c 61 73 74'],
    ],
    [
      'Close while a message is open: it waits for the end',
      (one) => {
        one.beginMessage();
        one.sendMessageFrame(bytes('a'));
        one.sendClose(1000, 'bye');
        one.sendMessage('not sent');
        one.sendMessageFrame(bytes('b'), { final: true });
      },
      ['01: 61', '80: 62', '88: 03 e8 62 79 65'],
    ],
  ];
  for (const [name, send, frames] of SENDS) {
    it(`reach the peer: ${name}`, async (t) => {
      const { protocol, peer } = await open(t, reading);

      send(protocol);

      assert.deepEqual(await peer.describe(frames.length), frames);
    });
  }

  it('are not broken by control frames, which wait for the end of a frame', async (t) => {
    const { protocol, peer } = await open(t, reading);

    protocol.beginMessage(MessageType.BINARY);
    protocol.beginMessageFrame(2);
    protocol.sendMessageFrameData(bytes('a'));
    await once(peer.socket, 'data');
    protocol.sendPing(bytes('p'));
    protocol.sendPong(bytes('q'));
    protocol.sendPong(bytes('r'));
    assert.equal(protocol.bufferedAmount, 9);
    protocol.sendMessageFrameData(bytes('b'));
    protocol.endMessage();

    assert.deepEqual(await peer.describe(5), ['02: 61 62', '89: 70', '8a: 71', '8a: 72', '80:']);
  });

  it('report what a frame misses, and what it did not take', async (t) => {
    const { protocol, peer } = await open(t, reading);

    protocol.beginMessage(MessageType.BINARY);
    protocol.beginMessageFrame(10);
    const results = [
      protocol.sendMessageFrameData(bytes('012')),
      protocol.sendMessageFrameData(bytes('')),
      protocol.sendMessageFrameData(bytes('3456789')),
    ];
    protocol.beginMessageFrame(4);
    results.push(protocol.sendMessageFrameData(bytes('0123456')));

    assert.deepEqual(results, [7, 7, 0, -3]);
    assert.throws(() => protocol.sendMessageFrameData(bytes('x')), LocalUsageError);
    assert.deepEqual(await peer.describe(2), ['02: 30 31 32 33 34 35 36 37 38 39', '00: 30 31 32 33']);
  });

  it('may announce 2^63−1 bytes, and no more', async (t) => {
    const { protocol, peer } = await open(t, reading);
    const chunks: Buffer[] = [];
    peer.socket.on('data', (chunk: Buffer) => chunks.push(chunk));

    protocol.beginMessage();
    assert.throws(() => protocol.beginMessageFrame(2 ** 63), LocalUsageError);
    assert.throws(() => protocol.beginMessageFrame(MAX_FRAME_LENGTH + 1n), LocalUsageError);
    protocol.beginMessageFrame(MAX_FRAME_LENGTH);
    assert.equal(protocol.sendMessageFrameData(bytes('a')), Number(MAX_FRAME_LENGTH));
    protocol.sendClose(1000);
    await peer.ended;

    // Inside that frame no Close can be sent.
    assert.equal(Buffer.concat(chunks).toString('hex'), '017f7fffffffffffffff61');
  });

  it('change nothing when they are misused', async (t) => {
    const { protocol, peer } = await open(t, reading);
    const misuse = (call: () => unknown): void => assert.throws(call, LocalUsageError);

    misuse(() => protocol.endMessage());
    misuse(() => protocol.sendMessageFrame(bytes('x')));
    misuse(() => protocol.beginMessageFrame(1));
    misuse(() => protocol.sendMessageFrameData(bytes('x')));
    protocol.beginMessage();
    misuse(() => protocol.beginMessage());
    misuse(() => protocol.sendMessageFrameData(bytes('x')));
    protocol.beginMessageFrame(2);
    misuse(() => protocol.beginMessage());
    misuse(() => protocol.beginMessageFrame(1));
    misuse(() => protocol.sendMessageFrame(bytes('x')));
    misuse(() => protocol.endMessage());
    protocol.sendMessageFrameData(bytes('ab'));
    protocol.endMessage();
    misuse(() => protocol.endMessage());
    protocol.sendMessage('next');

    assert.deepEqual(await peer.describe(3), ['01: 61 62', '80:', '81: 6e 65 78 74']);
  });

  it('are nothing when the connection is not open: no method throws', async (t) => {
    const { Server, opened } = openedServers();
    const server = await startServer(t, Server, reading);
    const peer = await connectRaw(t, server.url);
    const protocol = await opened.take();
    const prepared = protocol.factory.prepareMessage('x');
    peer.sendFrame({ byte0: 0x88, payload: hex('03 e8') });
    await peer.closed();

    for (const one of [protocol, new Server()]) {
      assert.equal(one.sendMessage('x'), false);
      assert.equal(one.sendPreparedMessage(prepared), false);
      one.beginMessage();
      one.beginMessageFrame(1);
      assert.equal(one.sendMessageFrameData(bytes('x')), 0);
      assert.equal(one.sendMessageFrame(bytes('x')), false);
      one.endMessage();
      assert.equal(one.sendPing(), false);
      assert.equal(one.sendPong(), false);
      one.sendClose(1000);
      one.dropConnection();
      one.pauseReceiving();
      one.resumeReceiving();
      one.unregisterProducer();
      assert.equal(one.bufferedAmount, 0);
    }
    assert.deepEqual(await peer.describeAll(), ['88: 03 e8']);
  });
});
