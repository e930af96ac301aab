import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { connect as connectTls } from 'node:tls';

import { Agent, WebSocket as UndiciWebSocket } from 'undici';
import { WebSocket } from 'ws';
import type { ClientOptions } from 'ws';

import { TransportError } from '../../src/protocol/base/errors.ts';
import { listen } from '../../src/server/listen.ts';
import type { Listener } from '../../src/server/listener.ts';
import { resolveServerOptions } from '../../src/server/options.ts';
import type { ServerOptions } from '../../src/server/options.ts';
import { CA_CERTIFICATE, FOR_LOCALHOST, KEY } from './certificates.ts';
import { ACCEPTED, REFUSED } from './corpus.ts';
import { TestHandler } from './handler.ts';
import { ask, echo, portOf, readToEnd } from './peers.ts';
import { parseResponse, requestText } from './wire.ts';

const TLS = { cert: FOR_LOCALHOST, key: KEY };

/** Listens until the test is over; accepted connections are ended then. */
async function start(t: TestContext, options: ServerOptions = {}, handler = new TestHandler()): Promise<Listener> {
  const isPlaced = options.socketPath !== undefined;
  const place = isPlaced ? {} : { port: 0, host: '127.0.0.1' };
  const listener = await listen(resolveServerOptions({ ...place, ...options }), handler);
  t.after(async () => {
    await listener.close();
    for (const { socket } of handler.connections) socket.destroy();
  });
  return listener;
}

function echoing(): TestHandler {
  const handler = new TestHandler();
  handler.accepted = (handshake) => {
    handler.connections.push(handshake);
    echo(handshake);
  };
  return handler;
}

/** Connects with ws, has a message echoed, and closes. */
async function talkWithWs(url: string, options: ClientOptions = {}): Promise<{ protocol: string; code: number }> {
  const client = new WebSocket(url, ['chat', 'superchat'], options);
  await once(client, 'open');
  client.send('hello');
  const [message] = (await once(client, 'message')) as [Buffer];
  assert.equal(message.toString(), 'hello');
  client.close(1000);
  const [code] = (await once(client, 'close')) as [number];
  return { protocol: client.protocol, code };
}

describe('listen', () => {
  it('talks to ws on a port', async (t) => {
    const listener = await start(t, { subprotocols: ['superchat'] }, echoing());

    assert.deepEqual(await talkWithWs(listener.url), { protocol: 'superchat', code: 1000 });
  });

  it('talks to ws over TLS', async (t) => {
    const listener = await start(t, { tls: TLS, subprotocols: ['chat'] }, echoing());

    assert.match(listener.url, /^wss:/);
    assert.deepEqual(await talkWithWs(`wss://localhost:${String(portOf(listener))}`, { ca: CA_CERTIFICATE }), {
      protocol: 'chat',
      code: 1000,
    });
  });

  it('talks to ws on a Unix domain socket', async (t) => {
    const socketPath = join(tmpdir(), `millrace-${String(process.pid)}.sock`);
    const listener = await start(t, { socketPath, subprotocols: ['chat'] }, echoing());

    assert.equal(listener.address, socketPath);
    assert.equal((await talkWithWs(listener.url)).code, 1000);
  });

  it('talks to ws over TLS on a Unix domain socket', async (t) => {
    const socketPath = join(tmpdir(), `millrace-tls-${String(process.pid)}.sock`);
    await start(t, { socketPath, tls: TLS, subprotocols: ['chat'] }, echoing());
    const createConnection = (): ReturnType<typeof connectTls> =>
      connectTls({ path: socketPath, ca: CA_CERTIFICATE, servername: 'localhost' });

    assert.equal((await talkWithWs('wss://localhost', { createConnection })).code, 1000);
  });

  for (const tls of [undefined, TLS]) {
    it(`talks to undici ${tls === undefined ? 'on a port' : 'over TLS'}`, async (t) => {
      const listener = await start(t, { tls, subprotocols: ['chat'] }, echoing());
      const dispatcher = new Agent({ connect: { ca: CA_CERTIFICATE } });
      const url = `${tls === undefined ? 'ws' : 'wss'}://localhost:${String(portOf(listener))}`;
      const client = new UndiciWebSocket(url, { protocols: ['chat'], dispatcher });
      const events: string[] = [];
      await new Promise<void>((resolve, reject) => {
        client.addEventListener('error', ({ error }) => reject(error));
        client.addEventListener('open', () => client.send('hello'));
        client.addEventListener('message', ({ data }) => {
          events.push(String(data));
          client.close(1000);
        });
        client.addEventListener('close', ({ code }) => {
          events.push(String(code));
          resolve();
        });
      });
      await dispatcher.close();

      assert.equal(client.protocol, 'chat');
      assert.deepEqual(events, ['hello', '1000']);
    });
  }

  it('knows the peer, and whether the transport is encrypted', async (t) => {
    const handlers = [new TestHandler(), new TestHandler()];
    const plain = await start(t, {}, handlers[0]);
    const encrypted = await start(t, { tls: TLS }, handlers[1]);
    const sockets = [
      connect(portOf(plain), '127.0.0.1'),
      connectTls({ port: portOf(encrypted), rejectUnauthorized: false }),
    ];

    for (const [n, socket] of sockets.entries()) {
      socket.write(requestText());
      await once(socket, 'data');
      const request = handlers[n]?.connections[0]?.request;
      assert.equal(request?.peer, `127.0.0.1:${String(socket.localPort)}`);
      assert.equal(request.encrypted, n === 1);
      socket.destroy();
    }
  });

  it('counts connections', async (t) => {
    const handler = new TestHandler();
    const listener = await start(t, {}, handler);
    const socket = connect(portOf(listener), '127.0.0.1');
    socket.write(requestText());
    await once(socket, 'data');
    assert.equal(listener.connections, 1);

    const accepted = handler.connections[0]?.socket.destroy();
    assert.ok(accepted);
    await once(accepted, 'close');

    assert.equal(listener.connections, 0);
    socket.destroy();
  });

  it('answers a plain GET request with 426', async (t) => {
    const listener = await start(t);

    const request = httpRequest({ port: portOf(listener), host: '127.0.0.1' }).end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];

    assert.equal(response.statusCode, 426);
    response.setEncoding('utf8');
    assert.match(((await response.toArray()) as string[]).join(''), /WebSocket/);
  });

  it('gets its 431 through to a peer that is still sending', async (t) => {
    const listener = await start(t);

    const answer = await ask(portOf(listener), requestText({ 'X-A': 'x'.repeat(60_000) }));

    assert.equal(parseResponse(answer).status, 431);
  });

  it('refuses connections over maxConnections; those with TLS without a word', async (t) => {
    const plain = await start(t, { maxConnections: 0 });
    const encrypted = await start(t, { maxConnections: 0, tls: TLS });
    const socket = connectTls({ port: portOf(encrypted), host: '127.0.0.1', rejectUnauthorized: false });
    socket.on('error', () => undefined);

    assert.equal(parseResponse(await ask(portOf(plain), '')).status, 503);
    assert.equal(await readToEnd(socket), '');
  });

  it('lets nobody be locked out by the silent sockets of one address', async (t) => {
    const port = portOf(await start(t, { maxPendingHandshakes: 3, handshakeTimeout: Infinity }));
    const silent = [1, 2, 3].map(() => connect({ port, host: '127.0.0.1', localAddress: '127.0.0.2' }));
    const ends = silent.map(readToEnd);
    t.after(() => silent.forEach((socket) => socket.destroy()));
    for (const socket of silent) await once(socket, 'connect');
    const ofTheSame = connect({ port, host: '127.0.0.1', localAddress: '127.0.0.2' });
    assert.equal(parseResponse(await readToEnd(ofTheSame)).status, 503);

    const answer = await ask(port, requestText({ 'Sec-WebSocket-Version': '8' }));

    assert.equal(parseResponse(answer).status, 426);
    assert.equal(parseResponse(await Promise.race(ends)).status, 503);
  });

  it('refuses connections of an address over maxConnectionsPerAddress', async (t) => {
    const listener = await start(t, { maxConnectionsPerAddress: 1 });
    const port = portOf(listener);
    const first = connect({ port, host: '127.0.0.1', localAddress: '127.0.0.2' });
    t.after(() => first.destroy());
    first.write(requestText());
    await once(first, 'data');

    const second = connect({ port, host: '127.0.0.1', localAddress: '127.0.0.2' });
    const other = connect({ port, host: '127.0.0.1', localAddress: '127.0.0.3' });
    t.after(() => other.destroy());
    other.write(requestText());

    assert.equal(parseResponse(await readToEnd(second)).status, 503);
    assert.match(String(await once(other, 'data')), /^HTTP\/1\.1 101 /);
  });

  it('refuses new connections while the event loop is late by more than maxLoopDelay', async (t) => {
    const listener = await start(t, { maxLoopDelay: 100 });
    const first = connect({ port: portOf(listener), host: '127.0.0.1' });
    t.after(() => first.destroy());
    first.write(requestText());
    await once(first, 'data');
    const second = connect({ port: portOf(listener), host: '127.0.0.1' });

    for (const end = performance.now() + 300; performance.now() < end;);

    assert.equal(parseResponse(await readToEnd(second)).status, 503);
  });

  it('refuses connections over maxConnections with 503 where TLS comes before the clock', async (t) => {
    const socketPath = join(tmpdir(), `millrace-full-${String(process.pid)}.sock`);
    await start(t, { socketPath, tls: TLS, maxConnections: 0 });

    const socket = connectTls({ path: socketPath, rejectUnauthorized: false });

    assert.equal(parseResponse(await readToEnd(socket)).status, 503);
  });

  it('survives a TLS client on a plain port, and a plain client on a TLS port', async (t) => {
    const plain = await start(t);
    const encrypted = await start(t, { tls: TLS });

    const socket = connectTls({ port: portOf(plain), host: '127.0.0.1', rejectUnauthorized: false });
    const [error] = (await once(socket, 'error')) as [Error];
    assert.match(error.message, /SSL|wrong version|packet/i);
    assert.doesNotMatch(await ask(portOf(encrypted), requestText()), /101/);
    assert.equal(parseResponse(await ask(portOf(plain), requestText({ Host: '[' }))).status, 400);
  });

  // An error that nobody listens for would be an uncaught exception, which fails the test.
  it('V032: survives every request there is, sent whole, cut off and reset, with nobody listening', async (t) => {
    const refused = new Promise<never>(() => undefined);
    const handler = { decide: () => refused, accepted: () => undefined };
    const listener = await listen(resolveServerOptions({ port: 0, host: '127.0.0.1' }), handler);
    t.after(() => listener.close());
    const requests = [...ACCEPTED, ...REFUSED].map(([, request]) => request);
    for (const request of requests) {
      const half = request.slice(0, request.length / 2);
      for (const [text, end] of [
        [request, 'end'],
        [half, 'end'],
        [request, 'resetAndDestroy'],
        [half, 'resetAndDestroy'],
      ] as const) {
        const socket = connect(portOf(listener), '127.0.0.1');
        socket.on('error', () => undefined);
        await once(socket, 'connect');
        socket.write(text, 'latin1', () => socket[end]());
        await readToEnd(socket);
      }
    }

    const answer = await ask(portOf(listener), requestText({ Host: '[' }));
    assert.equal(parseResponse(answer).status, 400);
  });

  it('gives no HTTP/2 to a TLS client that speaks nothing else', async (t) => {
    const listener = await start(t, { tls: TLS });
    const options = { port: portOf(listener), host: '127.0.0.1', rejectUnauthorized: false };

    const socket = connectTls({ ...options, ALPNProtocols: ['h2'] });

    await once(socket, 'error');
  });

  for (const stage of ['TLS', 'HTTP']) {
    it(`V025: has one deadline for TCP, TLS and HTTP: the peer stops in ${stage}`, async (t) => {
      const handler = new TestHandler();
      const listener = await start(t, { tls: TLS, handshakeTimeout: 300 }, handler);
      const options = { port: portOf(listener), host: '127.0.0.1', rejectUnauthorized: false };

      const socket = stage === 'TLS' ? connect(options) : connectTls(options);
      socket.on('error', () => undefined);
      if (stage === 'HTTP') socket.write('GET / HTTP/1.1\r\n');
      const answer = await readToEnd(socket);

      assert.equal(answer.startsWith('HTTP/1.1 408 '), stage === 'HTTP');
      await handler.settled(1);
      assert.match(handler.refusals[0]?.error.message ?? '', /took too long/);
    });
  }

  it('does not cut connections off when the deadline of their handshake comes', async (t) => {
    for (const tls of [undefined, TLS]) {
      const listener = await start(t, { tls, handshakeTimeout: 200 });
      const options = { port: portOf(listener), host: '127.0.0.1' };
      const socket = tls === undefined ? connect(options) : connectTls({ ...options, rejectUnauthorized: false });
      const silent = connect(options);
      socket.write(requestText());
      await once(socket, 'data');

      await readToEnd(silent); // The deadline of a connection that was made later.

      assert.equal(socket.readableEnded, false);
      assert.equal(listener.connections, 1);
      socket.destroy();
    }
  });

  it('closes: the port is free, pending handshakes end, connections stay', async (t) => {
    const handler = new TestHandler();
    const listener = await start(t, {}, handler);
    const port = portOf(listener);
    const accepted = connect(port, '127.0.0.1');
    accepted.write(requestText());
    await once(accepted, 'data');
    const silent = connect(port, '127.0.0.1');
    silent.on('error', () => undefined);
    await once(silent, 'connect');
    silent.write('GET');

    await listener.close();
    await listener.close();

    await readToEnd(silent);
    assert.equal(listener.address, undefined);
    assert.equal(listener.url, '');
    assert.equal(accepted.destroyed, false);
    await start(t, { port, host: '127.0.0.1' });
    accepted.destroy();
  });

  it('says that the port is in use', async (t) => {
    const listener = await start(t);

    await assert.rejects(start(t, { port: portOf(listener) }), (error) => {
      assert.ok(error instanceof TransportError);
      assert.equal((error.cause as NodeJS.ErrnoException).code, 'EADDRINUSE');
      return true;
    });
  });
});
