import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, it, type TestContext } from 'node:test';

import { dial, type EstablishedHandshake } from '../../../src/client/dial.ts';
import { resolveClientOptions, type ClientOptions } from '../../../src/client/options.ts';
import { HandshakeError, TransportError } from '../../../src/protocol/base/errors.ts';
import { listen } from '../../../src/server/listen.ts';
import { resolveServerOptions, type ServerOptions } from '../../../src/server/options.ts';
import { CA_CERTIFICATE, FOR_LOCALHOST, KEY } from '../../server/certificates.ts';
import { TestHandler } from '../../server/handler.ts';
import { portOf } from '../../server/peers.ts';
import { startHttpProxy, startSocksProxy } from './tunnels.ts';

const TLS = { cert: FOR_LOCALHOST, key: KEY };

function connect(url: string, options: ClientOptions = {}): Promise<EstablishedHandshake> {
  return dial(url, resolveClientOptions(options));
}

/** A server that greets whom it accepts in one packet with its response. */
async function startGreeting(t: TestContext, options: ServerOptions = {}): Promise<number> {
  const handler = new TestHandler();
  const listener = await listen(resolveServerOptions({ port: 0, host: '127.0.0.1', ...options }), handler);
  handler.accepted = (handshake) => {
    handler.connections.push(handshake);
    handshake.socket.write('greeting');
  };
  t.after(async () => {
    await listener.close();
    for (const { socket } of handler.connections) socket.destroy();
  });
  return portOf(listener);
}

async function greetingOf({ head, socket }: EstablishedHandshake): Promise<string> {
  let text = Buffer.from(head).toString();
  while (text.length < 8) text += String(await once(socket, 'data'));
  socket.destroy();
  return text;
}

const PROXIES = [
  ['an HTTP proxy', startHttpProxy, 'http', {}],
  ['an HTTP proxy with credentials', startHttpProxy, 'http', { credentials: 'us er:p@ss' }],
  ['an HTTPS proxy', startHttpProxy, 'https', { tls: TLS }],
  ['an HTTPS proxy with credentials', startHttpProxy, 'https', { tls: TLS, credentials: 'us er:p@ss' }],
  ['a SOCKS proxy', startSocksProxy, 'socks5', {}],
  ['a SOCKS proxy with credentials', startSocksProxy, 'socks5', { credentials: 'us er:p@ss' }],
] as const;

describe('connectThrough', () => {
  for (const [name, start, scheme, settings] of PROXIES) {
    for (const encrypted of [false, true]) {
      it(`takes ${encrypted ? 'wss' : 'ws'} through ${name}, which resolves the name`, async (t) => {
        const port = await startGreeting(t, encrypted ? { tls: TLS } : {});
        const proxy = await start(t, { port, ...settings });
        const userInfo = 'credentials' in settings ? 'us%20er:p%40ss@' : '';
        const host = encrypted ? 'localhost' : 'server.invalid';

        const established = await connect(`${encrypted ? 'wss' : 'ws'}://${host}:7000/`, {
          proxy: `${scheme}://${userInfo}localhost:${String(proxy.port)}`,
          family: 4,
          proxyTls: { ca: CA_CERTIFICATE },
          tls: { ca: CA_CERTIFICATE },
        });

        assert.equal(await greetingOf(established), 'greeting');
        assert.deepEqual(proxy.destinations, [`${host}:7000`]);
      });
    }
  }

  it('writes addresses as they are', async (t) => {
    const port = await startGreeting(t);
    const [http, socks] = [await startHttpProxy(t, { port }), await startSocksProxy(t, { port })];

    for (const host of ['192.0.2.1', '[2001:db8::1]']) {
      for (const proxy of [
        `http://127.0.0.1:${String(http.port)}`,
        new URL(`socks5h://127.0.0.1:${String(socks.port)}`),
      ]) {
        (await connect(`ws://${host}:81/`, { proxy })).socket.destroy();
      }
    }

    assert.deepEqual(http.destinations, ['192.0.2.1:81', '[2001:db8::1]:81']);
    assert.deepEqual(socks.destinations, ['192.0.2.1:81', '[20010db8000000000000000000000001]:81']);
  });

  it('V005: sends its credentials to the proxy only, and those of the server through the tunnel only', async (t) => {
    const port = await startGreeting(t);
    const proxy = await startHttpProxy(t, { port, credentials: 'a:b' });

    const established = await connect('ws://mine:secret@server.invalid/', {
      proxy: `http://a:b@127.0.0.1:${String(proxy.port)}`,
    });

    established.socket.destroy();
    assert.match(proxy.requests[0] ?? '', /Proxy-Authorization: Basic YTpi\r\n/);
    assert.doesNotMatch(proxy.requests[0] ?? '', /Sec-WebSocket|\r\nAuthorization/);
  });

  it('says that it was the proxy that refused, and hides the credentials', async (t) => {
    const http = await startHttpProxy(t, { port: 1, credentials: 'a:b' });
    const socks = await startSocksProxy(t, { port: 1, credentials: 'a:b' });
    const open = await startSocksProxy(t, { port: 1 });
    const rows: [proxy: string, url: string, message: RegExp, status?: number][] = [
      [
        `http://x:secret@127.0.0.1:${String(http.port)}`,
        'ws://a/',
        /the proxy http:\/\/127[^ ]* opens no tunnel: it answered with status 407/,
        407,
      ],
      [
        `socks5://x:secret@127.0.0.1:${String(socks.port)}`,
        'ws://a/',
        /the proxy socks5:[^ ]* opens no tunnel: it refuses user name/,
      ],
      [`socks5://127.0.0.1:${String(socks.port)}`, 'ws://a/', /it wants a user name and password/],
      [`socks5://127.0.0.1:${String(open.port)}`, 'ws://refused.example/', /it answered: connection refused/],
      [`socks5://127.0.0.1:${String(http.port)}`, 'ws://a/', /proxy/],
    ];

    for (const [proxy, url, message, status] of rows) {
      await assert.rejects(connect(url, { proxy, handshakeTimeout: 2000 }), (error) => {
        assert.ok(error instanceof HandshakeError || error instanceof TransportError);
        if (error instanceof HandshakeError && status !== undefined) assert.equal(error.status, status);
        if (!/127.0.0.1:\d+$/.test(proxy) || status !== undefined) assert.match(error.message, message);
        assert.doesNotMatch(`${error.message} ${String(error.cause)}`, /secret/);
        return true;
      });
    }
  });

  it('says that the proxy cannot be reached', async () => {
    await assert.rejects(connect('ws://a/', { proxy: 'http://user:secret@127.0.0.1:1' }), {
      name: 'TransportError',
      message: /^no tunnel through the proxy http:\/\/127\.0\.0\.1:1: connect ECONNREFUSED/,
    });
  });

  it('V026: waits for a silent proxy no longer than handshakeTimeout, and lets it go', async (t) => {
    const closed = new Promise<void>((resolve) => {
      const server = createServer((socket) =>
        socket
          .on('close', () => resolve())
          .on('error', () => undefined)
          .resume(),
      );
      server.listen(7711, '127.0.0.1');
      t.after(() => server.close());
    });
    await assert.rejects(
      connect('ws://a/', { proxy: 'http://127.0.0.1:7711', handshakeTimeout: 100 }),
      /handshakeTimeout/,
    );

    await closed;
  });

  const answers: [name: string, answer: string][] = [
    ['no HTTP', 'SSH-2.0-x\r\n\r\n'],
    ['HTTP/2.0', 'HTTP/2.0 200 OK\r\n\r\n'],
    ['interim responses without end', 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(12)],
    ['the end', ''],
  ];
  for (const [name, answer] of answers) {
    it(`fails where the proxy answers with ${name}`, async (t) => {
      const server = createServer((socket) => {
        socket.on('error', () => undefined);
        socket.once('data', () => socket.end(answer));
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      t.after(() => server.close());
      const proxy = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;

      await assert.rejects(connect('ws://a/', { proxy }), /proxy http:\/\/127/);
    });
  }

  it('V024: gives up a proxy whose answer has no end', async (t) => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.write(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(20_000)}`));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => server.close());
    const proxy = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;

    await assert.rejects(connect('ws://a/', { proxy }), /the answer is too long/);
  });

  it('takes the proxy of the environment', async (t) => {
    const port = await startGreeting(t);
    const proxy = await startHttpProxy(t, { port });
    const before = process.env['http_proxy'];
    process.env['http_proxy'] = `http://127.0.0.1:${String(proxy.port)}`;
    t.after(() => {
      if (before === undefined) delete process.env['http_proxy'];
      else process.env['http_proxy'] = before;
    });

    (await connect('ws://server.invalid/', { proxy: 'environment' })).socket.destroy();

    assert.deepEqual(proxy.destinations, ['server.invalid:80']);
  });
});
