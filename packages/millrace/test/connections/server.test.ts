import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';

import { LocalUsageError } from '../../src/index.ts';
import { describeInBothWays } from '../helpers/hook-peers.ts';
import { CLOSE, startConnection, startServing, until } from '../helpers/message-peers.ts';
import { connectRaw } from '../helpers/raw-peer.ts';

describeInBothWays('A WebSocketServer', (reading) => {
  it('closes its connections with 1001, or as it is told, and waits for them', async (t) => {
    for (const [options, frame] of [
      [undefined, '88: 03 e9'],
      [{ code: 4000, reason: 'x' }, '88: 0f a0 78'],
    ] as const) {
      const server = await startServing(t, {}, reading);
      const peer = await connectRaw(t, server.url);
      await until(() => server.connections.size === 1);

      let isClosed = false;
      const closing = server.close(options).then(() => (isClosed = true));
      assert.deepEqual(await peer.describe(1), [frame]);
      assert.equal(isClosed, false);
      peer.send(CLOSE);
      await closing;

      assert.equal(server.connections.size, 0);
      await server.close();
    }
  });

  it('drops connections that do not end in time', async (t) => {
    const server = await startServing(
      t,
      async (connection) => {
        await connection.closed;
      },
      reading,
    );
    const peer = await connectRaw(t, server.url, { halfOpen: true });
    await until(() => server.connections.size === 1);

    await server.close({ timeout: 20 });

    await peer.ended;
    assert.equal(server.connections.size, 0);
  });

  it('listens no more once it is closed', async (t) => {
    const server = await startServing(t, {}, reading);
    assert.equal(server.url, `ws://127.0.0.1:${String(server.port)}/`);
    const { url, port } = server;
    assert.ok(port !== undefined && typeof server.address === 'object');

    await server[Symbol.asyncDispose]();

    assert.deepEqual([server.port, server.url, server.address], [undefined, '', undefined]);
    await assert.rejects(startConnection(t, url, reading));
  });

  it('closes nothing when told what it cannot do', async (t) => {
    const server = await startServing(t, {}, reading);
    const connection = await startConnection(t, server.url, reading);

    await assert.rejects(server.close({ code: 1006 }), LocalUsageError);
    await assert.rejects(server.close({ timeout: NaN }), LocalUsageError);

    assert.equal(connection.state, 'open');
  });

  it('listens on a Unix domain socket', { skip: process.platform === 'win32' }, async (t) => {
    const socketPath = join(tmpdir(), `millrace-${String(process.pid)}-${String(reading.sharedReadBuffer)}`);
    const server = await startServing(t, async (connection) => connection.send('hi'), { ...reading, socketPath });
    assert.deepEqual([server.port, server.address], [undefined, socketPath]);

    const connection = await startConnection(t, `ws+unix:${socketPath}`, reading);

    assert.equal(await (await connection.receive())?.text(), 'hi');
    assert.equal(connection.peer, '');
  });
});
