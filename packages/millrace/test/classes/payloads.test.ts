import assert from 'node:assert/strict';
import { it } from 'node:test';

import { LocalUsageError, WebSocketClientProtocol, WebSocketServerProtocol } from '../../src/index.ts';
import { concat, hex, toHex } from '../helpers/bytes.ts';
import { frame } from '../helpers/frames.ts';
import { describeInBothWays, startClient, startServer } from '../helpers/hook-peers.ts';
import { Inbox } from '../helpers/inbox.ts';
import { randomBytes } from '../helpers/random.ts';
import { connectRaw } from '../helpers/raw-peer.ts';

const KEY = '01 02 03 04';
const SIZES = [0, 1, 15, 16, 125, 126, 4096, 4097, 65_535, 65_536, 200_000];

/** What a hook was given: the hook, the payload itself, and a copy from when it came. */
interface Given {
  readonly hook: string;
  readonly payload: Uint8Array;
  readonly copy: Uint8Array;
}

function keeping(
  given: Given[],
  done: Inbox<string>,
): Record<'streaming' | 'frame' | 'message', new () => WebSocketServerProtocol> {
  const keep = (hook: string, payload: string | Uint8Array): void => {
    if (typeof payload !== 'string') given.push({ hook, payload, copy: Uint8Array.from(payload) });
  };
  class Message extends WebSocketServerProtocol {
    override onMessage(payload: string | Uint8Array): void {
      keep('onMessage', payload);
    }
    override onPing(payload: Uint8Array): void {
      keep('onPing', payload);
      if (toHex(payload) === '65 6e 64') done.put('end');
    }
    override onPong(payload: Uint8Array): void {
      keep('onPong', payload);
    }
    override onControlFrame(_opcode: number, payload: Uint8Array): void {
      keep('onControlFrame', payload);
    }
  }
  class Frame extends Message {
    override onMessageFrame(payload: Uint8Array, reserved: number): void | Promise<void> {
      keep('onMessageFrame', payload);
      return super.onMessageFrame(payload, reserved);
    }
  }
  class Streaming extends Frame {
    override onMessageFrameData(payload: Uint8Array): void | Promise<void> {
      keep('onMessageFrameData', payload);
      return super.onMessageFrameData(payload);
    }
  }
  return { streaming: Streaming, frame: Frame, message: Message };
}

describeInBothWays('Payloads that hooks get', (reading) => {
  for (const level of ['streaming', 'frame', 'message'] as const) {
    it(`are plain Uint8Arrays, and theirs for good, at level ${level}`, async (t) => {
      const given: Given[] = [];
      const done = new Inbox<string>();
      const server = await startServer(t, keeping(given, done)[level], {
        ...reading,
        extensionPoints: { controlOpcodes: [0xb] },
      });
      const peer = await connectRaw(t, server.url);
      const payloads = SIZES.map((size) => randomBytes(size, size + 1));

      for (const payload of payloads) {
        peer.send(frame({ byte0: 0x82, payload, key: KEY }));
        const half = payload.length >> 1;
        peer.send(frame({ byte0: 0x02, payload: payload.subarray(0, half), key: KEY }));
        for (const byte0 of [0x89, 0x8a, 0x8b]) peer.send(frame({ byte0, payload: hex('70 71'), key: KEY }));
        peer.send(frame({ byte0: 0x80, payload: payload.subarray(half), key: KEY }));
      }
      peer.send(frame({ byte0: 0x89, payload: hex('65 6e 64'), key: KEY }));
      await done.take();

      for (const { hook, payload, copy } of given) {
        assert.equal(Object.getPrototypeOf(payload), Uint8Array.prototype, hook);
        assert.equal(Buffer.compare(payload, copy), 0, `${hook} of ${String(copy.length)} bytes`);
      }
      const messages = given.filter(({ hook }) => hook === 'onMessage').map(({ payload }) => payload);
      assert.equal(messages.length, 2 * SIZES.length);
      payloads.forEach((payload, index) => {
        assert.equal(Buffer.compare(messages[2 * index]!, payload), 0);
        assert.equal(Buffer.compare(messages[2 * index + 1]!, payload), 0);
      });
    });
  }

  it('share no memory with each other, so that changing one changes no other', async (t) => {
    const given: Given[] = [];
    const done = new Inbox<string>();
    const server = await startServer(t, keeping(given, done).streaming, reading);
    const peer = await connectRaw(t, server.url);

    peer.send(concat(Array.from({ length: 8 }, () => frame({ byte0: 0x82, payload: hex('01 02'), key: KEY }))));
    peer.send(frame({ byte0: 0x89, payload: hex('65 6e 64'), key: KEY }));
    await done.take();
    for (const { hook, payload } of given) if (hook === 'onMessage') payload.fill(0xff);

    assert.equal(given.length, 25);
    for (const { hook, payload } of given.slice(0, -1)) {
      if (hook === 'onMessageFrameData') assert.equal(toHex(payload), '01 02');
    }
  });

  it('keep U+FEFF at the start of a text', async (t) => {
    const received = new Inbox<string | Uint8Array>();
    class Server extends WebSocketServerProtocol {
      override onMessage(payload: string | Uint8Array): void {
        received.put(payload);
        this.sendMessage(payload);
      }
    }
    const echoed = new Inbox<string | Uint8Array>();
    class Client extends WebSocketClientProtocol {
      override onMessage(payload: string | Uint8Array): void {
        echoed.put(payload);
      }
    }
    const server = await startServer(t, Server, reading);
    const client = await startClient(t, server.url, Client, reading);

    for (const text of ['\uFEFF', '\uFEFFtext', `\uFEFF${'long '.repeat(20_000)}`, 'tail\uFEFF']) {
      client.sendMessage(text);

      assert.equal(await received.take(), text);
      assert.equal(await echoed.take(), text);
    }
  });

  it('are views on the read buffer with lendPayload, overwritten afterwards with "debug"', async (t) => {
    for (const lendPayload of [true, 'debug'] as const) {
      const given = new Inbox<Given>();
      class Lent extends WebSocketServerProtocol {
        override onMessageFrameData(payload: Uint8Array): void {
          given.put({ hook: 'onMessageFrameData', payload, copy: Uint8Array.from(payload) });
        }
        override onMessageFrameEnd(): void {
          // Nothing was collected.
        }
        override onMessageEnd(): void {
          // As above.
        }
      }
      const server = await startServer(t, Lent, { ...reading, lendPayload });
      const peer = await connectRaw(t, server.url);

      peer.send(frame({ byte0: 0x82, payload: hex('01 02 03'), key: KEY }));
      const { payload, copy } = await given.take();

      assert.equal(toHex(copy), '01 02 03');
      assert.ok(payload.buffer.byteLength > payload.length);
      if (lendPayload === 'debug') assert.equal(toHex(payload), 'db db db');
    }
  });

  it('are collected right with lendPayload, also "debug"', async (t) => {
    for (const lendPayload of [true, 'debug'] as const) {
      const given: Given[] = [];
      const done = new Inbox<string>();
      const server = await startServer(t, keeping(given, done).streaming, { ...reading, lendPayload });
      const peer = await connectRaw(t, server.url);

      peer.send(frame({ byte0: 0x02, payload: hex('01 02 03'), key: KEY }));
      peer.send(frame({ byte0: 0x80, payload: hex('04'), key: KEY }));
      peer.send(frame({ byte0: 0x89, payload: hex('65 6e 64'), key: KEY }));
      await done.take();

      const last = given.filter(({ hook }) => hook === 'onMessage').at(-1);
      assert.equal(toHex(last?.payload ?? hex('')), '01 02 03 04');
    }
  });

  for (const [name, fate] of [
    ['resolves', () => Promise.resolve()],
    ['rejects', () => Promise.reject(new Error('too late'))],
  ] as const) {
    it(`cannot be lent to an async hook: that ends the connection, also when it ${name}`, async (t) => {
      const errors = new Inbox<Error>();
      class Late extends WebSocketServerProtocol {
        override onMessageFrameData(): Promise<void> {
          return fate();
        }
      }
      const server = await startServer(t, Late, {
        ...reading,
        lendPayload: true,
        onError: (error) => errors.put(error),
      });
      const peer = await connectRaw(t, server.url);

      peer.send(frame({ byte0: 0x82, payload: hex('01'), key: KEY }));

      assert.deepEqual(await peer.describe(1), ['88: 03 f3']);
      const error = await errors.take();
      assert.ok(error instanceof LocalUsageError);
      assert.match(error.message, /onMessageFrameData.*lendPayload/);
    });
  }
});

describeInBothWays('Payloads that are sent', (reading) => {
  it('may be Buffers and other views, and are not modified', async (t) => {
    const received = new Inbox<string | Uint8Array>();
    class Server extends WebSocketServerProtocol {
      override onMessage(payload: string | Uint8Array): void {
        received.put(payload);
      }
    }
    const server = await startServer(t, Server, reading);
    const client = await startClient(t, server.url, class extends WebSocketClientProtocol {}, reading);

    for (const size of SIZES) {
      const whole = randomBytes(size + 10, 7);
      const before = Uint8Array.from(whole);
      const views = [
        Buffer.from(whole.buffer, 5, size),
        whole.subarray(5, 5 + size),
        new (class Mine extends Uint8Array {})(whole.buffer, 5, size),
      ];
      for (const view of views) {
        client.sendMessage(view);
        client.beginMessage(2);
        client.sendMessageFrame(view);
        client.beginMessageFrame(view.length, { final: true });
        if (view.length > 0) client.sendMessageFrameData(view);

        const payload = await received.take();
        assert.ok(payload instanceof Uint8Array);
        assert.equal(Buffer.compare(payload, before.subarray(5, 5 + size)), 0);
        const twice = await received.take();
        assert.ok(twice instanceof Uint8Array);
        assert.equal(Buffer.compare(twice, concat([payload, payload])), 0);
      }
      assert.equal(Buffer.compare(whole, before), 0);
    }
  });

  it('are checked where bytes are to be text', async (t) => {
    const received = new Inbox<string | Uint8Array>();
    class Server extends WebSocketServerProtocol {
      override onMessage(payload: string | Uint8Array): void {
        received.put(payload);
      }
    }
    const server = await startServer(t, Server, reading);
    const client = await startClient(t, server.url, class extends WebSocketClientProtocol {}, reading);

    client.sendMessage(Buffer.from('grüße'), { binary: false });
    client.sendMessage('grüße', { binary: true });
    const [text, binary] = await received.takeAll(2);

    assert.equal(text, 'grüße');
    assert.deepEqual(binary, Uint8Array.from(Buffer.from('grüße')));
    const message = /payload of 2 bytes is not UTF-8/;
    assert.throws(() => client.sendMessage(hex('c0 80'), { binary: false }), { constructor: LocalUsageError, message });
    assert.throws(() => client.factory.prepareMessage(hex('c0 80'), { binary: false }), {
      constructor: LocalUsageError,
      message,
    });
  });
});
