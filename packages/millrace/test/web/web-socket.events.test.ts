import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { inspect, promisify } from 'node:util';

import { CloseEvent, WebSocket } from '../../src/web/index.ts';
import { concat } from '../helpers/bytes.ts';
import { frame } from '../helpers/frames.ts';
import { Journal } from '../helpers/journal.ts';
import { listenRaw } from '../helpers/raw-peer.ts';
import { openPage, record } from './pages.ts';

const TIME_LIMIT = 30_000;

const text = (payload: string): Uint8Array => frame({ byte0: 0x81, payload: Buffer.from(payload) });
const close = (hexCode: readonly number[], reason = ''): Uint8Array =>
  frame({ byte0: 0x88, payload: Buffer.concat([Buffer.from(hexCode), Buffer.from(reason)]) });

describe('The events of a WebSocket', { timeout: TIME_LIMIT }, () => {
  it('are open, messages, and close', async (t) => {
    const { socket, journal, peer } = await openPage(t);

    peer.send(concat([text('a'), text('b'), close([0x0b, 0xb8], 'bye')]));
    peer.socket.end();
    await journal.has('close');

    assert.deepEqual(journal.lines, ['open', 'message "a"', 'message "b"', 'close clean 3000 bye']);
    assert.equal(socket.readyState, WebSocket.CLOSED);
  });

  it('are answered before a Close of the server that came right behind them, also in the first read', async (t) => {
    const { url, peers } = await listenRaw(t, { behind: concat([text('a'), text('b'), close([0x03, 0xe8])]) });
    const socket = new WebSocket(url);
    socket.onmessage = async ({ data }) => {
      await Promise.resolve();
      socket.send(String(data));
    };
    const peer = await peers.take();

    assert.deepEqual(await peer.describe(3), ['81: 61', '81: 62', '88: 03 e8']);
    peer.socket.end();
    await once(socket, 'close');
  });

  it('have the types and members of the standard', async (t) => {
    const { url, peers } = await listenRaw(t);
    const socket = new WebSocket(url);
    const [open] = (await once(socket, 'open')) as [Event];
    const peer = await peers.take();
    peer.send(text('a'));
    const [message] = (await once(socket, 'message')) as [MessageEvent];
    peer.socket.destroy();
    const ends = Promise.all([once(socket, 'error'), once(socket, 'close')]) as Promise<[[Event], [CloseEvent]]>;
    const [[error], [closed]] = await ends;

    assert.equal(Object.getPrototypeOf(open), Event.prototype);
    assert.equal(Object.getPrototypeOf(error), Event.prototype);
    assert.ok(message instanceof MessageEvent && closed instanceof CloseEvent);
    assert.equal(message.origin, url);
    assert.deepEqual([closed.wasClean, closed.code, closed.reason], [false, 1006, '']);
    for (const event of [open, message, error, closed]) {
      assert.deepEqual([event.target, event.bubbles, event.cancelable], [socket, false, false]);
    }
  });

  it('let microtasks run in between, so that who awaits sees each message', async (t) => {
    const { url, peers } = await listenRaw(t, { behind: concat(['a', 'b', 'c'].map(text)) });
    const socket = new WebSocket(url);
    const journal = new Journal();
    const next = (): Promise<string> =>
      new Promise((resolve) => socket.addEventListener('message', ({ data }) => resolve(String(data)), { once: true }));

    for (let count = 0; count < 3; count++) journal.write(await next());
    const peer = await peers.take();
    peer.send(close([]));
    peer.socket.end();
    await once(socket, 'close');

    assert.deepEqual(journal.lines, ['a', 'b', 'c']);
  });

  it('tell of messages that came right behind the opening handshake after open', async (t) => {
    const { journal, peer } = await openPage(t, { server: { behind: concat([text('early'), close([])]) } });

    peer.socket.end();
    await journal.has('close');

    assert.deepEqual(journal.lines, ['open', 'message "early"', 'close clean 1005']);
  });

  it('change readyState before they are told', async (t) => {
    const { url, peers } = await listenRaw(t);
    const socket = new WebSocket(url);
    const states = [socket.readyState];
    for (const type of ['open', 'message', 'error', 'close']) {
      socket.addEventListener(type, () => states.push(socket.readyState));
    }
    const peer = await peers.take();
    peer.send(text('a'));
    await once(socket, 'message');
    peer.socket.destroy();
    await once(socket, 'close');

    assert.deepEqual(states, [0, 1, 1, 3, 3]);
  });

  for (const [name, payload, binaryType, expected] of [
    ['a Blob', '01 ff', 'blob', 'message Blob of 2'],
    ['an ArrayBuffer', '01 ff', 'arraybuffer', 'message ArrayBuffer 01ff'],
    ['an empty ArrayBuffer', '', 'arraybuffer', 'message ArrayBuffer'],
  ] as const) {
    it(`bring bytes as ${name}`, async (t) => {
      const { socket, journal, peer } = await openPage(t);
      socket.binaryType = binaryType;

      peer.send(frame({ payload: Buffer.from(payload.replaceAll(' ', ''), 'hex') }));
      await journal.has('message');

      assert.deepEqual(
        journal.lines.map((line) => line.trimEnd()),
        ['open', expected],
      );
    });
  }

  it('bring bytes of several frames in a buffer of their own', async (t) => {
    const { socket, peer } = await openPage(t);
    socket.binaryType = 'arraybuffer';
    const payload = Buffer.alloc(100_000, 7);

    peer.send(concat([frame({ byte0: 0x02, payload }), frame({ byte0: 0x80, payload })]));
    const [event] = (await once(socket, 'message')) as [MessageEvent];

    assert.ok(Buffer.from(event.data as ArrayBuffer).equals(Buffer.concat([payload, payload])));
  });

  it('are error and close, in a task, also where the failure is known at once', async () => {
    // A blocked port, for which nothing has to be waited for.
    const journal = record(new WebSocket('ws://127.0.0.1:1/'));
    for (let step = 0; step < 20; step++) await Promise.resolve();
    assert.deepEqual(journal.lines, []);

    await journal.has('close');

    assert.deepEqual(journal.lines, ['error', 'close unclean 1006']);
  });

  for (const [name, bytes] of [
    ['a masked frame', frame({ byte0: 0x81, payload: Buffer.from('a'), key: '01 02 03 04' })],
    ['text that is not UTF-8', frame({ byte0: 0x81, payload: Buffer.from([0xff]) })],
    ['a reserved opcode', frame({ byte0: 0x83 })],
  ] as const) {
    it(`are error and close 1006 for ${name}`, async (t) => {
      const { journal, peer } = await openPage(t);

      peer.send(bytes);
      await journal.has('close');

      assert.deepEqual(journal.lines, ['open', 'error', 'close unclean 1006']);
    });
  }

  it('are error and close where the server agrees on no subprotocol that was offered', async (t) => {
    const { url } = await listenRaw(t);
    const journal = record(new WebSocket(url, 'chat'));

    await journal.has('close');

    assert.deepEqual(journal.lines, ['error', 'close unclean 1006']);
  });

  it('are answered with a pong when a ping comes, which is no event', async (t) => {
    const { peer } = await openPage(t);

    peer.send(frame({ byte0: 0x89, payload: Buffer.from('p') }));

    assert.deepEqual(await peer.describe(1), ['8a: 70']);
  });
});

describe('What the opening handshake agreed on', { timeout: TIME_LIMIT }, () => {
  for (const [name, protocols] of [
    ['a string', 'chat'],
    ['a list', ['other', 'chat']],
    ['a set', new Set(['chat']) as unknown as string[]],
    ['an option', { protocols: ['chat', 'other'] }],
    ['an option that is a string', { protocols: 'chat' }],
  ] as const) {
    it(`is in protocol, offered as ${name}`, async (t) => {
      const { url, peers } = await listenRaw(t, { headers: ['Sec-WebSocket-Protocol: chat'] });
      const socket = new WebSocket(url, protocols);
      await once(socket, 'open');

      const { head } = await peers.take();
      assert.match(head, /^sec-websocket-protocol: .*chat/im);
      assert.equal(socket.protocol, 'chat');
      assert.equal(socket.extensions, '');
    });
  }

  it('was asked with the headers that were given', async (t) => {
    const { peer } = await openPage(t, { headers: { authorization: 'Bearer x' }, origin: 'https://example.com' });

    assert.match(peer.head, /^authorization: Bearer x$/im);
    assert.match(peer.head, /^origin: https:\/\/example\.com$/im);
  });

  it('is given up by the option signal', async (t) => {
    const { url } = await listenRaw(t);
    const controller = new AbortController();
    const journal = record(new WebSocket(url, { signal: controller.signal }));

    controller.abort();
    await journal.has('close');

    assert.deepEqual(journal.lines, ['error', 'close unclean 1006']);
  });
});

describe('Event handler attributes', { timeout: TIME_LIMIT }, () => {
  it('are called with the socket as this, in the place of the first of them', async (t) => {
    const { url, peers } = await listenRaw(t);
    const socket = new WebSocket(url);
    const journal = new Journal();
    const contexts: unknown[] = [];
    socket.onopen = () => journal.write('replaced');
    socket.addEventListener('open', () => journal.write('listener'));
    socket.onopen = function () {
      contexts.push(this);
      journal.write('handler');
    };
    await journal.has('listener');
    await peers.take();

    assert.deepEqual(journal.lines, ['handler', 'listener']);
    assert.deepEqual(contexts, [socket]);
  });

  it('go to the end of the line after null', async (t) => {
    const { url } = await listenRaw(t);
    const socket = new WebSocket(url);
    const journal = new Journal();
    const handler = (): void => journal.write('handler');
    socket.onopen = () => journal.write('gone');
    socket.addEventListener('open', () => journal.write('listener'));
    socket.onopen = null;
    const none = socket.onopen as unknown;
    socket.onopen = handler;
    await journal.has('handler');

    assert.deepEqual(journal.lines, ['listener', 'handler']);
    assert.deepEqual([none, socket.onopen], [null, handler]);
  });

  it('may be objects, which are kept, stand in line, and are not called', async (t) => {
    const { socket, journal, peer } = await openPage(t);
    const handler = { handleEvent: () => journal.write('handled') };
    for (const name of ['onopen', 'onmessage', 'onerror', 'onclose']) Reflect.set(socket, name, handler);
    const seen = [socket.onopen, socket.onmessage, socket.onerror, socket.onclose];
    socket.addEventListener('message', () => journal.write('listener'));

    Reflect.set(socket, 'onmessage', () => journal.write('replaced'));
    peer.send(concat([text('a'), close([])]));
    peer.socket.end();
    await journal.has('close');

    assert.deepEqual(seen, [handler, handler, handler, handler]);
    assert.ok(!journal.lines.includes('handled'));
    assert.ok(journal.lines.indexOf('replaced') < journal.lines.indexOf('listener'));
  });

  for (const value of ['text', 1, undefined]) {
    it(`are null when they are set to ${inspect(value)}`, async (t) => {
      const { socket, journal, peer } = await openPage(t);
      for (const name of ['onopen', 'onmessage', 'onerror', 'onclose']) {
        Reflect.set(socket, name, () => journal.write('handled'));
        Reflect.set(socket, name, value);
      }
      const seen = [socket.onopen, socket.onmessage, socket.onerror, socket.onclose];

      peer.send(concat([text('a'), close([])]));
      peer.socket.end();
      await journal.has('close');

      assert.deepEqual(seen, [null, null, null, null]);
      assert.ok(!journal.lines.includes('handled'));
    });
  }

  it('get each their event', async (t) => {
    const { url, peers } = await listenRaw(t);
    const socket = new WebSocket(url);
    const journal = new Journal();
    for (const name of ['onopen', 'onmessage', 'onerror', 'onclose'] as const) {
      socket[name] = (event: Event) => journal.write(event.type);
    }
    const peer = await peers.take();
    await journal.has('open');

    peer.send(concat([text('a'), frame({ byte0: 0xff })]));
    await journal.has('close');

    assert.deepEqual(journal.lines, ['open', 'message', 'error', 'close']);
  });
});

describe('A process with a WebSocket', { timeout: TIME_LIMIT }, () => {
  const run = (mode: string): Promise<{ stdout: string; stderr: string }> =>
    promisify(execFile)(process.execPath, [fileURLToPath(new URL('children/page.js', import.meta.url)), mode], {
      timeout: TIME_LIMIT,
    });

  it('stays as long as the connection is open, and ends by itself', async () => {
    assert.deepEqual(await run('lives'), { stdout: 'message\nclose\nexit\n', stderr: '' });
  });

  it('gets what a listener throws as an uncaught exception, and the connection goes on', async () => {
    assert.deepEqual(await run('throws'), {
      stdout: 'uncaught open\nuncaught message\nuncaught close\nexit\n',
      stderr: '',
    });
  });

  it('does not hear of failures that nobody looks at', async () => {
    assert.deepEqual(await run('fails'), { stdout: 'tried\nexit\n', stderr: '' });
  });
});
