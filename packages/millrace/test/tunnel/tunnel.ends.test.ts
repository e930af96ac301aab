import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectTcp, createServer, type AddressInfo, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { describe, it, type TestContext } from 'node:test';

import { serve, wrap, type WebSocketConnection } from '../../src/index.ts';
import { listenTunnel, serveTunnel } from '../../src/tunnel/index.ts';
import { tunnel } from '../../src/tunnel/tunnel.ts';
import { hex } from '../helpers/bytes.ts';
import { Inbox } from '../helpers/inbox.ts';
import { sent, until } from '../helpers/message-peers.ts';
import { connectRaw } from '../helpers/raw-peer.ts';
import { settle } from '../helpers/wrapped-pair.ts';

const HERE = { host: '127.0.0.1', port: 0 };

/** Nobody is given up for being silent: only what is tested may end a tunnel. */
const OPTIONS = { closeTimeout: 50, keepAlive: false, highWaterMark: 1000 } as const;

/** Both ends of a TCP connection, as `tunnel` wants them. */
async function connectedSockets(t: TestContext): Promise<{ readonly socket: Socket; readonly far: Socket }> {
  const server = createServer({ allowHalfOpen: true }).listen(HERE);
  await once(server, 'listening');
  const socket = connectTcp({ ...HERE, port: (server.address() as AddressInfo).port, allowHalfOpen: true });
  socket.on('error', () => undefined);
  const [far] = (await once(server, 'connection')) as [Socket];
  far.on('error', () => undefined);
  t.after(() => {
    socket.destroy();
    far.destroy();
    server.close();
  });
  return { socket, far };
}

/** A connection whose peer reads nothing. */
function stuckConnection(): { readonly connection: WebSocketConnection; readonly stream: Duplex } {
  const stream = new Duplex({ read: () => undefined, write: () => undefined, final: () => undefined });
  return { connection: wrap(stream, 'server', OPTIONS), stream };
}

/** Writes to a socket until it takes no more. */
async function fill(socket: Socket): Promise<void> {
  const written = (): number => socket.bytesWritten - socket.writableLength;
  for (let last = -1; last !== written();) {
    last = written();
    if (socket.writableLength === 0) socket.write(new Uint8Array(1_000_000));
    await settle();
  }
}

describe('The end of a tunnel', () => {
  it('comes when the WebSocket side is gone, though the TCP side reads nothing', async (t) => {
    const accepted = new Inbox<WebSocketConnection>();
    const server = await serve({ ...HERE, ...OPTIONS }, async (connection) => {
      accepted.put(connection);
      await connection.closed;
    });
    const listener = await listenTunnel(HERE, server.url, OPTIONS);
    const far = connectTcp({ ...HERE, port: Number(listener.port) });
    t.after(() => far.destroy());
    far.on('error', () => undefined);
    const connection = await accepted.take();
    // As much as the TCP side and all before it takes: it is stuck then.
    let sends = 0;
    const blocked = (async () => {
      for (; ; sends++) await connection.send(new Uint8Array(100_000));
    })().catch(() => undefined);
    for (let last = -1; last !== sends;) {
      last = sends;
      await settle();
    }

    connection.drop();
    await blocked;

    await listener.close();
    await server.close();
  });

  it('comes when the TCP side is gone, though the WebSocket side reads nothing', async (t) => {
    const sockets = new Inbox<Socket>();
    const target = createServer((socket) => sockets.put(socket.on('error', () => undefined))).listen(HERE);
    await once(target, 'listening');
    t.after(() => target.close());
    const server = await serveTunnel({ ...HERE, ...OPTIONS }, target.address() as AddressInfo);
    t.after(() => server.close({ timeout: 0 }));
    const peer = await connectRaw(t, server.url);
    peer.socket.pause();
    const far = await sockets.take();
    await fill(far);

    far.resetAndDestroy();
    // Node looks for a reset only where something is read or written.
    while (server.connections.size > 0) {
      peer.send(sent('x', 0x82));
      await settle();
    }

    assert.equal((await server.close()).handlersRunning, 0);
  });

  it('comes behind the last bytes of the TCP side, though the WebSocket side does not take them', async (t) => {
    const { socket, far } = await connectedSockets(t);
    const { connection } = stuckConnection();
    const ended = tunnel(connection, socket, 50);

    far.write(new Uint8Array(5000));
    // The end comes when nobody reads any more.
    await until(() => connection.bufferedAmount >= 5000);
    far.end();
    await ended;

    const { initiator, wasClean, unsentBytes } = await connection.closed;
    assert.deepEqual({ initiator, wasClean }, { initiator: 'application', wasClean: false });
    assert.ok(unsentBytes >= 5000, String(unsentBytes));
  });

  it('comes in time, though the TCP side says nothing and does not end', async (t) => {
    const { socket, far } = await connectedSockets(t);
    const { connection, stream } = stuckConnection();
    const ended = tunnel(connection, socket, 50);
    far.resume();

    stream.push(hex('88 80 00 00 00 00'));
    stream.push(null);
    await ended;

    assert.equal(socket.destroyed, true);
  });

  it('leaves no timer behind', async (t) => {
    const { socket, far } = await connectedSockets(t);
    const { connection, stream } = stuckConnection();
    // The process of this test would wait for it.
    const ended = tunnel(connection, socket, 10 * 60_000);
    far.resetAndDestroy();
    stream.destroy();

    await ended;
  });
});
