import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { tracingChannel } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { describe, it, type TestContext } from 'node:test';

import {
  ConnectionDeny,
  WebSocketServerFactory,
  WebSocketServerProtocol,
  connect,
  listenWS,
  serve,
  subscribeDiagnostics,
  type HandshakeMessage,
} from '../../../src/index.ts';
import { hear } from '../../helpers/diagnostics.ts';
import { until } from '../../helpers/message-peers.ts';

/** Writes down the events of the handshakes of one side: `start`, `error 403`, … */
function trace(t: TestContext, role: 'client' | 'server'): string[] {
  const lines: string[] = [];
  const note = (event: string) => (message: HandshakeMessage) => {
    if (message.role === role) lines.push([event, message.status ?? ''].join(' ').trim());
  };
  const channel = tracingChannel<unknown, HandshakeMessage>('millrace:handshake');
  const subscribers = {
    start: note('start'),
    end: note('end'),
    asyncStart: note('asyncStart'),
    asyncEnd: note('asyncEnd'),
    error: note('error'),
  };
  channel.subscribe(subscribers);
  t.after(() => channel.unsubscribe(subscribers));
  return lines;
}

describe('The tracing channel of handshakes', { concurrency: 1 }, () => {
  for (const [what, wait] of [
    ['at once', () => undefined],
    ['later', () => new Promise<void>((resolve) => setImmediate(resolve))],
  ] as const) {
    it(`tells of one that a server accepts ${what}`, async (t) => {
      const lines = trace(t, 'server');
      const clientLines = trace(t, 'client');
      const server = await serve({ port: 0, onConnect: wait }, {});
      t.after(() => server.close());

      await (await connect(server.url)).close();

      const end = ['asyncStart 101', 'asyncEnd 101'];
      assert.deepEqual(lines, ['start', what === 'later' ? 'end' : 'end 101', ...end]);
      assert.deepEqual(clientLines, ['start', 'end', ...end]);
    });
  }

  it('tells of one that is refused, on both sides', async (t) => {
    const [lines, clientLines] = [trace(t, 'server'), trace(t, 'client')];
    const refused = hear(t, 'millrace:handshake:refused');
    const onConnect = (): never => {
      throw new ConnectionDeny(403, 'not you');
    };
    const server = await serve({ port: 0, onConnect }, {});
    t.after(() => server.close());

    await assert.rejects(connect(`${server.url}?token=secret`));

    const end = ['error 403', 'asyncStart 403', 'asyncEnd 403'];
    assert.deepEqual(lines, ['start', 'end 403', ...end]);
    assert.deepEqual(clientLines, ['start', 'end', ...end]);
    const [told] = await refused.first(1);
    assert.deepEqual([told?.status, told?.request?.path], [403, '/']);
    assert.match(told?.error.message ?? '', /not you/);
  });

  it('tells of one whose client goes away before it is answered', async (t) => {
    const lines = trace(t, 'server');
    const refused = hear(t, 'millrace:handshake:refused');
    const server = await serve({ port: 0, onConnect: () => new Promise<undefined>(() => undefined) }, {});
    t.after(() => server.close());
    const gone = new AbortController();

    const connecting = connect(server.url, { signal: gone.signal });
    await until(() => lines.includes('start'));
    gone.abort(new Error('enough'));
    await assert.rejects(connecting, /enough/);

    const [told] = await refused.first(1);
    assert.equal(told?.status, undefined);
    assert.deepEqual(lines, ['start', 'end', 'error', 'asyncStart', 'asyncEnd']);
  });

  it('says where a client connects to, without secrets', async (t) => {
    const urls: (string | undefined)[] = [];
    t.after(
      subscribeDiagnostics('tracing:millrace:handshake:start', ({ url, role }) => {
        if (role === 'client') urls.push(url);
      }),
    );
    const server = await serve({ port: 0 }, {});
    t.after(() => server.close());

    await (await connect(server.url.replace('//', '//user:secret@') + '?token=secret')).close();

    assert.deepEqual(urls, [`${server.url}?…`]);
  });

  it('has its stores bound for onConnect, and for the handler of the connection', async (t) => {
    const storage = new AsyncLocalStorage<string>();
    const seen: (string | undefined)[] = [];
    const { start } = tracingChannel<string, HandshakeMessage>('millrace:handshake');
    start.bindStore(storage, ({ request }: HandshakeMessage) => request?.path ?? 'no request');
    t.after(() => start.unbindStore(storage));
    const onConnect = (): void => void seen.push(storage.getStore());
    const server = await serve({ port: 0, onConnect }, async () => {
      await new Promise(setImmediate);
      seen.push(storage.getStore());
    });
    t.after(() => server.close());

    for (const path of ['a', 'b']) await (await connect(`${server.url}${path}`)).closed;

    assert.deepEqual(seen, ['/a', '/a', '/b', '/b']);
    assert.equal(storage.getStore(), undefined);
  });

  it('is not told of what is no valid request, which is refused', async (t) => {
    const lines = trace(t, 'server');
    const refused = hear(t, 'millrace:handshake:refused');
    const server = await serve({ port: 0 }, {});
    t.after(() => server.close());

    const headers = { Upgrade: 'websocket', Connection: 'Upgrade' };
    const request = get({ port: server.port, headers });
    request.on('response', (response: IncomingMessage) => response.resume());
    await once(request, 'response');

    const [told] = await refused.first(1);
    assert.equal(told?.request, undefined);
    assert.equal(told?.status, 400);
    assert.deepEqual(lines, []);
  });

  it('works with protocol classes', async (t) => {
    const lines = trace(t, 'server');
    class Server extends WebSocketServerProtocol {}
    const listener = await listenWS(new WebSocketServerFactory('ws://localhost:0', { protocol: Server }));
    t.after(() => listener.close());

    await (await connect(listener.url)).close();

    assert.deepEqual(lines, ['start', 'end 101', 'asyncStart 101', 'asyncEnd 101']);
  });
});
