import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, createServer, request } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Agent as HttpsAgent, createServer as createHttpsServer, request as httpsRequest } from 'node:https';
import { connect as connectTcp, type AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { describe, it } from 'node:test';

import { createDeferred } from '../../src/engine/deferred.ts';
import { listen } from '../../src/server/listen.ts';
import type { Listener } from '../../src/server/listener.ts';
import { resolveServerOptions } from '../../src/server/options.ts';
import type { ServerOptions } from '../../src/server/options.ts';
import { splits } from '../helpers/splits.ts';
import { FOR_LOCALHOST, KEY } from './certificates.ts';
import { TestHandler } from './handler.ts';
import { parseResponse, requestText, Wire } from './wire.ts';

async function attach(server: Server, handler = new TestHandler(), options: ServerOptions = {}): Promise<Listener> {
  return listen(resolveServerOptions({ server, ...options }), handler);
}

/** Feeds a request to a server that does not listen, and waits for the whole answer. */
async function ask(server: Server, ...chunks: (string | Uint8Array)[]): Promise<string> {
  const wire = new Wire();
  server.emit('connection', wire);
  wire.feed(...chunks);
  const answer = await wire.answered();
  await wire.discard();
  return answer;
}

function forPath(path: string): string {
  return requestText({}, `GET ${path} HTTP/1.1`);
}

function listenerCounts(server: Server): Record<string, number> {
  return Object.fromEntries(server.eventNames().map((name) => [String(name), server.listenerCount(name)]));
}

describe('AttachedListener', () => {
  it('takes requests for a WebSocket connection, however they are cut, and leaves the others', async () => {
    const server = createServer((_, response) => response.setHeader('Connection', 'close').end('page'));
    await attach(server);

    for (const chunks of splits(Buffer.from(requestText()))) {
      assert.equal(parseResponse(await ask(server, ...chunks)).status, 101);
    }
    assert.match(await ask(server, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'), /^HTTP\/1\.1 200 OK[^]*page/);
  });

  it('serves only its path; alone, it answers 404 for others', async () => {
    const server = createServer();
    await attach(server, new TestHandler(), { path: '/chat' });

    assert.equal(parseResponse(await ask(server, forPath('/chat?x=1'))).status, 101);
    assert.equal(parseResponse(await ask(server, forPath('/other'))).status, 404);
    assert.equal(parseResponse(await ask(server, forPath('*'))).status, 404);
  });

  it('leaves other paths and other protocols to other listeners', async () => {
    const server = createServer();
    const seen: string[] = [];
    await attach(server, new TestHandler(), { path: '/chat' });
    server.on('upgrade', ({ url, headers }, socket) => {
      if (url === '/chat' && headers.upgrade === 'websocket') return;
      seen.push(`${headers.upgrade ?? ''} ${url ?? ''}`);
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    });

    assert.equal(parseResponse(await ask(server, forPath('/chat'))).status, 101);
    assert.equal(parseResponse(await ask(server, forPath('/other'))).status, 200);
    assert.equal(parseResponse(await ask(server, requestText({ Upgrade: 'h2c' }))).status, 200);
    assert.deepEqual(seen, ['websocket /other', 'h2c /chat']);
  });

  it('V032: leaves a request for another protocol to the server as the plain request that it also is', async () => {
    const seen: IncomingMessage[] = [];
    const server = createServer((request, response) => {
      seen.push(request);
      response.setHeader('Connection', 'close').end('page');
    });
    await attach(server);
    const fields = { Upgrade: 'h2c', Connection: 'Upgrade, HTTP2-Settings', 'HTTP2-Settings': 'AAMAAABk' };

    for (const chunks of splits(Buffer.from(requestText(fields)))) {
      assert.match(await ask(server, ...chunks), /^HTTP\/1\.1 200 OK[^]*page/);
    }
    assert.equal(seen.at(-1)?.headers.host, 'server.example.com');
  });

  it('gives a request with a body back whole, and what is behind it', async () => {
    const bodies: string[] = [];
    const server = createServer((request, response) => {
      let body = `${request.method ?? ''} ${String(request.headers.connection)} `;
      request.setEncoding('latin1').on('data', (chunk: string) => (body += chunk));
      request.on('end', () => {
        bodies.push(body);
        response.end('page');
      });
    });
    await attach(server);
    const fields = { Upgrade: 'h2c', Connection: 'keep-alive, Upgrade' };
    const requests = [
      requestText({ ...fields, 'Content-Length': '5' }, 'POST /a HTTP/1.1') + 'hello',
      requestText({ ...fields, 'Transfer-Encoding': 'chunked' }, 'PUT /b HTTP/1.1') + '3\r\nabc\r\n0\r\n\r\n',
      'GET /c HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    ].join('');
    const length = requests.length;

    for (const cut of [0, 1, 200, 240, 245, 248, 250, 300, length - 60, length - 3]) {
      const answer = await ask(server, requests.slice(0, cut), requests.slice(cut));

      assert.equal(answer.match(/page/g)?.length, 3);
      assert.deepEqual(bodies.splice(0), ['POST keep-alive hello', 'PUT keep-alive abc', 'GET close ']);
    }
  });

  it('answers Expect of a request that is given back', async () => {
    const server = createServer((request, response) => {
      request.resume().on('end', () => response.setHeader('Connection', 'close').end('page'));
    });
    await attach(server);
    const fields = { Upgrade: 'h2c', Expect: '100-continue', 'Content-Length': '2' };
    const wire = new Wire();
    server.emit('connection', wire);

    wire.feed(requestText(fields, 'POST / HTTP/1.1'));
    await wire.wrote('HTTP/1.1 100 Continue\r\n\r\n');
    wire.feed('hi');

    assert.match(await wire.answered(), /page/);
    await wire.discard();
  });

  it('gives back over TLS, to real clients', async (t) => {
    for (const tls of [undefined, { cert: FOR_LOCALHOST, key: KEY }]) {
      const answer = (request: IncomingMessage, response: ServerResponse): void => {
        request.resume().on('end', () => response.end(`page ${request.method ?? ''}`));
      };
      const server = tls === undefined ? createServer(answer) : createHttpsServer(tls, answer);
      await attach(server);
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      t.after(() => server.close());
      const agent = tls === undefined ? new Agent({ keepAlive: true }) : new HttpsAgent({ keepAlive: true });
      t.after(() => agent.destroy());
      const { port } = server.address() as AddressInfo;
      for (let round = 0; round < 3; round++) {
        const options = {
          port,
          host: '127.0.0.1',
          agent,
          method: 'POST',
          rejectUnauthorized: false,
          headers: { Connection: 'keep-alive, Upgrade', Upgrade: 'h2c' },
        };
        const sent = tls === undefined ? request(options) : httpsRequest(options);
        sent.end('body');
        const [response] = (await once(sent, 'response')) as [IncomingMessage];
        let text = '';
        for await (const chunk of response.setEncoding('utf8')) text += String(chunk);
        assert.equal(text, 'page POST');
      }
    }
  });

  it('V004: gives nothing back of which lines may be lost', async () => {
    const server = createServer((_, response) => response.end('page'));
    server.maxHeadersCount = 6;
    await attach(server);

    assert.equal(parseResponse(await ask(server, requestText({ Upgrade: 'h2c', 'X-A': '1', 'X-B': '2' }))).status, 431);
  });

  it('refuses what it has left to others, when none of them takes it in time', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const server = createServer();
    await attach(server, new TestHandler(), { path: '/chat', handshakeTimeout: 1000 });
    const takers: ((socket: Duplex) => void)[] = [
      () => undefined,
      (socket) => socket.on('data', () => undefined),
      (socket) => socket.on('error', () => undefined),
    ];
    let taker = takers[0];
    server.on('upgrade', (_, socket) => taker?.(socket));

    for (const [index, one] of takers.entries()) {
      taker = one;
      const wire = new Wire();
      const told = once(server, 'upgrade');
      server.emit('connection', wire);
      wire.feed(forPath('/other'));
      await told;
      t.mock.timers.tick(999);
      const before = wire.written;
      t.mock.timers.tick(1);

      if (index === 0) assert.equal(parseResponse(await wire.answered()).status, 404);
      else assert.deepEqual([wire.destroyed, wire.written], [false, before]);
      await wire.discard();
    }
  });

  it('leaves alone what somebody has written to, however long it takes', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const server = createServer();
    await attach(server, new TestHandler(), { path: '/chat', handshakeTimeout: 1000 });
    const told = createDeferred<Duplex>();
    server.on('upgrade', (_, socket) => told.resolve(socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = connectTcp((server.address() as AddressInfo).port, '127.0.0.1');
    t.after(() => {
      client.destroy();
      server.close();
    });
    client.write(forPath('/other'));

    (await told.promise).write('HTTP/1.1 101 Switching Protocols\r\n\r\n');
    await once(client, 'data');
    t.mock.timers.tick(1000);
    (await told.promise).write('mine');

    assert.equal(String(await once(client, 'data')), 'mine');
  });

  it('serves paths by pattern: exact ones first, then patterns, then all', async () => {
    const server = createServer();
    const rules = [undefined, /^\/rooms\//, '/rooms/lobby'] as const;
    const handlers = rules.map(() => new TestHandler());
    for (const [index, handler] of handlers.entries()) await attach(server, handler, { path: rules[index] });

    for (const path of ['/rooms/lobby', '/rooms/7', '/x', '/rooms/8']) await ask(server, forPath(path));

    assert.deepEqual(
      handlers.map(({ connections }) => connections.map(({ request }) => request.path)),
      [['/x'], ['/rooms/7', '/rooms/8'], ['/rooms/lobby']],
    );
  });

  it('answers 500 where a pattern throws, and reports it', async () => {
    const server = createServer();
    const handler = new TestHandler();
    const exec = (): never => {
      throw new Error('mine');
    };
    await attach(server, handler, { path: { exec } });

    assert.equal(parseResponse(await ask(server, forPath('/'))).status, 500);
    assert.equal(handler.errors[0]?.message, 'mine');
  });

  it('shares a server with others of its kind, by path', async () => {
    const server = createServer();
    const handlers = [new TestHandler(), new TestHandler()];
    const [a] = [await attach(server, handlers[0], { path: '/a' }), await attach(server, handlers[1], { path: '/b' })];

    for (const path of ['/a', '/b', '/b', '/c']) await ask(server, forPath(path));
    assert.deepEqual(
      handlers.map(({ connections }) => connections.length),
      [1, 2],
    );

    await a.close();
    assert.equal(parseResponse(await ask(server, forPath('/a'))).status, 404);
    assert.equal(parseResponse(await ask(server, forPath('/b'))).status, 101);
  });

  it('refuses to share a path', async () => {
    const server = createServer();
    await attach(server, new TestHandler(), { path: '/a' });
    await attach(server);

    await assert.rejects(attach(server, new TestHandler(), { path: '/a' }), {
      name: 'LocalUsageError',
      message: /\/a/,
    });
    await assert.rejects(attach(server), { name: 'LocalUsageError', message: /every path/ });
  });

  it('V109: leaves no listener behind, and its handshakes end, when it is closed', async () => {
    const server = createServer();
    const before = listenerCounts(server);
    const handler = new TestHandler(() => new Promise(() => undefined));
    const listeners = [await attach(server, handler), await attach(server, handler, { path: '/a' })];
    const wire = new Wire();
    server.emit('connection', wire);
    wire.feed(requestText());
    while (wire.listenerCount('readable') === 0) await new Promise(setImmediate);

    for (const listener of [...listeners, ...listeners]) await listener.close();

    assert.equal(parseResponse(await wire.answered()).status, 503);
    await wire.discard();
    assert.deepEqual(listenerCounts(server), before);
    await attach(server);
  });

  const limits: [name: string, maxHeadersCount: number | null, count: number, status: number][] = [
    ['one line less than Node keeps', 20, 19, 101],
    ['as many lines as Node keeps: some may be lost', 20, 20, 431],
    ['one line more than Node keeps', 20, 21, 431],
    ['2100 lines', null, 2100, 431],
    ['999 lines', null, 999, 101],
    ['1000 lines', null, 1000, 431],
    ['2100 lines, all of them kept', 0, 2100, 101],
  ];
  for (const [name, maxHeadersCount, count, status] of limits) {
    for (const where of ['before', 'after']) {
      it(`V004: answers ${String(status)} to ${name}, the others ${where} Upgrade`, async () => {
        const server = createServer({ maxHeaderSize: 1_000_000 });
        server.maxHeadersCount = maxHeadersCount;
        await attach(server, new TestHandler(), { maxHeaderCount: Infinity, maxHeaderSize: Infinity });
        const lines = Array.from({ length: count - 5 }, (_, n) => `a${String(n)}: x\r\n`).join('');
        const request = requestText();

        const text =
          where === 'before' ? request.replace('Host', `${lines}Host`) : `${request.slice(0, -2)}${lines}\r\n`;

        assert.equal(parseResponse(await ask(server, text)).status, status);
      });
    }
  }

  it('V030: judges what a lenient HTTP parser lets through', async () => {
    const server = createServer({ insecureHTTPParser: true });
    await attach(server);

    assert.equal(parseResponse(await ask(server, requestText({ 'X-A': 'a\x01b' }))).status, 400);
    assert.equal(parseResponse(await ask(server, requestText({ Host: 'a\x01' }))).status, 400);
  });

  it('V031: answers 414 to a target over maxHeaderSize that the server let through', async () => {
    const server = createServer({ maxHeaderSize: 100_000 });
    await attach(server);

    assert.equal(parseResponse(await ask(server, forPath(`/${'a'.repeat(20_000)}`))).status, 414);
    assert.equal(parseResponse(await ask(server, requestText({ 'X-A': 'x'.repeat(20_000) }))).status, 431);
  });

  it('counts its own connections', async () => {
    const server = createServer();
    const listener = await attach(server, new TestHandler(), { maxConnections: 1 });
    const wire = new Wire();
    server.emit('connection', wire);
    wire.feed(requestText());
    await wire.answered();

    assert.equal(listener.connections, 1);
    assert.equal(parseResponse(await ask(server, requestText())).status, 503);
    await wire.discard();
    assert.equal(listener.connections, 0);
  });

  it('starts its clock with the request, and does not care for the timeouts of the server', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const server = createServer();
    await attach(server, new TestHandler(() => new Promise(() => undefined)), { handshakeTimeout: 1000 });
    const wire = new Wire();
    server.emit('connection', wire);
    t.mock.timers.tick(5000);
    wire.feed(requestText());
    while (wire.listenerCount('readable') === 0) await new Promise(setImmediate);

    t.mock.timers.tick(999);
    assert.equal(wire.written, '');
    t.mock.timers.tick(50); // an alarm may ring a little late

    assert.equal(parseResponse(await wire.answered()).status, 503);
    await wire.discard();
  });

  it('knows where its server listens', async () => {
    const plain = createServer();
    const encrypted = createHttpsServer({ cert: FOR_LOCALHOST, key: KEY });
    for (const [server, scheme] of [
      [plain, 'ws'],
      [encrypted, 'wss'],
    ] as const) {
      const listener = await attach(server, new TestHandler(), { path: '/chat' });
      assert.equal(listener.url, '');
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { address } = listener;
      assert.ok(typeof address === 'object');
      assert.equal(listener.url, `${scheme}://127.0.0.1:${String(address.port)}/chat`);
      server.close();
    }
  });
});
