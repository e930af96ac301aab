import assert from 'node:assert/strict';
import { it } from 'node:test';

import { WebSocketServerProtocol } from '../../src/index.ts';
import type { HookResult } from '../../src/classes/hooks.ts';
import { concat, hex } from '../helpers/bytes.ts';
import { frame } from '../helpers/frames.ts';
import { describeInBothWays, startServer } from '../helpers/hook-peers.ts';
import { Inbox } from '../helpers/inbox.ts';
import { Journal } from '../helpers/journal.ts';
import { show, type ServerClass } from '../helpers/journaling-server.ts';
import { connectRaw } from '../helpers/raw-peer.ts';

const KEY = '01 02 03 04';
const text = (payload: string, byte0 = 0x81): Uint8Array => frame({ byte0, payload: Buffer.from(payload), key: KEY });
const CLOSE = frame({ byte0: 0x88, payload: hex('03 e8'), key: KEY });
const CONVERSATION = concat([
  text('ab', 0x01),
  text('p', 0x89),
  text('c', 0x80),
  text('q', 0x8a),
  text('r', 0x8b),
  text('d'),
  CLOSE,
]);

const HOOKS = [
  'onMessageBegin',
  'onMessageFrameBegin',
  'onMessageFrameData',
  'onMessageFrameEnd',
  'onPing',
  'onPong',
  'onControlFrame',
];

/** Every hook waits for something else, and says when it begins and ends. */
function waiting(journal: Journal, turn: () => Promise<void>): ServerClass {
  const during = async (line: string, next: () => HookResult): Promise<void> => {
    journal.write(`${line} begins`);
    await turn();
    await next();
    journal.write(`${line} ends`);
  };
  return class extends WebSocketServerProtocol {
    override onOpen = (): HookResult => during('open', () => super.onOpen());
    override onMessageBegin = (opcode: number): HookResult =>
      during('messageBegin', () => super.onMessageBegin(opcode));
    override onMessageFrameBegin = (length: number, reserved: number): HookResult =>
      during('frameBegin', () => super.onMessageFrameBegin(length, reserved));
    override onMessageFrameData = (payload: Uint8Array): HookResult =>
      during(`data ${show(payload)}`, () => super.onMessageFrameData(payload));
    override onMessageFrameEnd = (): HookResult => during('frameEnd', () => super.onMessageFrameEnd());
    override onMessageFrame = (payload: Uint8Array, reserved: number): HookResult =>
      during('frame', () => super.onMessageFrame(payload, reserved));
    override onMessageEnd = (): HookResult => during('messageEnd', () => super.onMessageEnd());
    override onMessage = (payload: string | Uint8Array): HookResult =>
      during(`message ${show(payload)}`, () => undefined);
    override onPing = (payload: Uint8Array): HookResult => during('ping', () => super.onPing(payload));
    override onPong = (payload: Uint8Array): HookResult => during('pong', () => super.onPong(payload));
    override onControlFrame = (): HookResult => during('controlFrame', () => undefined);
    override onClose = (_wasClean: boolean, code: number): HookResult =>
      during(`close ${String(code)}`, () => undefined);
  };
}

/** The lines of a hook, with those of the hooks that it calls between them. */
const call = (line: string, ...within: string[]): string[] => [`${line} begins`, ...within, `${line} ends`];

const ORDER = [
  ...call('open'),
  ...call('messageBegin'),
  ...call('frameBegin'),
  ...call('data <61 62>'),
  ...call('frameEnd', ...call('frame')),
  ...call('ping'),
  ...call('frameBegin'),
  ...call('data <63>'),
  ...call('frameEnd', ...call('frame')),
  ...call('messageEnd', ...call('message "abc"')),
  ...call('pong'),
  ...call('controlFrame'),
  ...call('messageBegin'),
  ...call('frameBegin'),
  ...call('data <64>'),
  ...call('frameEnd', ...call('frame')),
  ...call('messageEnd', ...call('message "d"')),
  ...call('close 1000'),
];

const TURNS: [name: string, turn: () => Promise<void>][] = [
  ['promises that are resolved already', () => Promise.resolve()],
  ['the event loop', () => new Promise((resolve) => setImmediate(resolve))],
];

describeInBothWays('Hooks that return promises', (reading) => {
  const extensionPoints = { controlOpcodes: [0xb] };

  for (const [name, turn] of TURNS) {
    it(`are called one after the other, while they wait for ${name}`, async (t) => {
      const journal = new Journal();
      const server = await startServer(t, waiting(journal, turn), { ...reading, extensionPoints });

      // All of it in one chunk, right behind the request, and in one chunk later.
      const first = await connectRaw(t, server.url, { behind: CONVERSATION });
      await journal.has('close 1000 ends');
      const early = journal.lines.splice(0);
      const second = await connectRaw(t, server.url);
      second.send(CONVERSATION);
      await journal.has('close 1000 ends');

      assert.deepEqual(early, ORDER);
      assert.deepEqual(journal.lines, ORDER);
      for (const peer of [first, second]) assert.deepEqual(await peer.describeAll(), ['8a: 70', '88: 03 e8']);
    });
  }

  for (const hook of HOOKS) {
    it(`fail the connection with 1011 when ${hook} rejects, and onError learns of it`, async (t) => {
      const journal = new Journal();
      const errors = new Inbox<Error>();
      const thrown = new Error('a secret');
      const Waiting = waiting(journal, () => Promise.resolve());
      class Rejecting extends Waiting {
        constructor() {
          super();
          Object.assign(this, { [hook]: () => Promise.reject(thrown) });
        }
      }
      const onError = (error: Error): void => errors.put(error);
      const server = await startServer(t, Rejecting, { ...reading, extensionPoints, onError });
      const peer = await connectRaw(t, server.url);

      peer.send(CONVERSATION);
      const frames = await peer.describeAll();
      await journal.has('close');

      assert.deepEqual(
        frames.filter((one) => one !== '8a: 70'),
        ['88: 03 f3'],
      );
      assert.equal(await errors.take(), thrown);
      assert.equal(errors.size, 0);
      assert.ok(journal.lines.includes('close 1006 begins'));
    });
  }

  it('hold back what follows in the same chunk and in later ones, until they are settled', async (t) => {
    const journal = new Journal();
    const releases: (() => void)[] = [];
    class Held extends WebSocketServerProtocol {
      override async onMessage(payload: string | Uint8Array): Promise<void> {
        journal.write(`message ${show(payload)}`);
        await new Promise<void>((resolve) => releases.push(resolve));
      }
      override onPing(payload: Uint8Array): void {
        journal.write(`ping ${show(payload)}`);
      }
    }
    const server = await startServer(t, Held, reading);
    const peer = await connectRaw(t, server.url);
    const other = await connectRaw(t, server.url);

    peer.send(concat([text('first'), text('p', 0x89), text('second')]));
    await journal.has('message "first"');
    peer.send(text('third'));
    // The server is alive meanwhile: another connection is served.
    other.send(text('q', 0x89));
    await journal.has('ping <71>');
    assert.deepEqual(journal.lines.splice(0), ['message "first"', 'ping <71>']);

    for (const message of ['second', 'third']) {
      releases.pop()?.();
      await journal.has(`message "${message}"`);
    }
    assert.deepEqual(journal.lines, ['ping <70>', 'message "second"', 'message "third"']);
  });

  it('hold back what follows until all of them are settled, when there are several', async (t) => {
    const journal = new Journal();
    const releases: (() => void)[] = [];
    const held = (): Promise<void> => new Promise((resolve) => releases.push(resolve));
    class Held extends WebSocketServerProtocol {
      override onOpen(): Promise<void> {
        this.sendMessage(new Uint8Array(100_000));
        return held();
      }
      override onDrain(): Promise<void> {
        journal.write('drain');
        return held();
      }
      override onMessage(payload: string | Uint8Array): void {
        journal.write(`message ${show(payload)}`);
      }
    }
    const server = await startServer(t, Held, reading);
    const peer = await connectRaw(t, server.url, { behind: text('a') });
    await peer.frames.take();
    await journal.has('drain');

    releases.pop()?.();
    for (let count = 0; count < 5; count++) await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(journal.lines, ['drain']);
    releases.pop()?.();
    await journal.has('message "a"');
  });

  it('let the connection be used while they wait', async (t) => {
    class Busy extends WebSocketServerProtocol {
      override async onMessage(): Promise<void> {
        for (const word of ['one', 'two']) {
          this.sendMessage(word);
          await new Promise((resolve) => setImmediate(resolve));
        }
        this.sendClose(1000);
      }
    }
    const server = await startServer(t, Busy, reading);
    const peer = await connectRaw(t, server.url);

    peer.send(text('go'));

    assert.deepEqual(await peer.describe(3), ['81: 6f 6e 65', '81: 74 77 6f', '88: 03 e8']);
  });

  it('end with the connection: what they do after it does nothing', async (t) => {
    const journal = new Journal();
    class Late extends WebSocketServerProtocol {
      override async onMessage(): Promise<void> {
        this.dropConnection();
        await journal.has('close');
        assert.equal(this.sendMessage('too late'), false);
        journal.write('after');
      }
      override onClose(): void {
        journal.write('close');
      }
    }
    const server = await startServer(t, Late, { ...reading, onError: (error) => journal.write(String(error)) });
    const peer = await connectRaw(t, server.url);

    peer.send(concat([text('go'), text('on')]));
    await journal.has('after');

    assert.deepEqual(journal.lines, ['close', 'after']);
  });
});
