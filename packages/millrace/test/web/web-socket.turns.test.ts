import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it, type TestContext } from 'node:test';

import { WebSocket, WebSocketStream } from '../../src/web/index.ts';
import { Inbox } from '../helpers/inbox.ts';
import { startServing, turns } from '../helpers/message-peers.ts';
import { connectRaw, listenRaw } from '../helpers/raw-peer.ts';

interface SlowServer {
  readonly url: string;
  /** Lets the opening handshakes go on that have come, by their paths. */
  readonly asked: Inbox<{ readonly path: string; readonly accept: () => void }>;
}

/** A server that answers an opening handshake when a test says so. */
async function startSlowServer(t: TestContext): Promise<SlowServer> {
  const asked: SlowServer['asked'] = new Inbox();
  const onConnect = ({ path }: { readonly path: string }): Promise<undefined> =>
    new Promise((resolve) => asked.put({ path, accept: () => resolve(undefined) }));
  const server = await startServing(
    t,
    async (connection) => {
      await connection.closed;
    },
    { onConnect, path: /./, allowedOrigins: '*' },
  );
  return { url: server.url, asked };
}

describe('The opening handshakes of a page', { timeout: 30_000 }, () => {
  it('are under way one at a time to an address and port, whoever asks for them', async (t) => {
    const { url, asked } = await startSlowServer(t);
    const first = new WebSocket(`${url}1`);
    const second = new WebSocketStream(`${url}2`);
    const third = new WebSocket(`${url.replace('127.0.0.1', 'localhost')}3`);
    const one = await asked.take();
    await turns(20);
    assert.deepEqual([one.path, asked.size], ['/1', 0]);

    one.accept();
    await once(first, 'open');
    const two = await asked.take();
    await turns(20);
    assert.deepEqual([two.path, asked.size], ['/2', 0]);
    two.accept();
    await second.opened;
    const three = await asked.take();
    three.accept();
    await once(third, 'open');

    assert.equal(three.path, '/3');
    for (const each of [first, second, third]) each.close();
  });

  it('go on behind one that has failed, and behind one that was given up in the line or before', async (t) => {
    const { url, asked } = await startSlowServer(t);
    const first = new WebSocket(`${url}1`);
    const second = new WebSocket(`${url}2`);
    const third = new WebSocket(`${url}3`, { protocols: ['refused'] });
    const fourth = new WebSocket(`${url}4`);
    const closed = Promise.all([once(first, 'close'), once(second, 'close')]);
    const one = await asked.take();

    second.close();
    first.close();
    await closed;
    one.accept();
    const three = await asked.take();
    three.accept();
    await once(third, 'close');
    const four = await asked.take();
    four.accept();
    await once(fourth, 'open');

    assert.deepEqual(
      [one, three, four].map(({ path }) => path),
      ['/1', '/3', '/4'],
    );
    fourth.close();
  });

  it('have their time from when their turn has come', async (t) => {
    const { url, asked } = await startSlowServer(t);
    const first = new WebSocket(`${url}1`, { handshakeTimeout: 1000 });
    // As long, from the same moment on, it would fail with the first.
    const second = new WebSocket(`${url}2`, { handshakeTimeout: 1000 });

    await once(first, 'close');
    const [one, two] = await asked.takeAll(2);
    two?.accept();
    await once(second, 'open');

    assert.deepEqual([one?.path, two?.path], ['/1', '/2']);
    second.close();
  });

  it('are under way at once where the option says so', async (t) => {
    const { url, asked } = await startSlowServer(t);
    const sockets = [1, 2, 3].map((path) => new WebSocket(`${url}${String(path)}`, { concurrentHandshakes: true }));

    const all = await asked.takeAll(3);
    for (const { accept } of all) accept();
    await Promise.all(sockets.map((socket) => once(socket, 'open')));

    for (const socket of sockets) socket.close();
  });

  it('do not wait for connections that are open, nor for other façades', async (t) => {
    const { url, peers } = await listenRaw(t);
    const open = new WebSocket(url);
    await once(open, 'open');
    await peers.take();
    await connectRaw(t, url);

    const other = new WebSocket(url);
    await once(other, 'open');

    open.close();
    other.close();
  });
});
