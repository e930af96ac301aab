import assert from 'node:assert/strict';
import { it } from 'node:test';

import { WebSocketServerProtocol } from '../../src/index.ts';
import { concat } from '../helpers/bytes.ts';
import { frame } from '../helpers/frames.ts';
import { describeInBothWays, startServer } from '../helpers/hook-peers.ts';
import { Journal } from '../helpers/journal.ts';
import { journalingHooks, journalingServers, type ServerClass } from '../helpers/journaling-server.ts';
import { connectRaw } from '../helpers/raw-peer.ts';

const KEY = '01 02 03 04';
const bytes = (size: number, byte0: number): Uint8Array => frame({ byte0, payload: new Uint8Array(size), key: KEY });

const maxFrameSize = 100;
const maxMessageSize = 250;

const FRAME = bytes(101, 0x82);
const ANNOUNCED = frame({ byte0: 0x82, length: 101n, key: KEY });
const MESSAGE = concat([bytes(100, 0x02), bytes(100, 0x00), bytes(51, 0x80)]);
const AT_THE_LIMITS = concat([bytes(100, 0x02), bytes(100, 0x00), bytes(50, 0x80)]);

describeInBothWays('The limits of what is collected', (reading) => {
  for (const level of ['streaming', 'frame', 'message'] as const) {
    const CASES: [name: string, input: Uint8Array, option: string][] = [
      ['a frame is too long', FRAME, 'maxFrameSize'],
      ['a message is too long', MESSAGE, 'maxMessageSize'],
    ];
    for (const [name, input, option] of CASES) {
      it(`end the connection at level ${level} when ${name}`, async (t) => {
        const journal = new Journal();
        const { [level]: Hooks } = journalingServers(journal);
        const server = await startServer(t, Hooks, { ...reading, maxFrameSize, maxMessageSize });
        const peer = await connectRaw(t, server.url);

        peer.send(input);
        const { byte0, payload } = await peer.frames.take();
        await journal.has('close');

        assert.equal(byte0, 0x88);
        assert.deepEqual([...payload.subarray(0, 2)], [0x03, 0xf1]);
        assert.match(Buffer.from(payload.subarray(2)).toString(), new RegExp(`exceed ${option}`));
        assert.match(journal.lines.at(-1) ?? '', new RegExp(`^close unclean 1006 .*${option}.*stream`));
        assert.ok(!journal.lines.some((line) => line.startsWith('message ')));
      });
    }

    it(`let a message of exactly their size pass at level ${level}`, async (t) => {
      const journal = new Journal();
      const { [level]: Hooks } = journalingServers(journal);
      const server = await startServer(t, Hooks, { ...reading, maxFrameSize, maxMessageSize });
      const peer = await connectRaw(t, server.url);

      peer.send(concat([AT_THE_LIMITS, AT_THE_LIMITS]));
      await journal.has('message ', 2);

      assert.equal(server.connections.size, 1);
    });
  }

  for (const [level, hook] of [
    ['streaming', 'onMessageFrameEnd'],
    ['frame', 'onMessageFrame'],
    ['message', 'onMessage'],
  ] as const) {
    it(`are judged by what a header announces, where data is collected by default, at level ${level}`, async (t) => {
      const server = await startServer(t, journalingHooks(new Journal(), [hook]), {
        ...reading,
        maxFrameSize,
        maxMessageSize,
      });
      const peer = await connectRaw(t, server.url);

      peer.send(ANNOUNCED);
      const { payload } = await peer.frames.take();

      assert.match(Buffer.from(payload.subarray(2)).toString(), /^101 bytes exceed maxFrameSize, 100 bytes/);
    });
  }

  const FORGETFUL: [name: string, make: (journal: Journal) => ServerClass][] = [
    [
      'forgets super in onMessageFrameBegin',
      (journal) =>
        class extends journalingServers(journal).streaming {
          override onMessageFrameBegin(): void {
            journal.write('forgot');
          }
        },
    ],
    [
      'forgets super in onMessageBegin',
      (journal) =>
        class extends journalingServers(journal).streaming {
          override onMessageBegin(): void {
            journal.write('forgot');
          }
        },
    ],
    [
      'catches what super throws',
      (journal) =>
        class extends journalingServers(journal).streaming {
          override onMessageFrameBegin(length: number, reserved: number): void {
            try {
              void super.onMessageFrameBegin(length, reserved);
            } catch {
              journal.write('caught');
            }
          }
          override onMessageFrameData(payload: Uint8Array): void {
            try {
              void super.onMessageFrameData(payload);
            } catch {
              journal.write('caught');
            }
          }
          override onMessageFrame(payload: Uint8Array, reserved: number): void {
            try {
              void super.onMessageFrame(payload, reserved);
            } catch {
              journal.write('caught');
            }
          }
        },
    ],
    [
      'feeds the same frame to onMessageFrame again and again',
      (journal) =>
        class extends journalingServers(journal).frame {
          override onMessageFrame(payload: Uint8Array, reserved: number): void {
            for (let times = 0; times < 3; times++) void super.onMessageFrame(payload, reserved);
          }
        },
    ],
  ];
  for (const [name, make] of FORGETFUL) {
    it(`hold where a subclass ${name}`, async (t) => {
      for (const input of [FRAME, MESSAGE]) {
        const journal = new Journal();
        const server = await startServer(t, make(journal), { ...reading, maxFrameSize, maxMessageSize });
        const peer = await connectRaw(t, server.url);

        peer.send(input);
        const { payload } = await peer.frames.take();
        await journal.has('close');

        assert.deepEqual([...payload.subarray(0, 2)], [0x03, 0xf1]);
        assert.ok(!journal.lines.some((line) => line === 'caught' || line.startsWith('message ')));
      }
    });
  }

  it('do not hold for what is not collected, unless maxStreamedMessageSize says so', async (t) => {
    const journal = new Journal();
    class Streaming extends WebSocketServerProtocol {
      #size = 0;
      override onMessageFrameData(payload: Uint8Array): void {
        this.#size += payload.length;
      }
      override onMessageFrameEnd(): void {
        journal.write(`frame ends at ${String(this.#size)}`);
      }
      override onMessageEnd(): void {
        journal.write(`message of ${String(this.#size)}`);
        this.#size = 0;
      }
      override onClose(_wasClean: boolean, _code: number, reason: string): void {
        journal.write(`close ${reason}`);
      }
    }
    const options = { ...reading, maxFrameSize, maxMessageSize };
    const unlimited = await startServer(t, Streaming, options);
    const limited = await startServer(t, Streaming, { ...options, maxStreamedMessageSize: 260 });

    const free = await connectRaw(t, unlimited.url);
    free.send(concat([bytes(200, 0x02), bytes(61, 0x80)]));
    await journal.has('message of 261');
    const peer = await connectRaw(t, limited.url);
    peer.send(concat([bytes(200, 0x02), bytes(60, 0x80), bytes(200, 0x02), bytes(61, 0x80)]));
    const { payload } = await peer.frames.take();
    await journal.has('close');

    assert.deepEqual([...payload.subarray(0, 2)], [0x03, 0xf1]);
    assert.match(journal.lines.at(-1) ?? '', /^close 261 bytes exceed maxStreamedMessageSize, 260 bytes/);
  });

  it('do not report an error of the peer as one of a hook', async (t) => {
    const journal = new Journal();
    const server = await startServer(t, journalingServers(journal).streaming, {
      ...reading,
      maxFrameSize,
      onError: (error) => journal.write(`error ${error.message}`),
    });
    const peer = await connectRaw(t, server.url);

    peer.send(FRAME);
    await journal.has('close');

    assert.ok(!journal.lines.some((line) => line.startsWith('error')));
  });
});
