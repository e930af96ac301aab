import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { connect as connectTcp, createServer, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { TLSSocket } from 'node:tls';

import { WebSocketServer } from 'ws';

import { dial } from '../../src/client/dial.ts';
import type { EstablishedHandshake } from '../../src/client/dial.ts';
import { resolveClientOptions } from '../../src/client/options.ts';
import type { ClientOptions } from '../../src/client/options.ts';
import { createDeferred } from '../../src/engine/deferred.ts';
import { HandshakeError, TransportError } from '../../src/protocol/base/errors.ts';
import { listen } from '../../src/server/listen.ts';
import type { Listener } from '../../src/server/listener.ts';
import { resolveServerOptions } from '../../src/server/options.ts';
import type { ServerOptions } from '../../src/server/options.ts';
import * as certificates from '../server/certificates.ts';
import { TestHandler } from '../server/handler.ts';
import { portOf } from '../server/peers.ts';

async function start(t: TestContext, options: ServerOptions = {}, handler = new TestHandler()): Promise<Listener> {
  const place = options.socketPath === undefined ? { port: 0, host: '127.0.0.1' } : {};
  const listener = await listen(resolveServerOptions({ ...place, ...options }), handler);
  t.after(async () => {
    await listener.close();
    for (const { socket } of handler.connections) socket.destroy();
  });
  return listener;
}

function connect(url: string, options: ClientOptions = {}): Promise<EstablishedHandshake> {
  return dial(url, resolveClientOptions(options));
}

/** A TCP server that says nothing, until the test is over. */
async function startSilent(t: TestContext): Promise<number> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => sockets.push(socket.on('error', () => undefined))).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const address = server.address();
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

describe('openTransport', () => {
  it('connects to a server of ours', async (t) => {
    const handler = new TestHandler();
    const listener = await start(t, { subprotocols: ['b'] }, handler);

    const { socket, response, url } = await connect(listener.url, { subprotocols: ['a', 'b'] });

    assert.equal(response.subprotocol, 'b');
    assert.equal(response.peer, listener.url.slice(5, -1));
    assert.equal(url, listener.url);
    assert.equal(handler.connections[0]?.subprotocol, 'b');
    socket.destroy();
  });

  it('sets both ends up: no delay, TCP keep-alive', async (t) => {
    const noDelay = t.mock.method(Socket.prototype, 'setNoDelay');
    const keepAlive = t.mock.method(Socket.prototype, 'setKeepAlive');
    const handler = new TestHandler();
    const listener = await start(t, {}, handler);

    const { socket } = await connect(listener.url);

    for (const method of [noDelay, keepAlive]) {
      const ends = method.mock.calls.filter((call) => call.arguments[0] === true).map((call): unknown => call.this);
      assert.ok(ends.includes(socket));
      assert.ok(ends.includes(handler.connections[0]?.socket));
    }
    socket.destroy();
  });

  it('connects to a server of ws, and gets what it sends at once', async (t) => {
    const server = new WebSocketServer({
      port: 0,
      host: '127.0.0.1',
      handleProtocols: (protocols) => [...protocols][1] ?? false,
    });
    t.after(() => server.close());
    server.on('connection', (peer) => peer.send('hello'));
    await once(server, 'listening');
    const address = server.address();
    assert.ok(typeof address === 'object');

    const { socket, head, response } = await connect(`ws://127.0.0.1:${String(address?.port)}`, {
      subprotocols: ['a', 'b'],
    });

    let received = Buffer.from(head);
    while (received.length < 7) {
      const [chunk] = (await once(socket, 'data')) as [Buffer];
      received = Buffer.concat([received, chunk]);
    }
    assert.equal(received.toString('latin1'), '\x81\x05hello');
    assert.equal(response.subprotocol, 'b');
    socket.destroy();
  });

  it('connects to a Unix domain socket, named by the URL or by an option', async (t) => {
    const socketPath = join(tmpdir(), `millrace-client-${String(process.pid)}.sock`);
    const handler = new TestHandler();
    const listener = await start(t, { socketPath }, handler);

    const first = await connect(`${listener.url}chat?x`);
    const second = await connect('ws://example.com/chat', { socketPath });

    assert.deepEqual(
      handler.connections.map(({ request }) => [request.host, request.target, request.peer]),
      [
        ['localhost', '/chat?x', ''],
        ['example.com', '/chat', ''],
      ],
    );
    for (const { socket } of [first, second]) socket.destroy();
  });

  it('connects with the lookup, the family and from the address it is told', async (t) => {
    const handler = new TestHandler();
    const listener = await start(t, {}, handler);
    const asked: string[] = [];
    const options: ClientOptions = {
      family: 4,
      localAddress: '127.0.0.2',
      localPort: 0,
      lookup: (hostname, _, done) => {
        asked.push(hostname);
        done(null, '127.0.0.1', 4);
      },
    };

    const { socket } = await connect(`ws://name.example:${String(portOf(listener))}`, options);

    assert.deepEqual(asked, ['name.example']);
    assert.match(handler.connections[0]?.request.peer ?? '', /^127\.0\.0\.2:/);
    socket.destroy();
  });

  const { CA_CERTIFICATE: ca, KEY: key } = certificates;
  const rows: [name: string, cert: string, hostname: string, tls: ClientOptions['tls'], code: string | undefined][] = [
    ['a certificate for the name', certificates.FOR_LOCALHOST, 'localhost', { ca }, undefined],
    ['a certificate for the address', certificates.FOR_ADDRESS, '127.0.0.1', { ca }, undefined],
    [
      'a certificate by an unknown authority',
      certificates.FOR_LOCALHOST,
      'localhost',
      {},
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    ],
    [
      'a certificate for another name',
      certificates.FOR_ANOTHER_HOST,
      'localhost',
      { ca },
      'ERR_TLS_CERT_ALTNAME_INVALID',
    ],
    [
      'a certificate for the name, asked by address',
      certificates.FOR_LOCALHOST,
      '127.0.0.1',
      { ca },
      'ERR_TLS_CERT_ALTNAME_INVALID',
    ],
    [
      'a certificate for the address, asked by name',
      certificates.FOR_ADDRESS,
      'localhost',
      { ca },
      'ERR_TLS_CERT_ALTNAME_INVALID',
    ],
    ['a certificate that has expired', certificates.EXPIRED, 'localhost', { ca }, 'CERT_HAS_EXPIRED'],
    ['a certificate signed by itself', certificates.SELF_SIGNED, 'localhost', { ca }, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    [
      'one signed by itself that is trusted',
      certificates.SELF_SIGNED,
      'localhost',
      { ca: certificates.SELF_SIGNED },
      undefined,
    ],
    [
      'another name that is expected',
      certificates.FOR_ANOTHER_HOST,
      'localhost',
      { ca, servername: 'other.example' },
      undefined,
    ],
    [
      'an expired one where the application insists',
      certificates.EXPIRED,
      'localhost',
      { rejectUnauthorized: false },
      undefined,
    ],
    [
      'an older TLS than is wanted',
      certificates.FOR_LOCALHOST,
      'localhost',
      { ca, maxVersion: 'TLSv1.1', minVersion: 'TLSv1' },
      'ANY',
    ],
  ];
  for (const [name, cert, hostname, tls, code] of rows) {
    it(`V029: ${code === undefined ? 'accepts' : 'refuses'} ${name}`, async (t) => {
      const listener = await start(t, { tls: { cert, key } });

      const outcome = await connect(`wss://${hostname}:${String(portOf(listener))}`, { tls }).catch(
        (error: unknown) => error,
      );

      if (code === undefined) {
        assert.ok(!(outcome instanceof Error), String(outcome));
        (outcome as EstablishedHandshake).socket.destroy();
        return;
      }
      assert.ok(outcome instanceof TransportError);
      const { cause } = outcome;
      assert.ok(cause instanceof Error && 'code' in cause);
      if (code !== 'ANY') assert.equal(cause.code, code);
    });
  }

  it('takes a transport that comes later, told where to lead', async (t) => {
    const listener = await start(t);
    const { port } = new URL(listener.url);
    const targets: unknown[] = [];
    const options: ClientOptions = {
      createConnection: async ({ signal, ...target }) => {
        targets.push(target, signal.aborted);
        await new Promise(setImmediate);
        return connectTcp(Number(port), '127.0.0.1');
      },
    };

    const { socket } = await connect('ws://service.example:81/', options);

    socket.destroy();
    assert.deepEqual(targets, [
      { host: 'service.example', port: 81, servername: 'service.example', tls: false },
      false,
    ]);
  });

  it('V029: puts TLS on top of a transport, and checks the name that was asked for', async (t) => {
    const listener = await start(t, { tls: { cert: certificates.FOR_LOCALHOST, key: certificates.KEY } });
    const createConnection = (): Socket => connectTcp(Number(new URL(listener.url).port), '127.0.0.1');
    const tls = { ca: certificates.CA_CERTIFICATE };

    const { socket } = await connect('wss://localhost/', { createConnection, tls });

    assert.equal(socket instanceof TLSSocket && socket.alpnProtocol, 'http/1.1');
    socket.destroy();
    await assert.rejects(connect('wss://other.example/', { createConnection, tls }), {
      name: 'TransportError',
      message: /other\.example/,
    });
    await assert.rejects(connect('wss://127.0.0.1/', { createConnection, tls }), { name: 'TransportError' });
  });

  it('destroys a transport that comes too late', async (t) => {
    const listener = await start(t);
    const later = createDeferred<Socket>();
    const controller = new AbortController();
    const reason = new Error('mine');
    const outcome = connect(listener.url, { createConnection: () => later.promise, signal: controller.signal });
    controller.abort(reason);
    await assert.rejects(outcome, reason);
    const socket = connectTcp(Number(new URL(listener.url).port), '127.0.0.1');

    later.resolve(socket);

    await once(socket, 'close');
  });

  it('waits no longer than handshakeTimeout for a transport that never comes', async () => {
    const createConnection = (): Promise<never> => new Promise(() => undefined);

    await assert.rejects(connect('ws://a', { createConnection, handshakeTimeout: 20 }), /handshakeTimeout, 20 ms/);
  });

  it('says that what was brought is no stream', async () => {
    const createConnection = (): never => 5 as never;

    await assert.rejects(connect('ws://a', { createConnection }), {
      name: 'LocalUsageError',
      message: 'createConnection returned 5, expected a Duplex',
    });
  });

  it('fails where nobody listens', async (t) => {
    const listener = await start(t);
    const { url } = listener;
    await listener.close();

    await assert.rejects(connect(url), (error) => {
      assert.ok(error instanceof TransportError);
      assert.equal((error.cause as NodeJS.ErrnoException).code, 'ECONNREFUSED');
      assert.match(error.message, /ws:\/\/127\.0\.0\.1:/);
      return true;
    });
  });

  it('fails where the name is unknown', async () => {
    const cause = Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' });
    const options: ClientOptions = { lookup: (_, __, done) => process.nextTick(done, cause, []) };

    await assert.rejects(connect('ws://unknown.example', options), { name: 'TransportError', cause });
  });

  it('V026: has one deadline for name lookup, TCP, TLS and HTTP', async (t) => {
    const port = await startSilent(t);
    const timeout = { handshakeTimeout: 100 };

    for (const url of [`ws://127.0.0.1:${String(port)}`, `wss://127.0.0.1:${String(port)}`]) {
      await assert.rejects(connect(url, timeout), HandshakeError);
    }
    await assert.rejects(connect('ws://slow.example', { ...timeout, lookup: () => undefined }), HandshakeError);
  });

  it('can be aborted in name lookup and TLS', async (t) => {
    const port = await startSilent(t);
    const waiting: ClientOptions[] = [{ lookup: () => undefined }, {}];
    for (const options of waiting) {
      const controller = new AbortController();
      const hostname = options.lookup === undefined ? '127.0.0.1' : 'slow.example';
      const outcome = connect(`wss://${hostname}:${String(port)}`, { ...options, signal: controller.signal });
      setImmediate(() => controller.abort());

      await assert.rejects(outcome, { name: 'AbortError' });
    }
  });

  it('fails where TLS meets plain HTTP, and the other way round', async (t) => {
    const plain = await start(t);
    const encrypted = await start(t, { tls: { cert: certificates.FOR_LOCALHOST, key } });

    await assert.rejects(connect(`wss://127.0.0.1:${String(portOf(plain))}`), TransportError);
    await assert.rejects(connect(`ws://127.0.0.1:${String(portOf(encrypted))}`), TransportError);
  });

  it('gets the reason of a server of ours that refuses', async (t) => {
    const listener = await start(t, { path: '/chat' });

    await assert.rejects(connect(new URL('/other', listener.url).href), (error) => {
      assert.ok(error instanceof HandshakeError);
      assert.equal(error.status, 404);
      assert.match(error.body, /nothing is served/);
      return true;
    });
  });

  it('V005: does not follow a redirect, and so sends credentials nowhere else', async (t) => {
    const target = await start(t, {}, new TestHandler(() => assert.fail('followed')));
    const server = createHttpServer().listen(0, '127.0.0.1');
    t.after(() => server.close());
    server.on('upgrade', (_, socket) =>
      socket.end(`HTTP/1.1 302 Found\r\nLocation: ${target.url}\r\nContent-Length: 0\r\n\r\n`),
    );
    await once(server, 'listening');
    const address = server.address();
    assert.ok(typeof address === 'object');

    const outcome = connect(`ws://user:pass@127.0.0.1:${String(address?.port)}/`);

    await assert.rejects(outcome, { name: 'HandshakeError', status: 302 });
  });
});
