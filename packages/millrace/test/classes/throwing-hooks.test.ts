import assert from 'node:assert/strict';
import { it } from 'node:test';

import { WebSocketClientProtocol, WebSocketServerProtocol } from '../../src/index.ts';
import type { HookResult } from '../../src/classes/hooks.ts';
import { concat, hex } from '../helpers/bytes.ts';
import { frame } from '../helpers/frames.ts';
import { describeInBothWays, startClient, startServer } from '../helpers/hook-peers.ts';
import { Inbox } from '../helpers/inbox.ts';
import { Journal } from '../helpers/journal.ts';
import { connectRaw, listenRaw } from '../helpers/raw-peer.ts';

const SECRET = new Error('a secret');

const throwing = (): never => {
  throw SECRET;
};

/** What a client sends so that each hook is called. */
function conversation(key: string): Uint8Array {
  return concat([
    frame({ byte0: 0x89, payload: hex('70'), key }),
    frame({ byte0: 0x8a, payload: hex('71'), key }),
    frame({ byte0: 0x8b, payload: hex('72'), key }),
    frame({ byte0: 0x81, payload: hex('73'), key }),
  ]);
}

const HOOKS = [
  'onOpen',
  'onPing',
  'onPong',
  'onControlFrame',
  'onMessageBegin',
  'onMessageFrameBegin',
  'onMessageFrameData',
  'onMessageFrameEnd',
  'onMessageFrame',
  'onMessageEnd',
  'onMessage',
] as const;

const WAYS: [name: string, fail: () => HookResult][] = [
  ['throws', throwing],
  ['rejects', () => Promise.reject(SECRET)],
];

const extensionPoints = { controlOpcodes: [0xb] };

describeInBothWays('A hook that fails', (reading) => {
  for (const hook of HOOKS) {
    for (const [way, fail] of WAYS) {
      it(`closes with 1011 and tells the peer nothing, at a server and a client, when ${hook} ${way}`, async (t) => {
        const journal = new Journal();
        const errors = new Inbox<Error>();
        class Server extends WebSocketServerProtocol {
          override onClose(wasClean: boolean, code: number, reason: string): void {
            journal.write(`close ${String(wasClean)} ${String(code)} ${reason}`);
          }
        }
        class Client extends WebSocketClientProtocol {
          override onClose(wasClean: boolean, code: number, reason: string): void {
            journal.write(`close ${String(wasClean)} ${String(code)} ${reason}`);
          }
        }
        Object.defineProperty(Server.prototype, hook, { value: fail });
        Object.defineProperty(Client.prototype, hook, { value: fail });
        const options = { ...reading, extensionPoints, onError: (error: Error) => errors.put(error) };

        const server = await startServer(t, Server, options);
        const peer = await connectRaw(t, server.url);
        peer.send(conversation('01 02 03 04'));
        const received = await peer.describeAll();
        const raw = await listenRaw(t);
        await startClient(t, raw.url, Client, options);
        const other = await raw.peers.take();
        other.send(conversation(''));
        received.push(...(await other.describeAll()));
        await journal.has('close', 2);

        assert.deepEqual(
          received.filter((one) => one !== '8a: 70'),
          ['88: 03 f3', '88: 03 f3'],
        );
        assert.deepEqual(await errors.takeAll(2), [SECRET, SECRET]);
        assert.equal(errors.size, 0);
        assert.deepEqual(journal.lines, ['close false 1006 a secret', 'close false 1006 a secret']);
      });
    }
  }

  for (const [way, fail] of WAYS) {
    it(`is reported once, when onClose ${way}`, async (t) => {
      const errors = new Inbox<Error>();
      class Failing extends WebSocketServerProtocol {
        override onClose(): HookResult {
          return fail();
        }
      }
      const server = await startServer(t, Failing, { ...reading, onError: (error) => errors.put(error) });
      const peer = await connectRaw(t, server.url);

      peer.sendFrame({ byte0: 0x88, payload: hex('03 e8') });

      assert.deepEqual(await peer.describe(1), ['88: 03 e8']);
      assert.equal(await errors.take(), SECRET);
    });

    it(`closes with 1011, when onDrain ${way}`, async (t) => {
      const errors = new Inbox<Error>();
      class Failing extends WebSocketServerProtocol {
        override onOpen(): void {
          this.sendMessage(new Uint8Array(100_000));
        }
        override onDrain(): HookResult {
          return fail();
        }
      }
      const server = await startServer(t, Failing, { ...reading, onError: (error) => errors.put(error) });
      const peer = await connectRaw(t, server.url);

      assert.equal((await peer.frames.take()).payload.length, 100_000);
      assert.deepEqual(await peer.describe(1), ['88: 03 f3']);
      assert.equal(await errors.take(), SECRET);
    });
  }

  it('that throws something else than an error has it as cause', async (t) => {
    const errors = new Inbox<Error>();
    class Failing extends WebSocketServerProtocol {
      override onMessage(): void {
        const nothing: unknown = undefined;
        throw nothing;
      }
    }
    const server = await startServer(t, Failing, { ...reading, onError: (error) => errors.put(error) });
    const peer = await connectRaw(t, server.url);

    peer.send(frame({ byte0: 0x81, key: '01 02 03 04' }));
    const error = await errors.take();

    assert.ok(error instanceof Error);
    assert.ok('cause' in error);
    assert.equal(error.cause, undefined);
  });

  it('is called no more: what follows is not delivered', async (t) => {
    const journal = new Journal();
    class Failing extends WebSocketServerProtocol {
      override onMessage(payload: string | Uint8Array): void {
        journal.write(`message ${String(payload)}`);
        throw SECRET;
      }
      override onClose(): void {
        journal.write('close');
      }
    }
    const server = await startServer(t, Failing, { ...reading, onError: () => undefined });
    const peer = await connectRaw(t, server.url);

    peer.send(
      concat(['a', 'b'].map((payload) => frame({ byte0: 0x81, payload: Buffer.from(payload), key: '01 02 03 04' }))),
    );
    await journal.has('close');

    assert.deepEqual(journal.lines, ['message a', 'close']);
  });

  for (const [name, onError] of [
    ['there is no onError', undefined],
    ['onError throws', throwing],
    ['onError rejects', () => Promise.reject(SECRET)],
  ] as const) {
    it(`becomes a process warning, when ${name}`, async (t) => {
      const warnings = new Inbox<Error>();
      const onWarning = (warning: Error): void => warnings.put(warning);
      process.on('warning', onWarning);
      t.after(() => process.off('warning', onWarning));
      class Failing extends WebSocketServerProtocol {
        override onMessage(): void {
          throw SECRET;
        }
      }
      const server = await startServer(t, Failing, { ...reading, onError });
      const peer = await connectRaw(t, server.url);

      peer.send(frame({ byte0: 0x81, key: '01 02 03 04' }));

      assert.deepEqual(await peer.describe(1), ['88: 03 f3']);
      assert.equal(await warnings.take(), SECRET);
    });
  }

  it('may return what is no promise: it means nothing', async (t) => {
    const values = [true, 0, 'text', null, { then: undefined }, []].filter(
      (value) => !(value instanceof Object && 'then' in value),
    );
    class Returning extends WebSocketServerProtocol {
      constructor() {
        super();
        Object.assign(this, { onMessage: (payload: string) => (this.sendMessage(payload), values[Number(payload)]) });
      }
    }
    const server = await startServer(t, Returning, reading);
    const peer = await connectRaw(t, server.url);

    for (const index of values.keys()) {
      peer.send(frame({ byte0: 0x81, payload: Buffer.from(String(index)), key: '01 02 03 04' }));

      assert.equal(Buffer.from((await peer.frames.take()).payload).toString(), String(index));
    }
  });
});
