import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { HandshakeServer } from '../../src/server/handshake-server.ts';
import { resolveServerOptions } from '../../src/server/options.ts';
import type { ServerOptions } from '../../src/server/options.ts';
import { TestHandler } from './handler.ts';
import { parseResponse, Wire, requestText, type ParsedResponse } from './wire.ts';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

function makeServer(options: ServerOptions = {}, handler = new TestHandler()): HandshakeServer<string> {
  return new HandshakeServer(resolveServerOptions({ port: 0, ...options }), handler);
}

async function ask(server: HandshakeServer<string>, request: string): Promise<ParsedResponse> {
  const wire = new Wire();
  server.handleConnection(wire);
  wire.feed(request);
  const answer = parseResponse(await wire.answered());
  await wire.discard();
  return answer;
}

function get(path: string, accept?: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: a\r\n${accept === undefined ? '' : `Accept: ${accept}\r\n`}\r\n`;
}

describe('The status page', () => {
  it('is HTML for browsers and text for others, with what would be understood', async () => {
    const server = makeServer();

    const page = await ask(server, get('/', BROWSER));
    const text = await ask(server, get('/', '*/*'));

    for (const { status, headers } of [page, text]) {
      assert.deepEqual(
        [status, headers.get('upgrade'), headers.get('sec-websocket-version'), headers.get('connection')],
        [426, 'websocket', '13', 'close, Upgrade'],
      );
      assert.equal(headers.get('vary'), 'Accept');
    }
    assert.equal(page.headers.get('content-type'), 'text/html; charset=utf-8');
    assert.match(page.body, /^<!doctype html>/);
    assert.equal(page.headers.get('content-security-policy'), "default-src 'none'");
    assert.equal(text.headers.get('content-type'), 'text/plain; charset=utf-8');
    assert.match(text.body, /connect with a WebSocket client/);
  });

  it('can be another, and can be off', async () => {
    const own = makeServer({ statusPage: { html: '<p>mine', text: 'mine too' } });
    const none = makeServer({ statusPage: false });

    assert.match((await ask(own, get('/', BROWSER))).body, /<p>mine/);
    assert.match((await ask(own, get('/'))).body, /mine too/);
    assert.doesNotMatch((await ask(none, get('/', BROWSER))).body, /</);
  });

  it('is not what a client of another version gets', async () => {
    const { status, body } = await ask(makeServer(), requestText({ 'Sec-WebSocket-Version': '8', Accept: BROWSER }));

    assert.equal(status, 426);
    assert.match(body, /version 8/);
  });

  it('is no answer to what is no HTTP', async () => {
    assert.equal((await ask(makeServer(), 'GET / HTTP/1.1\r\nAccept: text/html\r\n\r\n')).status, 400);
    assert.equal((await ask(makeServer(), `POST / HTTP/1.1\r\nHost: a\r\nAccept: ${BROWSER}\r\n\r\n`)).status, 405);
  });

  it('is refused where it makes no sense', () => {
    for (const statusPage of [true, 'x', { html: 'x' }, null]) {
      assert.throws(() => makeServer({ statusPage } as never), /option statusPage/);
    }
  });
});

describe('The health paths', () => {
  const HEALTH = { readyPath: '/ready', livePath: '/live' };

  it('answer 200, and nothing else does', async () => {
    const refused: unknown[] = [];
    const server = makeServer({ ...HEALTH, onRefused: ({ status }) => refused.push(status) });

    for (const path of ['/ready', '/live?x']) {
      const { status, body, headers } = await ask(server, get(path, BROWSER));
      assert.deepEqual([status, body, headers.get('cache-control')], [200, 'ok\n', 'no-store']);
    }
    assert.equal((await ask(server, get('/other'))).status, 426);
    assert.equal((await ask(makeServer(), get('/ready'))).status, 426);
    assert.equal((await ask(server, 'POST /ready HTTP/1.1\r\nHost: a\r\n\r\n')).status, 405);
    assert.deepEqual(refused, [426, 405]);
  });

  it('answer HEAD without a body', async () => {
    const wire = new Wire();
    makeServer(HEALTH).handleConnection(wire);
    wire.feed('HEAD /live HTTP/1.1\r\nHost: a\r\n\r\n');

    assert.match(await wire.answered(), /^HTTP\/1\.1 200 OK\r\n[^]*Content-Length: 3\r\n\r\n$/);
    await wire.discard();
  });

  it('answer whatever limit is reached, and others do not get in with them', async () => {
    for (const limits of [{ maxConnections: 0 }, { maxPendingHandshakes: 0 }]) {
      const server = makeServer({ ...HEALTH, ...limits });

      assert.equal((await ask(server, get('/ready'))).status, 200);
      assert.equal((await ask(server, requestText())).status, 503);
      assert.equal((await ask(server, get('/'))).status, 503);
    }
  });

  it('do not open a door for any number of silent sockets', async () => {
    const server = makeServer({ ...HEALTH, maxPendingHandshakes: 5 });
    const silent = Array.from({ length: 106 }, () => new Wire());
    for (const wire of silent) server.handleConnection(wire);
    const last = new Wire();
    server.handleConnection(last);

    assert.equal(parseResponse(await last.answered()).status, 503);
    for (const wire of [...silent, last]) await wire.discard();
  });

  it('are refused where they make no sense', () => {
    for (const path of ['ready', '/a?b', '', 1]) {
      assert.throws(() => makeServer({ readyPath: path } as never), /option readyPath/);
      assert.throws(() => makeServer({ livePath: path } as never), /option livePath/);
    }
  });
});
