import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { connect as connectTls } from 'node:tls';

import { HandshakeServer } from '../../src/server/handshake-server.ts';
import { listen } from '../../src/server/listen.ts';
import type { Listener } from '../../src/server/listener.ts';
import { resolveServerOptions } from '../../src/server/options.ts';
import type { ServerOptions } from '../../src/server/options.ts';
import { hex } from '../helpers/bytes.ts';
import { splits } from '../helpers/splits.ts';
import { CA_CERTIFICATE, FOR_LOCALHOST, KEY } from './certificates.ts';
import { TestHandler } from './handler.ts';
import { portOf, readToEnd } from './peers.ts';
import { parseResponse, requestText, Wire } from './wire.ts';

const V1 = Buffer.from('PROXY TCP4 192.0.2.1 192.0.2.2 50000 443\r\n');
const V2 = hex('0d 0a 0d 0a 00 0d 0a 51 55 49 54 0a 21 11 00 0c c0 00 02 01 c0 00 02 02 c3 50 01 bb');
const LOCAL = hex('0d 0a 0d 0a 00 0d 0a 51 55 49 54 0a 20 00 00 00');

const BEHIND_PROXY: ServerOptions = { proxyProtocol: true, trustedProxies: { from: ['unix', '127.0.0.1'] } };

async function start(t: TestContext, options: ServerOptions, handler: TestHandler): Promise<Listener> {
  const listener = await listen(resolveServerOptions({ port: 0, host: '127.0.0.1', ...options }), handler);
  t.after(async () => {
    await listener.close();
    for (const { socket } of handler.connections) socket.destroy();
  });
  return listener;
}

/** What a server makes of chunks that come from a proxy beside it. */
async function receive(
  options: ServerOptions,
  chunks: (Uint8Array | string)[],
  handler = new TestHandler(),
): Promise<string> {
  const wire = new Wire();
  new HandshakeServer(resolveServerOptions({ port: 0, ...options }), handler).handleConnection(wire);
  wire.feed(...chunks);
  const answer = await wire.answered();
  await wire.discard();
  return answer;
}

describe('A server behind proxies', () => {
  it('sees the client in what trusted proxies say', async () => {
    const handler = new TestHandler();
    const trustedProxies = { from: ['unix', '10.0.0.0/8'] };
    const fields = { 'X-Forwarded-For': '1.1.1.1, 192.0.2.1, 10.0.0.7', 'X-Forwarded-Proto': 'https' };

    await receive({ trustedProxies }, [requestText(fields)], handler);

    const { request } = handler.connections[0] ?? assert.fail();
    assert.deepEqual([request.peer, request.encrypted, request.tls], ['192.0.2.1', true, undefined]);
    assert.equal(request.url.href, 'wss://server.example.com/chat');
  });

  it('believes nobody unless it is told to', async () => {
    for (const trustedProxies of [undefined, { from: ['10.0.0.0/8'] }]) {
      const handler = new TestHandler();
      const fields = { 'X-Forwarded-For': '192.0.2.1', 'X-Forwarded-Proto': 'https', Forwarded: 'for=192.0.2.1' };

      await receive({ trustedProxies }, [requestText(fields)], handler);

      const { request } = handler.connections[0] ?? assert.fail();
      assert.deepEqual([request.peer, request.encrypted], ['', false]);
    }
  });

  it('V028: judges origins by the host that a proxy was asked for', async () => {
    const trustedProxies = { from: ['unix'], fields: ['for', 'proto', 'host'] as const };
    const fields = { 'X-Forwarded-For': '192.0.2.1', 'X-Forwarded-Host': 'example.com', Host: 'internal:80' };
    const ask = async (origin: string): Promise<number> =>
      parseResponse(await receive({ trustedProxies }, [requestText({ ...fields, Origin: origin })])).status;

    assert.equal(await ask('https://example.com'), 101);
    assert.equal(await ask('http://internal'), 403);
    const evil = requestText({ ...fields, 'X-Forwarded-Host': 'me@example.com' });
    assert.equal(parseResponse(await receive({ trustedProxies }, [evil])).status, 400);
  });

  it('counts connections by the client, not by the proxy', async (t) => {
    const handler = new TestHandler();
    const options = { trustedProxies: { from: ['127.0.0.1'] }, maxConnectionsPerAddress: 1 };
    const port = portOf(await start(t, options, handler));
    const ask = async (client: string): Promise<number> => {
      const socket = connectTcp(port, '127.0.0.1');
      t.after(() => socket.destroy());
      socket.write(requestText({ 'X-Forwarded-For': client }));
      return parseResponse(String(await once(socket, 'data'))).status;
    };

    assert.deepEqual([await ask('192.0.2.1'), await ask('192.0.2.2'), await ask('192.0.2.1')], [101, 101, 503]);
    assert.deepEqual([await ask('2001:db8::1'), await ask('2001:db8::2')], [101, 503]);
  });
});

describe('A server with the PROXY protocol', () => {
  for (const [name, header, peer] of [
    ['version 1', V1, '192.0.2.1:50000'],
    ['version 2', V2, '192.0.2.1:50000'],
    ['version 2, LOCAL', LOCAL, ''],
  ] as const) {
    it(`knows the client by ${name}, however it is cut, and loses nothing`, async () => {
      const frame = '\x81\x82\x00\x00\x00\x00hi';
      const bytes = Buffer.concat([header, Buffer.from(requestText() + frame, 'latin1')]);
      for (const chunks of splits(bytes)) {
        const handler = new TestHandler();
        const wire = new Wire();
        new HandshakeServer(resolveServerOptions({ port: 0, ...BEHIND_PROXY }), handler).handleConnection(wire);

        wire.feed(...chunks);
        await handler.settled(1);

        const { request, head } = handler.connections[0] ?? assert.fail();
        let received = Buffer.from(head).toString('latin1');
        wire.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')));
        wire.push(null);
        await new Promise((resolve) => wire.once('end', resolve));
        assert.deepEqual([request.peer, received], [peer, frame]);
        await wire.discard();
      }
    });
  }

  for (const [name, bytes] of [
    ['a request', Buffer.from(requestText())],
    ['garbage', Buffer.from('PROXY TCP4 nonsense\r\n')],
    ['a header without end', Buffer.from(`PROXY TCP4 ${'1'.repeat(200)}`)],
  ] as const) {
    it(`drops a connection that begins with ${name}`, async () => {
      const wire = new Wire();
      const handler = new TestHandler();
      new HandshakeServer(resolveServerOptions({ port: 0, ...BEHIND_PROXY }), handler).handleConnection(wire);

      wire.feed(bytes);

      await wire.gone();
      assert.deepEqual([wire.written, handler.refusals.length], ['', 1]);
    });
  }

  it('drops a connection that comes from nobody it trusts', async (t) => {
    const trustedProxies = { from: ['127.0.0.1'] };
    const listener = await start(t, { proxyProtocol: true, trustedProxies }, new TestHandler());
    const socket = connectTcp({ port: portOf(listener), host: '127.0.0.1', localAddress: '127.0.0.2' });
    socket.on('error', () => undefined);
    socket.write(Buffer.concat([V1, Buffer.from(requestText())]));

    assert.equal(await readToEnd(socket), '');
  });

  it('drops a connection whose header does not come within handshakeTimeout', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const wire = new Wire();
    const options = { port: 0, ...BEHIND_PROXY, handshakeTimeout: 1000 };
    new HandshakeServer(resolveServerOptions(options), new TestHandler()).handleConnection(wire);
    wire.feed(V1.subarray(0, 10));

    t.mock.timers.tick(1050);

    await wire.gone();
    assert.equal(wire.written, '');
  });

  for (const together of [true, false]) {
    it(`comes before TLS, in ${together ? 'one packet with it' : 'packets of its own'}`, async (t) => {
      const handler = new TestHandler();
      const tls = { cert: FOR_LOCALHOST, key: KEY };
      const port = portOf(await start(t, { ...BEHIND_PROXY, tls }, handler));
      const raw = connectTcp(port, '127.0.0.1').setNoDelay(true);
      t.after(() => raw.destroy());
      if (together) raw.cork();
      raw.write(V2.subarray(0, 7));
      if (!together) await new Promise((resolve) => setTimeout(resolve, 20));
      raw.write(V2.subarray(7));
      const secured = connectTls({ socket: raw, ca: CA_CERTIFICATE, servername: 'localhost' });
      if (together) setImmediate(() => raw.uncork());
      secured.write(requestText());

      assert.match(String(await once(secured, 'data')), /^HTTP\/1\.1 101 /);

      const { request } = handler.connections[0] ?? assert.fail();
      assert.deepEqual(
        [request.peer, request.encrypted, request.tls?.servername],
        ['192.0.2.1:50000', true, 'localhost'],
      );
    });
  }

  it('knows that the client speaks TLS with the proxy', async () => {
    const handler = new TestHandler();
    const header = hex(
      '0d 0a 0d 0a 00 0d 0a 51 55 49 54 0a 21 11 00 14 c0 00 02 01 c0 00 02 02 c3 50 01 bb 20 00 05 01 00 00 00 00',
    );

    await receive(BEHIND_PROXY, [header, requestText()], handler);

    assert.equal(handler.connections[0]?.request.url.protocol, 'wss:');
  });

  it('is refused where nobody says who may use it', () => {
    assert.throws(() => resolveServerOptions({ port: 0, proxyProtocol: true }), /trustedProxies/);
  });
});
