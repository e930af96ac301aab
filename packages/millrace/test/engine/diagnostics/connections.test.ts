import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { describe, it, type TestContext } from 'node:test';

import {
  WebSocketClientFactory,
  WebSocketClientProtocol,
  WebSocketServerFactory,
  WebSocketServerProtocol,
  connect,
  connectWS,
  listenWS,
  serve,
  subscribeDiagnostics,
  upgrade,
  wrap,
  type FrameMessage,
} from '../../../src/index.ts';
import { createDuplexPair } from '../../../src/testing/index.ts';
import { WebSocket } from '../../../src/web/index.ts';
import { hear } from '../../helpers/diagnostics.ts';
import { until } from '../../helpers/message-peers.ts';
import { connectRaw } from '../../helpers/raw-peer.ts';

/** Sends a text from the client, gets it back, and closes (1000): over each façade. */
const FACADES: [name: string, exchange: (t: TestContext) => Promise<void>][] = [
  [
    'connections',
    async (t) => {
      const server = await serve({ port: 0 }, async (connection) => {
        for await (const message of connection) await connection.send(await message.text());
      });
      t.after(() => server.close());
      const connection = await connect(server.url);
      await connection.send('a');
      await (await connection.receive())?.text();
      await connection.close();
    },
  ],
  [
    'callbacks',
    async (t) => {
      const server = await serve({ port: 0 }, { message: (connection, data) => connection.send(data) });
      t.after(() => server.close());
      const connection = await connect(server.url, {}, { message: (client) => void client.close() });
      await connection.send('a');
      await connection.closed;
    },
  ],
  [
    'classes',
    async (t) => {
      class Server extends WebSocketServerProtocol {
        override onMessage(payload: string | Uint8Array): void {
          this.sendMessage(payload);
        }
      }
      class Client extends WebSocketClientProtocol {
        override onOpen(): void {
          this.sendMessage('a');
        }
        override onMessage(): void {
          this.sendClose(1000);
        }
      }
      const listener = await listenWS(new WebSocketServerFactory('ws://localhost:0', { protocol: Server }));
      t.after(() => listener.close());
      const client = await connectWS(new WebSocketClientFactory(listener.url, { protocol: Client }));
      await until(() => client.closure !== undefined);
    },
  ],
  [
    'the web, and a socket that was upgraded by hand',
    async (t) => {
      const http = createServer().listen(0, '127.0.0.1');
      await once(http, 'listening');
      t.after(() => http.close());
      http.on('upgrade', (request, socket, head) => {
        void upgrade(request, socket, head, {}, async (connection) => {
          for await (const message of connection) await connection.send(await message.text());
        });
      });
      const address = http.address();
      assert.ok(typeof address === 'object' && address !== null);
      const socket = new WebSocket(`ws://127.0.0.1:${address.port}`);
      socket.onopen = () => socket.send('a');
      socket.onmessage = () => socket.close(1000);
      await once(socket, 'close');
    },
  ],
  [
    'streams that were wrapped',
    async () => {
      const [near, far] = createDuplexPair();
      const [client, server] = [wrap(near, 'client'), wrap(far, 'server')];
      await client.send('a');
      await server.send((await (await server.receive())?.text()) ?? '');
      await client.receive();
      await client.close();
    },
  ],
];

function describeMessage({ connection, opcode, fin, masked, payloadLength }: FrameMessage): string {
  return [connection.role, opcode, fin, masked, payloadLength].join(' ');
}

describe('The diagnostics channels', { concurrency: 1 }, () => {
  for (const [name, exchange] of FACADES) {
    it(`tell of connections and frames of ${name}`, async (t) => {
      const [opened, closed] = [hear(t, 'millrace:connection:open'), hear(t, 'millrace:connection:close')];
      const [received, sent] = [hear(t, 'millrace:frame:in'), hear(t, 'millrace:frame:out')];

      await exchange(t);

      const both = await closed.first(2);
      const [one, other] = await opened.first(2);
      assert.deepEqual([one?.connection.role, other?.connection.role].sort(), ['client', 'server']);
      for (const { connection, closure, duration } of both) {
        assert.equal(closure.code, 1000);
        assert.ok(duration !== undefined && duration > 0);
        assert.ok(connection === one?.connection || connection === other?.connection);
        assert.equal(connection.stats.messagesReceived, 1);
      }
      const client = (lines: FrameMessage[]): string[] =>
        lines.filter(({ connection }) => connection.role === 'client').map(describeMessage);
      const server = (lines: FrameMessage[]): string[] =>
        lines.filter(({ connection }) => connection.role === 'server').map(describeMessage);
      assert.deepEqual(client(sent.messages), ['client 1 true true 1', 'client 8 true true 2']);
      assert.deepEqual(server(received.messages), ['server 1 true true 1', 'server 8 true true 2']);
      assert.deepEqual(server(sent.messages), ['server 1 true false 1', 'server 8 true false 2']);
      assert.deepEqual(client(received.messages), ['client 1 true false 1', 'client 8 true false 2']);
    });
  }

  it('tell of a frame that breaks a rule, and how the connection ended for it', async (t) => {
    const [received, closed] = [hear(t, 'millrace:frame:in'), hear(t, 'millrace:connection:close')];
    const server = await serve({ port: 0 }, {});
    t.after(() => server.close());
    const peer = await connectRaw(t, server.url);

    peer.send(Uint8Array.of(0xf1, 0x80, 0, 0, 0, 0));

    const [frame] = await received.first(1);
    assert.equal(frame?.reservedBits, 0b111);
    const [end] = await closed.first(1);
    assert.equal(end?.closure.sent?.code, 1002);
  });

  it('let subscribers call whatever they like, without any effect on the order of frames', async (t) => {
    const texts: string[] = [];
    const server = await serve({ port: 0 }, { message: (_connection, data) => void texts.push(String(data)) });
    t.after(() => server.close());
    const client = await connect(server.url, { fragmentSize: 1 });
    let count = 0;
    t.after(
      subscribeDiagnostics('millrace:frame:out', ({ connection, opcode }) => {
        if (connection.role !== 'client' || opcode === 8 || ++count > 6) return;
        void client.send('xy');
      }),
    );

    await client.send('ab');
    await until(() => count > 6);
    await client.close();

    await until(() => server.connections.size === 0);
    assert.deepEqual(texts, ['ab', ...Array<string>(6).fill('xy')]);
  });

  it('run their subscribers in the async context of the connection', async (t) => {
    const storage = new AsyncLocalStorage<string>();
    const seen = new Set<string | undefined>();
    t.after(
      subscribeDiagnostics('millrace:frame:in', ({ connection }) => {
        if (connection.role === 'server') seen.add(storage.getStore());
      }),
    );
    const onConnect = ({ path }: { path: string }): void => storage.enterWith(path);
    const server = await serve({ port: 0, onConnect }, {});
    t.after(() => server.close());

    const clients = await Promise.all(['a', 'b'].map((path) => connect(`${server.url}${path}`)));
    await Promise.all(clients.map((client) => client.send('x')));
    await Promise.all(clients.map((client) => client.close()));

    assert.deepEqual([...seen].sort(), ['/a', '/b']);
  });

  it('tell of what the application throws, with its connection, and of errors about none', async (t) => {
    const heard = hear(t, 'millrace:error');
    const server = await serve(
      {
        port: 0,
        onConnect: ({ path }) => {
          if (path === '/early') throw new Error('early');
        },
        onError: () => undefined,
      },
      () => Promise.reject(new Error('late')),
    );
    t.after(() => server.close());

    const client = await connect(server.url);
    await client.closed;
    await assert.rejects(connect(`${server.url}early`));

    const [late, early] = await heard.first(2);
    assert.equal(late?.error.message, 'late');
    assert.equal(late.connection?.role, 'server');
    assert.equal(early?.error.message, 'early');
    assert.equal(early.connection, undefined);
  });

  it('do not know how long a connection was open that nobody watched', async (t) => {
    const server = await serve({ port: 0 }, {});
    t.after(() => server.close());
    const client = await connect(server.url);
    const closed = hear(t, 'millrace:connection:close');

    await client.close();

    for (const { duration } of await closed.first(2)) assert.equal(duration, undefined);
  });

  it('are left alone when a subscriber has gone', async (t) => {
    let count = 0;
    const stop = subscribeDiagnostics('millrace:connection:open', () => count++);
    const server = await serve({ port: 0 }, {});
    t.after(() => server.close());
    await (await connect(server.url)).close();
    assert.equal(count, 2);

    stop();
    stop();
    await (await connect(server.url)).close();

    assert.equal(count, 2);
  });
});
