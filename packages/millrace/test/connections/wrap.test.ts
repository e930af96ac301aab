import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectHttp2, createServer as createHttp2Server, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { Duplex, PassThrough } from 'node:stream';
import { describe, it, type TestContext } from 'node:test';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';

import { ConnectionClosedError, LocalUsageError, wrap, type WebSocketConnection } from '../../src/index.ts';
import { ScriptedPeer, createDuplexPair } from '../../src/testing/index.ts';
import { selfSignedCertificate } from '../helpers/certificate.ts';
import { frame } from '../helpers/frames.ts';
import { randomBytes } from '../helpers/random.ts';
import { wrappedPair } from '../helpers/wrapped-pair.ts';

type Streams = [near: Duplex, far: Duplex];

async function listen(t: TestContext, server: Pick<Server, 'listen' | 'once' | 'address' | 'close'>): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server as Server, 'listening');
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

async function overTls(t: TestContext): Promise<Streams> {
  const certificate = await selfSignedCertificate();
  const server = createTlsServer({ ...certificate, allowHalfOpen: true });
  const port = await listen(t, server);
  const near = connectTls({ port, host: '127.0.0.1', ca: certificate.cert });
  const [far] = (await once(server, 'secureConnection')) as [Duplex];
  return [near, far];
}

/** A session of HTTP/2 whose server takes extended CONNECT (RFC 8441). */
async function overHttp2(t: TestContext): Promise<Streams> {
  const server = createHttp2Server({ settings: { enableConnectProtocol: true } });
  const port = await listen(t, server);
  const session = connectHttp2(`http://127.0.0.1:${String(port)}`);
  t.after(() => session.destroy());
  await once(session, 'remoteSettings');
  assert.equal(session.remoteSettings.enableConnectProtocol, true);
  const near = session.request(
    { ':method': 'CONNECT', ':protocol': 'websocket', ':path': '/chat', 'sec-websocket-version': '13' },
    { endStream: false },
  );
  const [far, headers] = (await once(server, 'stream')) as [ServerHttp2Stream, Record<string, string>];
  assert.equal(headers[':protocol'], 'websocket');
  far.respond({ ':status': 200 });
  await once(near, 'response');
  return [near, far];
}

function overMemory(): Promise<Streams> {
  return Promise.resolve(createDuplexPair([{ allowHalfOpen: true, chunking: 1000 }, { allowHalfOpen: true }]));
}

function overWebSocket(): Promise<Streams> {
  const [near, far] = wrappedPair();
  return Promise.resolve([near.duplex(), far.duplex()]);
}

function overWebSocketOverWebSocket(): Promise<Streams> {
  const [near, far] = wrappedPair();
  return Promise.resolve([wrap(near.duplex(), 'client').duplex(), wrap(far.duplex(), 'server').duplex()]);
}

async function echo(connection: WebSocketConnection): Promise<void> {
  try {
    for await (const message of connection) await connection.send(message, { type: message.type });
  } catch (error) {
    // The peer closes with a code of its own, of which we know not whether it was done.
    assert.ok(error instanceof ConnectionClosedError && error.closure.wasClean);
  }
}

const SIZES = [0, 1, 126, 65_536, 1_000_000];

describe('wrap', { timeout: 30_000 }, () => {
  const TRANSPORTS: [name: string, open: (t: TestContext) => Promise<Streams>][] = [
    ['a pair in memory', overMemory],
    ['TLS', overTls],
    ['HTTP/2, extended CONNECT', overHttp2],
    ['another WebSocket', overWebSocket],
    ['a WebSocket over another WebSocket', overWebSocketOverWebSocket],
  ];
  for (const [name, open] of TRANSPORTS) {
    it(`makes connections over ${name}: messages both ways, and a clean end`, async (t) => {
      const [near, far] = await open(t);
      const client = wrap(near, 'client');
      const server = wrap(far, 'server');
      const echoed = echo(server);

      for (const size of SIZES) {
        const payload = randomBytes(size, size + 1);
        // Not awaited: what comes back is to be read, or there is no room for the rest.
        void client.send(payload);
        const message = await client.receive();
        assert.equal(message?.type, 'binary');
        const parts: Uint8Array[] = [];
        for await (const chunk of message) parts.push(chunk);
        assert.equal(Buffer.compare(Buffer.concat(parts), payload), 0);
      }
      assert.ok((await client.ping()) >= 0);
      const closure = await client.close(3000, 'done');
      await echoed;

      assert.equal(closure.wasClean, true);
      assert.deepEqual(
        [(await server.closed).code, (await server.closed).reason, (await server.closed).wasClean],
        [3000, 'done', true],
      );
    });

    it(`sees the loss of its peer over ${name}`, async (t) => {
      const [near, far] = await open(t);
      const client = wrap(near, 'client');
      const server = wrap(far, 'server');
      await client.send('still here');
      assert.equal(await (await server.receive())?.text(), 'still here');

      client.drop();

      assert.equal((await server.closed).code, 1006);
    });
  }

  it('ends the inner connection, and the outer one with it', async () => {
    const [near, far] = wrappedPair();
    const client = wrap(near.duplex(), 'client');
    const server = wrap(far.duplex(), 'server');

    await Promise.all([client.close(), server.closed]);

    assert.equal((await near.closed).code, 1000);
    assert.equal((await far.closed).code, 1000);
  });

  it('ends though the stream never says that it has ended', async () => {
    const never = new Duplex({ read: () => undefined, write: () => undefined, destroy: () => undefined });
    const silent = new Duplex({ read: () => undefined, write: () => undefined, emitClose: false });
    for (const stream of [never, silent]) {
      const connection = wrap(stream, 'server');
      const receiving = connection.receive();

      connection.drop();

      assert.equal((await connection.closed).initiator, 'application');
      assert.equal(await receiving, undefined);
    }
  });

  it('says what it was told of the opening handshake', () => {
    const [stream] = createDuplexPair();

    const connection = wrap(stream, 'server', { subprotocol: 'chat', peer: '192.0.2.1:50000' });

    assert.equal(connection.subprotocol, 'chat');
    assert.equal(connection.peer, '192.0.2.1:50000');
    assert.equal(connection.extensions, '');
    assert.equal(connection.context, undefined);
    connection.drop();
  });

  it('receives what came with the opening handshake first, and leaves those bytes alone', async () => {
    const [stream, far] = createDuplexPair([{ allowHalfOpen: true }, {}]);
    const head = frame({ byte0: 0x81, payload: Buffer.from('one'), key: '01 02 03 04' });
    const copy = Buffer.from(head);
    far.write(frame({ byte0: 0x81, payload: Buffer.from('two'), key: '01 02 03 04' }));

    const connection = wrap(stream, 'server', { head });

    assert.equal(await (await connection.receive())?.text(), 'one');
    assert.equal(await (await connection.receive())?.text(), 'two');
    assert.equal(Buffer.compare(head, copy), 0);
    connection.drop();
  });

  it('has the options of connections', async () => {
    const [stream, far] = createDuplexPair([{ allowHalfOpen: true }, {}]);
    const peer = ScriptedPeer.over('client', far);
    const connection = wrap(stream, 'server', { maxStreamedMessageSize: 2 });

    peer.sendText('too long');
    await peer.nextFrame();
    peer.end();

    assert.equal((await connection.closed).sent?.code, 1009);
  });

  it('tells its misuse', () => {
    const [stream] = createDuplexPair();

    assert.throws(() => wrap({} as never, 'client'), LocalUsageError);
    assert.throws(() => wrap(new PassThrough({ objectMode: true }), 'client'), LocalUsageError);
    assert.throws(() => wrap(stream, 'proxy' as never), LocalUsageError);
    assert.throws(() => wrap(stream, 'client', { highWaterMark: -1 }), LocalUsageError);
  });
});
