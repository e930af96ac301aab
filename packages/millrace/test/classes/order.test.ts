import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';

import { WebSocketServerProtocol } from '../../src/index.ts';
import { concat, hex } from '../helpers/bytes.ts';
import { frame } from '../helpers/frames.ts';
import { describeInBothWays, startServer, type Reading } from '../helpers/hook-peers.ts';
import { Journal } from '../helpers/journal.ts';
import { journalingHooks, journalingServers, show, type ServerClass } from '../helpers/journaling-server.ts';
import { connectRaw, type RawPeer } from '../helpers/raw-peer.ts';

const KEY = '01 02 03 04';
const text = (payload: string, byte0 = 0x81): Uint8Array => frame({ byte0, payload: Buffer.from(payload), key: KEY });

/** A text message in two frames with a ping between them, then an empty binary message. */
const FIRST = concat([
  text('abc', 0x01),
  text('p', 0x89),
  frame({ byte0: 0x80, payload: hex('64 65 66 67'), key: KEY }),
]);
const SECOND = frame({ byte0: 0x82, key: KEY });

const STREAMING = [
  'open',
  'messageBegin 1',
  'frameBegin 3 0',
  'data <61 62 63>',
  'frameEnd',
  'frame <61 62 63> 0',
  'ping <70>',
  'frameBegin 4 0',
  'data <64 65>',
  'data <66 67>',
  'frameEnd',
  'frame <64 65 66 67> 0',
  'messageEnd',
  'message "abcdefg" text',
  'messageBegin 2',
  'frameBegin 0 0',
  'frameEnd',
  'frame <> 0',
  'messageEnd',
  'message <> binary',
  'close clean 1000 bye',
];

const LEVELS: [level: 'message' | 'frame' | 'streaming', calls: RegExp][] = [
  ['streaming', /./],
  ['frame', /^(open|close|ping|message|messageBegin|messageEnd|frame)\b/],
  ['message', /^(open|close|ping|message)\b/],
];

async function serve(t: TestContext, protocol: ServerClass, reading: Reading): Promise<RawPeer> {
  const server = await startServer(t, protocol, reading);
  return connectRaw(t, server.url);
}

describeInBothWays('The hooks of a connection', (reading) => {
  for (const [level, calls] of LEVELS) {
    it(`are called in order at level ${level}, each feeding the next by super`, async (t) => {
      const journal = new Journal();
      const peer = await serve(t, journalingServers(journal)[level], reading);

      // The last frame of the message comes in two pieces, the second when the first has been read.
      peer.send(FIRST.subarray(0, -2));
      await journal.has(level === 'streaming' ? 'data <64 65>' : 'ping');
      peer.send(concat([FIRST.subarray(-2), SECOND, frame({ byte0: 0x88, payload: hex('03 e8 62 79 65'), key: KEY })]));
      await journal.has('close');

      assert.deepEqual(
        journal.lines,
        STREAMING.filter((line) => calls.test(line)),
      );
    });
  }

  it('get data as it arrives, and nothing is collected, where super is not called', async (t) => {
    const journal = new Journal();
    class Streaming extends WebSocketServerProtocol {
      override onMessageFrameData(payload: Uint8Array): void {
        journal.write(`data ${show(payload)}`);
      }
      override onMessageFrameEnd(): void {
        journal.write('frameEnd');
      }
      override onMessageEnd(): void {
        journal.write('messageEnd');
      }
      override onMessageFrame(): void {
        journal.write('frame');
      }
      override onMessage(): void {
        journal.write('message');
      }
    }
    const peer = await serve(t, Streaming, reading);

    peer.send(concat([text('ab', 0x01), text('', 0x80)]));
    await journal.has('messageEnd');

    assert.deepEqual(journal.lines, ['data <61 62>', 'frameEnd', 'frameEnd', 'messageEnd']);
  });

  const CHOICES: [hooks: string[], calls: string[]][] = [
    [['onMessage'], ['message "abc" text']],
    [['onMessageBegin'], ['messageBegin 1']],
    [
      ['onMessageBegin', 'onMessage'],
      ['messageBegin 1', 'message "abc" text'],
    ],
    [
      ['onMessageFrame', 'onMessage'],
      ['frame <61 62> 0', 'frame <63> 0', 'message "abc" text'],
    ],
    [
      ['onMessageEnd', 'onMessage'],
      ['messageEnd', 'message "abc" text'],
    ],
    [
      ['onMessageFrameBegin', 'onMessage'],
      ['frameBegin 2 0', 'frameBegin 1 0', 'message "abc" text'],
    ],
    [
      ['onMessageFrameEnd', 'onMessageFrame', 'onMessage'],
      ['frameEnd', 'frame <61 62> 0', 'frameEnd', 'frame <63> 0', 'message "abc" text'],
    ],
    [
      ['onMessageFrameData', 'onMessage'],
      ['data <61 62>', 'data <63>', 'message "abc" text'],
    ],
    [[], []],
  ];
  for (const [hooks, calls] of CHOICES) {
    it(`feed the next by default where ${hooks.join(', ') || 'nothing'} is overridden`, async (t) => {
      const journal = new Journal();
      const peer = await serve(t, journalingHooks(journal, [...hooks, 'onPing']), reading);

      peer.send(concat([text('ab', 0x01), text('c', 0x80), text('end', 0x89)]));
      await journal.has('ping');

      assert.deepEqual(journal.lines, [...calls, 'ping <65 6e 64>']);
    });
  }

  it('pass nothing on where a hook in the middle does not call super', async (t) => {
    const journal = new Journal();
    class Middle extends journalingServers(journal).streaming {
      override onMessageFrame(): void {
        journal.write('kept');
      }
    }
    const peer = await serve(t, Middle, reading);

    peer.send(text('abc'));
    await journal.has('message ');

    assert.deepEqual(journal.lines.slice(-3), ['kept', 'messageEnd', 'message "" text']);
  });

  it('are chosen for each instance, also by assignment in its constructor', async (t) => {
    const journal = new Journal();
    class Assigned extends WebSocketServerProtocol {
      override onMessageFrameData = (payload: Uint8Array): void => journal.write(`data ${show(payload)}`);
      override onMessageEnd = (): void => journal.write('messageEnd');
    }
    const peer = await serve(t, Assigned, reading);

    peer.send(text('abc'));
    await journal.has('messageEnd');

    assert.deepEqual(journal.lines, ['data <61 62 63>', 'messageEnd']);
  });

  it('see a ping and its pong between the frames of a message', async (t) => {
    const journal = new Journal();
    const peer = await serve(t, journalingServers(journal).frame, reading);

    peer.send(FIRST);
    const [pong] = await peer.describe(1);
    peer.sendFrame({ byte0: 0x8a, payload: hex('71') });
    await journal.has('pong');

    assert.equal(pong, '8a: 70');
    assert.equal(journal.lines.at(-1), 'pong <71>');
  });
});
