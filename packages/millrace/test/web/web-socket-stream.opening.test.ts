import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Server } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { inspect } from 'node:util';

import { WebSocketError, WebSocketStream } from '../../src/web/index.ts';
import { listenRaw } from '../helpers/raw-peer.ts';
import { isDOMException } from './dom-exception.ts';

const TIME_LIMIT = 30_000;

async function listen(t: TestContext, server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  return `ws://127.0.0.1:${String(port)}/`;
}

/** What both promises of a stream reject with, which is the same. */
async function failureOf(stream: WebSocketStream): Promise<unknown> {
  const [opened, closed] = await Promise.allSettled([stream.opened, stream.closed]);
  assert.ok(opened.status === 'rejected' && closed.status === 'rejected');
  assert.equal(opened.reason, closed.reason);
  return opened.reason;
}

describe('Opening a WebSocketStream', { timeout: TIME_LIMIT }, () => {
  it('gives its streams, and what was agreed on', async (t) => {
    const { url } = await listenRaw(t, { headers: ['Sec-WebSocket-Protocol: chat'] });

    const stream = new WebSocketStream(url, { protocols: ['other', 'chat'], headers: { 'x-ours': '1' } });
    const info = await stream.opened;

    assert.deepEqual(Object.keys(info).sort(), ['extensions', 'protocol', 'readable', 'writable']);
    assert.ok(info.readable instanceof ReadableStream && info.writable instanceof WritableStream);
    assert.deepEqual([info.protocol, info.extensions, stream.url], ['chat', '', `${url}/`]);
    stream.close();
  });

  it('has no protocol where none was offered', async (t) => {
    const { url } = await listenRaw(t);
    const stream = new WebSocketStream(url);

    assert.equal((await stream.opened).protocol, '');
    stream.close();
  });

  for (const options of [undefined, null, {}, { signal: undefined, protocols: undefined }]) {
    it(`takes ${inspect(options)} for options`, async (t) => {
      const { url } = await listenRaw(t);
      const stream = new WebSocketStream(url, options);

      await stream.opened;
      stream.close();
    });
  }

  for (const options of ['text', 1, { signal: {} }, { signal: 'abort' }, { protocols: 'hi' }, { protocols: 1 }]) {
    it(`takes ${JSON.stringify(options)} for a TypeError`, () => {
      assert.throws(() => new WebSocketStream('ws://127.0.0.1:1', options as object), TypeError);
    });
  }

  it('does not begin with a signal that is aborted', async () => {
    let isAsked = false;
    const createConnection = (): never => {
      isAsked = true;
      throw new Error('connected');
    };

    const stream = new WebSocketStream('ws://127.0.0.1:2', { signal: AbortSignal.abort(), createConnection });

    assert.ok(isDOMException('AbortError')(await failureOf(stream)));
    assert.equal(isAsked, false);
  });

  it('is given up by its signal, with its reason', async (t) => {
    const server = createTcpServer();
    const url = await listen(t, server);
    const controller = new AbortController();
    const reason = new Error('changed my mind');

    const stream = new WebSocketStream(url, { signal: controller.signal });
    const [socket] = (await once(server, 'connection')) as [NodeJS.ReadableStream];
    controller.abort(reason);

    assert.equal(await failureOf(stream), reason);
    await once(socket.resume(), 'close');
  });

  it('is given up by close, with a WebSocketError', async (t) => {
    const { url } = await listenRaw(t);
    const stream = new WebSocketStream(url);

    stream.close({ closeCode: 3000, reason: 'never mind' });

    const error = await failureOf(stream);
    assert.ok(error instanceof WebSocketError);
    assert.deepEqual([error.closeCode, error.reason], [1006, '']);
  });

  it('is done when the signal is aborted after it, which changes nothing', async (t) => {
    const { url, peers } = await listenRaw(t);
    const controller = new AbortController();
    const stream = new WebSocketStream(url, { signal: controller.signal });
    const { writable } = await stream.opened;

    controller.abort();
    await writable.getWriter().write('still there');

    assert.equal((await (await peers.take()).describe(1)).length, 1);
    stream.close();
  });

  for (const [name, start] of [
    ['nobody listens', () => Promise.resolve('ws://127.0.0.1:2/')],
    ['the port is blocked', () => Promise.resolve('ws://127.0.0.1:25/')],
    [
      'the server answers 404',
      (t: TestContext) =>
        listen(
          t,
          createServer((_, response) => response.writeHead(404).end()),
        ),
    ],
    [
      'the server hangs up',
      (t: TestContext) =>
        listen(
          t,
          createTcpServer((socket) => socket.destroy()),
        ),
    ],
    [
      'the server chooses a subprotocol that was not offered',
      async (t: TestContext) => (await listenRaw(t, { headers: ['Sec-WebSocket-Protocol: other'] })).url,
    ],
  ] as const) {
    it(`fails with a WebSocketError where ${name}`, async (t) => {
      const error = await failureOf(new WebSocketStream(await start(t)));

      assert.ok(error instanceof WebSocketError);
      assert.deepEqual([error.name, error.closeCode, error.reason], ['WebSocketError', 1006, '']);
    });
  }
});
