import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { HandshakeServer } from '../../src/server/handshake-server.ts';
import { resolveServerOptions } from '../../src/server/options.ts';
import type { ServerOptions } from '../../src/server/options.ts';
import { cutsOfHead } from '../helpers/cuts.ts';
import { splits } from '../helpers/splits.ts';
import { ACCEPTED, MANY, REFUSED } from './corpus.ts';
import { TestHandler } from './handler.ts';
import { ACCEPT, parseResponse, requestText, Wire } from './wire.ts';

function makeServer(handler = new TestHandler(), options: ServerOptions = {}): HandshakeServer<string> {
  return new HandshakeServer(resolveServerOptions({ port: 0, ...options }), handler);
}

/** What the server answers to `chunks`. */
async function answerTo(server: HandshakeServer<string>, chunks: Uint8Array[]): Promise<string> {
  const wire = new Wire();
  server.handleConnection(wire);
  wire.feed(...chunks);
  const answer = await wire.answered();
  wire.destroy();
  return answer;
}

describe('HandshakeServer', () => {
  for (const [name, request] of ACCEPTED) {
    it(`accepts ${name}, however it is cut`, async () => {
      const server = makeServer();
      for (const chunks of cutsOfHead(request)) {
        const { status, headers } = parseResponse(await answerTo(server, chunks));

        assert.equal(status, 101);
        assert.equal(headers.get('sec-websocket-accept'), ACCEPT);
      }
    });
  }

  it('V014: takes white space behind Connection as the HTTP parser of this Node does, however it is cut', async () => {
    const server = makeServer();
    const statuses = new Set<number>();
    for (const chunks of cutsOfHead(requestText({ Connection: 'Upgrade\t' }))) {
      statuses.add(parseResponse(await answerTo(server, chunks)).status);
    }

    assert.equal(statuses.size, 1);
    // Node 20 does not see the upgrade, Node 24 does.
    assert.ok(statuses.has(400) || statuses.has(101), [...statuses].join());
  });

  for (const [name, request, status] of REFUSED) {
    it(`refuses ${name} with ${String(status)}, however it is cut`, async () => {
      const server = makeServer();
      for (const chunks of cutsOfHead(request)) {
        const response = parseResponse(await answerTo(server, chunks));

        assert.equal(response.status, status, JSON.stringify(response));
        assert.match(response.headers.get('connection') ?? '', /^close/);
        assert.equal(Buffer.byteLength(response.body), Number(response.headers.get('content-length')));
        assert.notEqual(response.body, '');
        assert.equal(response.rest, '');
      }
    });
  }

  it('writes the response of RFC 6455 §1.3', async () => {
    const server = makeServer(new TestHandler(), { subprotocols: ['superchat', 'chat'] });
    const request = requestText({ Origin: 'http://example.com', 'Sec-WebSocket-Protocol': 'chat, superchat' });

    const answer = await answerTo(server, [Buffer.from(request.replace('server.', ''))]);

    assert.equal(
      answer,
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        `Sec-WebSocket-Accept: ${ACCEPT}\r\nSec-WebSocket-Protocol: chat\r\n\r\n`,
    );
  });

  it('hands on the bytes behind the request, however they are cut', async () => {
    const frames = '\x81\x82\x01\x02\x03\x04ik\x89\x80\x01\x02\x03\x04';
    for (const chunks of splits(Buffer.from(requestText() + frames, 'latin1'))) {
      const handler = new TestHandler();
      const wire = new Wire();

      makeServer(handler).handleConnection(wire);
      wire.feed(...chunks);
      await handler.settled(1);

      const [connection] = handler.connections;
      assert.ok(connection);
      const { head } = connection;
      assert.deepEqual([head.constructor, head.buffer.byteLength], [Uint8Array, head.length]);
      let received = Buffer.from(head).toString('latin1');
      wire.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')));
      wire.push(null);
      await new Promise((resolve) => wire.once('end', resolve));
      assert.equal(received, frames);
      wire.destroy();
    }
  });

  const pipelined: [name: string, first: string, status: number][] = [
    ['V012: a refused upgrade', requestText({ Connection: 'keep-alive, Upgrade', 'Sec-WebSocket-Version': '12' }), 426],
    ['a plain request', 'GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n\r\n', 426],
    ['a request that is no HTTP', 'GET / HTTP/1.1\r\nHost : a\r\n\r\n', 400],
    ['a request with a body', `${requestText({ 'Content-Length': '5' })}hello`, 400],
  ];
  for (const [name, first, status] of pipelined) {
    it(`answers ${name} once, whatever is behind it`, async () => {
      for (const second of [requestText(), 'GET / HTTP/1.1\r\nHost: a\r\n\r\n']) {
        const handler = new TestHandler();
        const wire = new Wire();

        makeServer(handler).handleConnection(wire);
        wire.feed(first + second);
        await wire.answered();
        wire.feed(second);
        wire.push(null);
        await wire.gone();

        const response = parseResponse(wire.written);
        assert.equal(response.status, status);
        assert.equal(response.rest, '');
        assert.equal(handler.connections.length, 0);
      }
    });
  }

  it('V015: tells which version it speaks', async () => {
    const answer = await answerTo(makeServer(), [Buffer.from(requestText({ 'Sec-WebSocket-Version': '12' }))]);
    const { headers } = parseResponse(answer);

    assert.equal(headers.get('sec-websocket-version'), '13');
    assert.equal(headers.get('upgrade'), 'websocket');
    assert.equal(headers.get('connection'), 'close, Upgrade');
  });

  it('answers HEAD without a body', async () => {
    const answer = await answerTo(makeServer(), [Buffer.from('HEAD / HTTP/1.1\r\nHost: a\r\n\r\n')]);

    assert.match(answer, /^HTTP\/1\.1 405 [^]*\r\n\r\n$/);
  });

  it('ends the connection where CONNECT is asked for', async () => {
    const wire = new Wire();

    makeServer().handleConnection(wire);
    wire.feed('CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n');
    await wire.gone();

    assert.equal(wire.written, '');
  });

  it('V006: lets no byte of the target into a header of its response', async () => {
    const target = '/?redirect=http://marker/%0d%0aX-Inj:%20marker&marker';
    for (const headers of [{}, { 'Sec-WebSocket-Version': '12' }, { Origin: 'http://evil.com' }, { Host: '[' }]) {
      const answer = await answerTo(makeServer(), [Buffer.from(requestText(headers, `GET ${target} HTTP/1.1`))]);

      assert.doesNotMatch(answer.split('\r\n\r\n')[0] ?? '', /marker|X-Inj|redirect/);
    }
  });

  it('answers 404 for a path that it does not serve', async () => {
    const server = makeServer(new TestHandler(), { path: '/other' });

    assert.equal(parseResponse(await answerTo(server, [Buffer.from(requestText())])).status, 404);
  });

  it('V023, V024: ends a header line without end at the limit, a byte at a time', async () => {
    for (const start of ['GET / HTTP/1.1\r\nHost: ', 'GET /', 'GET / HTTP/1.1\r\n']) {
      const wire = new Wire();
      makeServer(new TestHandler(), { maxHeaderSize: 2000 }).handleConnection(wire);
      wire.feed(start);

      let fed = 0;
      while (wire.written === '') {
        wire.feed('x');
        if (++fed % 100 === 0) await new Promise(setImmediate);
      }

      assert.ok(fed <= 2100);
      assert.equal(parseResponse(await wire.answered()).status, 431);
      await wire.discard();
    }
  });

  it('V025: counts the head only, not what is behind it in the same packet', async () => {
    const request = requestText({ 'X-A': 'x'.repeat(15_000) });
    const frames = '\x82'.repeat(20_000);
    for (const chunks of splits(Buffer.from(request + frames, 'latin1'), [
      request.length - 1,
      request.length,
      25_000,
    ])) {
      assert.equal(parseResponse(await answerTo(makeServer(), chunks)).status, 101);
    }
  });

  it('has no limits where they are Infinity', async () => {
    const server = makeServer(new TestHandler(), { maxHeaderSize: Infinity, maxHeaderCount: Infinity });
    const request = requestText({ ...MANY, 'X-A': 'x'.repeat(100_000) });

    assert.equal(parseResponse(await answerTo(server, [Buffer.from(request)])).status, 101);
  });

  // Node keeps a few lines more than it is told to keep, depending on how they fall into its blocks of 31.
  it('accepts as many header lines as maxHeaderCount says, and no more', async () => {
    for (let maxHeaderCount = 5; maxHeaderCount <= 130; maxHeaderCount++) {
      const server = makeServer(new TestHandler(), { maxHeaderCount });
      for (const more of [0, 1, 2, 30, 31, 32, 100]) {
        const lines = Array.from({ length: maxHeaderCount - 5 + more }, () => 'x');

        const answer = await answerTo(server, [Buffer.from(requestText({ 'X-A': lines }))]);

        assert.equal(
          parseResponse(answer).status,
          more === 0 ? 101 : 431,
          `${String(maxHeaderCount)} + ${String(more)}`,
        );
      }
    }
  });
});
