import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect as connectTcp, createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';

import {
  ConnectionDeny,
  LocalUsageError,
  TransportError,
  connect,
  serve,
  type WebSocketServer,
} from '../../src/index.ts';
import {
  listenTunnel,
  serveTunnel,
  type ListenTunnelOptions,
  type ServeTunnelOptions,
  type TunnelListener,
  type TunnelTarget,
  type TunnelTargetChoice,
} from '../../src/tunnel/index.ts';
import { hear } from '../helpers/diagnostics.ts';
import { Inbox } from '../helpers/inbox.ts';
import { randomBytes } from '../helpers/random.ts';
import { settle } from '../helpers/wrapped-pair.ts';

const HERE = { host: '127.0.0.1', port: 0 };

interface Target {
  readonly place: TunnelTarget;
  /** The connections that came. */
  readonly sockets: Inbox<Socket>;
}

async function startTarget(t: TestContext, onSocket: (socket: Socket) => void = () => undefined): Promise<Target> {
  const sockets = new Inbox<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    t.after(() => socket.destroy());
    socket.on('error', () => undefined);
    onSocket(socket);
    sockets.put(socket);
  });
  server.listen(HERE);
  await once(server, 'listening');
  t.after(() => server.close());
  return { place: { host: '127.0.0.1', port: (server.address() as AddressInfo).port }, sockets };
}

async function startServer(
  t: TestContext,
  target: TunnelTarget | TunnelTargetChoice,
  options: Partial<ServeTunnelOptions> = {},
): Promise<WebSocketServer<TunnelTarget>> {
  const server = await serveTunnel({ ...HERE, ...options }, target);
  t.after(() => server.close({ timeout: 0 }));
  return server;
}

async function startListener(t: TestContext, url: string, options: ListenTunnelOptions = {}): Promise<TunnelListener> {
  const listener = await listenTunnel(HERE, url, options);
  t.after(() => listener.close());
  return listener;
}

async function dial(t: TestContext, port: number | undefined): Promise<Socket> {
  assert.ok(port !== undefined);
  const socket = connectTcp({ port, host: '127.0.0.1', allowHalfOpen: true });
  t.after(() => socket.destroy());
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** A TCP connection that goes through a WebSocket connection to a target. */
async function tunnelTo(t: TestContext, target: Target, options: ListenTunnelOptions = {}): Promise<Socket> {
  const server = await startServer(t, target.place);
  return dial(t, (await startListener(t, server.url, options)).port);
}

async function readAll(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  await once(socket, 'end');
  return Buffer.concat(chunks);
}

describe('a tunnel', { timeout: 30_000 }, () => {
  for (const subprotocol of ['binary', 'base64'] as const) {
    it(`carries megabytes there and back with ${subprotocol}`, async (t) => {
      const target = await startTarget(t, (socket) => socket.pipe(socket));
      const socket = await tunnelTo(t, target, { subprotocols: [subprotocol] });
      const bytes = randomBytes(3_000_001, 1);
      const chunks: Buffer[] = [];
      let size = 0;

      socket.write(bytes);
      for await (const chunk of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        chunks.push(chunk);
        size += chunk.length;
        if (size === bytes.length) socket.end();
      }

      assert.equal(Buffer.compare(Buffer.concat(chunks), bytes), 0);
    });
  }

  it('delivers what was on its way when the client ends, and ends the target', async (t) => {
    const target = await startTarget(t);
    const socket = await tunnelTo(t, target);
    const bytes = randomBytes(1_000_000, 2);

    socket.end(bytes);

    assert.equal(Buffer.compare(await readAll(await target.sockets.take()), bytes), 0);
  });

  it('delivers what was on its way when the target ends, and ends the client', async (t) => {
    const bytes = randomBytes(1_000_000, 3);
    const target = await startTarget(t, (socket) => socket.end(bytes));
    const socket = await tunnelTo(t, target);

    assert.equal(Buffer.compare(await readAll(socket), bytes), 0);
  });

  it('lets a target that goes on sending after the end send in vain, for some time', async (t) => {
    const target = await startTarget(t);
    const server = await startServer(t, target.place, { closeTimeout: 50 });
    const listener = await startListener(t, server.url);
    const socket = await dial(t, listener.port);
    socket.end('bye');
    const far = await target.sockets.take();
    assert.equal(String(await readAll(far)), 'bye');

    // Node looks for a reset only where something is read or written.
    while (!far.destroyed) {
      far.write('for nobody');
      await settle();
    }

    assert.ok(far.errored);
  });

  it('resets the client when the target resets', async (t) => {
    const target = await startTarget(t);
    const socket = await tunnelTo(t, target);
    const far = await target.sockets.take();

    const failed = once(socket, 'error');
    far.resetAndDestroy();
    socket.resume();

    assert.match(String(await failed), /ECONNRESET/);
  });

  it('resets the target when the client resets', async (t) => {
    const target = await startTarget(t);
    const socket = await tunnelTo(t, target);
    const far = await target.sockets.take();
    const failed = once(far, 'error');
    far.resume();

    socket.resetAndDestroy();

    assert.match(String(await failed), /ECONNRESET/);
  });

  it('takes no more than its other end reads', async (t) => {
    const target = await startTarget(t, (socket) => socket.pause());
    const server = await startServer(t, target.place, { highWaterMark: 1000 });
    const socket = await dial(t, (await startListener(t, server.url, { highWaterMark: 1000 })).port);
    const far = await target.sockets.take();
    const size = 50_000_000;

    socket.end(Buffer.alloc(size));
    for (let last = -1; last !== socket.bytesWritten - socket.writableLength;) {
      last = socket.bytesWritten - socket.writableLength;
      await settle();
    }
    const [connection] = server.connections;
    const waiting = connection?.stats.bytesReceived ?? Infinity;
    const received = readAll(far);
    far.resume();

    assert.ok(waiting < size / 2, String(waiting));
    assert.equal((await received).length, size);
  });

  it('goes over Unix domain sockets, at both ends', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-'));
    t.after(() => rm(folder, { recursive: true }));
    const targetPath = join(folder, 'target');
    const listenPath = join(folder, 'listen');
    const target = createServer((socket) => socket.pipe(socket)).listen(targetPath);
    t.after(() => target.close());
    await once(target, 'listening');
    const server = await startServer(t, { socketPath: targetPath });
    const listener = await listenTunnel({ socketPath: listenPath }, server.url);
    t.after(() => listener.close());
    const socket = connectTcp(listenPath);

    socket.write('Hello');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();

    assert.equal(String(answer), 'Hello');
    assert.equal(listener.address, listenPath);
    assert.equal(listener.port, undefined);
  });
});

describe('serveTunnel', { timeout: 30_000 }, () => {
  const CHOICES: [offered: string[], chosen: string | undefined][] = [
    [[], undefined],
    [['binary'], 'binary'],
    [['base64'], 'base64'],
    [['base64', 'binary'], 'binary'],
    [['chat'], undefined],
  ];
  for (const [offered, chosen] of CHOICES) {
    it(`answers ${chosen ?? 'no subprotocol'} to ${offered.join(', ') || 'none'}, and carries bytes`, async (t) => {
      const target = await startTarget(t, (socket) => socket.pipe(socket));
      const server = await startServer(t, target.place);
      const connection = await connect(server.url, { subprotocols: offered });

      await connection.send(chosen === 'base64' ? 'SGVsbG8=' : Buffer.from('Hello'));
      const answer = await connection.receive();

      assert.equal(connection.subprotocol, chosen);
      assert.equal(answer?.type, chosen === 'base64' ? 'text' : 'binary');
      assert.equal(await answer.text(), chosen === 'base64' ? 'SGVsbG8=' : 'Hello');
      await connection.close();
    });
  }

  it('takes base64 that is cut anywhere, in text and in binary messages', async (t) => {
    const target = await startTarget(t);
    const server = await startServer(t, target.place);
    const connection = await connect(server.url, { subprotocols: ['base64'] });

    await connection.send(['SG', 'VsbG', '8', '=']);
    await connection.send(Buffer.from('IQ'));
    void connection.close();

    assert.equal(String(await readAll(await target.sockets.take())), 'Hello!');
  });

  it('fails with 1007 for what is not base64, and resets the target', async (t) => {
    const target = await startTarget(t);
    const server = await startServer(t, target.place);
    const connection = await connect(server.url, { subprotocols: ['base64'] });
    const far = await target.sockets.take();
    const failed = once(far, 'error');
    far.resume();

    await connection.send('not base64!');

    assert.equal((await connection.closed).code, 1007);
    assert.match(String(await failed), /ECONNRESET/);
  });

  it('tells the client with 1011, onError and millrace:error when the target cannot be reached', async (t) => {
    const errors = new Inbox<Error>();
    const heard = hear(t, 'millrace:error');
    const place = { socketPath: join(tmpdir(), 'millrace-nobody-listens') };
    const server = await startServer(t, place, { onError: (error) => errors.put(error) });
    const connection = await connect(server.url);

    const { code, reason } = await connection.closed;

    assert.deepEqual([code, reason], [1011, 'the target cannot be reached']);
    const error = await errors.take();
    assert.ok(error instanceof TransportError);
    assert.match(error.message, /ENOENT/);
    const [told] = await heard.first(1);
    assert.equal(told?.error, error);
    assert.equal(told.connection?.role, 'server');
  });

  it('resets the target when the connection ends otherwise than with 1000', async (t) => {
    const target = await startTarget(t);
    const server = await startServer(t, target.place);
    const connection = await connect(server.url);
    const far = await target.sockets.take();
    const failed = once(far, 'error');
    far.resume();

    await connection.close(1001);

    assert.match(String(await failed), /ECONNRESET/);
  });

  it('leads where the application says, and refuses whom it refuses', async (t) => {
    const one = await startTarget(t);
    const server = await startServer(t, (request) => {
      if (request.path !== '/one') throw new ConnectionDeny(404, 'no such target');
      return one.place;
    });
    const base = server.url.replace(/\/$/, '');

    const connection = await connect(`${base}/one`);
    await connection.send('to one');
    void connection.close();

    assert.equal(String(await readAll(await one.sockets.take())), 'to one');
    await assert.rejects(connect(`${base}/two`), { status: 404 });
  });

  it('tells its misuse', async () => {
    await assert.rejects(serveTunnel({ ...HERE, highWaterMark: -1 }, { port: 1 }), LocalUsageError);
  });
});

describe('listenTunnel', { timeout: 30_000 }, () => {
  it('resets clients where no WebSocket connection can be had, and tells why', async (t) => {
    const errors = new Inbox<Error>();
    const heard = hear(t, 'millrace:error');
    const url = `ws+unix://${join(tmpdir(), 'millrace-nobody-listens')}`;
    const listener = await startListener(t, url, { onError: (error) => errors.put(error) });
    const socket = connectTcp({ port: Number(listener.port), host: '127.0.0.1' });
    socket.resume();

    assert.match(String(await once(socket, 'error')), /ECONNRESET/);
    const error = await errors.take();
    assert.ok(error instanceof TransportError);
    const [told] = await heard.first(1);
    assert.deepEqual(told, { error, connection: undefined });
  });

  it('ends its connections when it is closed, also those that are being opened', async (t) => {
    const target = await startTarget(t);
    const server = await startServer(t, target.place);
    const listener = await listenTunnel(HERE, server.url);
    const open = await dial(t, listener.port);
    await target.sockets.take();
    const silent = await startTarget(t);
    const waiting = await listenTunnel(HERE, `ws://127.0.0.1:${String('port' in silent.place && silent.place.port)}`);
    const opening = await dial(t, waiting.port);
    await silent.sockets.take();
    open.resume();
    opening.resume();

    const closed = [open, opening].map((socket) => new Promise((resolve) => socket.once('close', resolve)));
    await Promise.all([listener.close(), waiting[Symbol.asyncDispose]()]);
    await Promise.all(closed);

    assert.equal(listener.port, undefined);
    await listener.close();
  });

  it('fails with 1007 for what the server sends that is not base64', async (t) => {
    const codes = new Inbox<number>();
    const server = await serve({ ...HERE, subprotocols: ['base64'] }, async (connection) => {
      await connection.send('?');
      codes.put((await connection.closed).code);
    });
    t.after(() => server.close());
    const listener = await startListener(t, server.url, { subprotocols: ['base64'] });
    const socket = await dial(t, listener.port);
    socket.resume();

    assert.equal(await codes.take(), 1007);
  });

  it('tells its misuse', async (t) => {
    const target = await startTarget(t);
    const port = 'port' in target.place ? target.place.port : 0;

    await assert.rejects(listenTunnel(HERE, 'gopher://localhost'), LocalUsageError);
    await assert.rejects(listenTunnel(HERE, 'ws://localhost', { highWaterMark: -1 }), LocalUsageError);
    await assert.rejects(listenTunnel({ ...HERE, port }, 'ws://localhost'), TransportError);
  });
});
