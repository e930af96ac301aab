import assert from 'node:assert/strict';
import { spawn, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { connect as connectTcp, createServer, type AddressInfo, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

import { connect, serve } from '../../src/index.ts';

const CHILD = fileURLToPath(new URL('children/listening-server.js', import.meta.url));

/** Starts a server in a process of its own; gives what it tells, line by line. */
function startServer(t: TestContext, script: string, stdio: StdioOptions): () => Promise<string> {
  const child = spawn('sh', ['-c', script, process.execPath, CHILD], { stdio });
  t.after(() => child.kill('SIGKILL'));
  const stdout: Readable = child.stdout ?? assert.fail();
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  return async () => String((await lines.next()).value);
}

async function open(t: TestContext, port: number, count: number): Promise<Socket[]> {
  const sockets = Array.from({ length: count }, () => connectTcp(port, '127.0.0.1').on('error', () => undefined));
  t.after(() => sockets.forEach((socket) => socket.destroy()));
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  return sockets;
}

async function echoes(url: string): Promise<boolean> {
  const connection = await connect(url);
  await connection.send('hello');
  const answer = await (await connection.receive())?.text();
  await connection.close();
  return answer === 'hello';
}

describe('Listening', () => {
  it('reports that there are no file descriptors left for new connections, and goes on when there are', async (t) => {
    const next = startServer(t, 'ulimit -n 300; exec "$0" "$1"', ['ignore', 'pipe', 'inherit']);
    const port = Number((await next()).replace('listening ', ''));

    const sockets = await open(t, port, 330);
    // Node.js closes those that it cannot take, and says nothing.
    await Promise.race(sockets.map((socket) => once(socket.resume(), 'close')));
    const problem = 'new connections are dropped, for no file descriptor is left: EMFILE: too many open files';
    assert.ok((await next()).startsWith(`millrace:error ${problem}`));
    assert.ok((await next()).startsWith(`error ${problem}`));
    for (const socket of sockets) socket.destroy();

    assert.equal(await echoes(`ws://127.0.0.1:${String(port)}`), true);
  });

  it('takes the socket that systemd hands over', async (t) => {
    const listening = createServer().listen(0, '127.0.0.1');
    await once(listening, 'listening');
    t.after(() => listening.close());
    const handle: unknown = Reflect.get(listening, '_handle');
    const fd = typeof handle === 'object' && handle !== null ? Number(Reflect.get(handle, 'fd')) : -1;
    const { port } = listening.address() as AddressInfo;
    const script = 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$0" "$1" systemd';

    const next = startServer(t, script, ['ignore', 'pipe', 'inherit', fd]);

    assert.equal(await next(), `listening ${String(port)}`);
  });

  it('stops when its signal is aborted, and leaves connections alone', async (t) => {
    const controller = new AbortController();
    const server = await serve({ host: '127.0.0.1', port: 0, signal: controller.signal }, async (connection) => {
      for await (const message of connection) await connection.send(await message.text());
    });
    t.after(() => server.close({ timeout: 0 }));
    const { url } = server;
    const connection = await connect(url);

    controller.abort();

    await assert.rejects(connect(url), { name: 'TransportError' });
    await connection.send('still here');
    assert.equal(await (await connection.receive())?.text(), 'still here');
    await connection.close();
  });
});
