import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { it } from 'node:test';

import {
  LocalUsageError,
  WebSocketClientProtocol,
  WebSocketServerProtocol,
  type ServerFactoryOptions,
} from '../../src/index.ts';
import { hex } from '../helpers/bytes.ts';
import { describeInBothWays, startClient, startServer } from '../helpers/hook-peers.ts';
import { Inbox } from '../helpers/inbox.ts';
import { Journal } from '../helpers/journal.ts';
import { journalingServers } from '../helpers/journaling-server.ts';
import { PlainServer, openedServers } from '../helpers/plain-protocols.ts';
import { connectRaw, listenRaw } from '../helpers/raw-peer.ts';

type Ends = Record<'client' | 'server', WebSocketClientProtocol | WebSocketServerProtocol>;

describeInBothWays('The closing handshake', (reading) => {
  const CLOSES: [name: string, close: (ends: Ends) => void, server: string, client: string][] = [
    [
      'the server, with a code and a reason',
      ({ server }) => server.sendClose(3000, 'bye'),
      'true 3000 bye',
      'true 3000 bye',
    ],
    ['the server, with nothing', ({ server }) => server.sendClose(), 'true 1005 ', 'true 1005 '],
    [
      'the client, with a code and a reason',
      ({ client }) => client.sendClose(4999, 'grüße'),
      'true 4999 grüße',
      'true 4999 grüße',
    ],
    ['the client, with a code alone', ({ client }) => client.sendClose(1010), 'true 1010 ', 'true 1010 '],
    ['the client, with nothing', ({ client }) => client.sendClose(), 'true 1005 ', 'true 1005 '],
    [
      'both at once',
      ({ client, server }) => {
        client.sendClose(1001, 'from the client');
        server.sendClose(1012, 'from the server');
      },
      'true 1001 from the client',
      'true 1012 from the server',
    ],
    [
      'one, and again',
      ({ client }) => {
        client.sendClose(1000, 'first');
        client.sendClose(1001, 'second');
      },
      'true 1000 first',
      'true 1000 first',
    ],
    [
      'one, after messages that are still on their way',
      ({ client, server }) => {
        for (const end of [client, server])
          for (let count = 0; count < 50; count++) end.sendMessage(new Uint8Array(10_000));
        client.sendClose(1000);
      },
      'true 1000 ',
      'true 1000 ',
    ],
  ];
  for (const [name, close, atServer, atClient] of CLOSES) {
    it(`is completed when it is begun by ${name}`, async (t) => {
      const opened = new Inbox<WebSocketServerProtocol>();
      const closed = { client: new Inbox<string>(), server: new Inbox<string>() };
      class Server extends WebSocketServerProtocol {
        override onOpen(): void {
          opened.put(this);
        }
        override onClose(wasClean: boolean, code: number, reason: string): void {
          closed.server.put(`${String(wasClean)} ${String(code)} ${reason}`);
        }
      }
      class Client extends WebSocketClientProtocol {
        override onClose(wasClean: boolean, code: number, reason: string): void {
          closed.client.put(`${String(wasClean)} ${String(code)} ${reason}`);
        }
      }
      const listener = await startServer(t, Server, reading);
      const client = await startClient(t, listener.url, Client, reading);

      close({ client, server: await opened.take() });

      assert.equal(await closed.server.take(), atServer);
      assert.equal(await closed.client.take(), atClient);
      await listener.close();
      assert.equal(closed.server.size + closed.client.size, 0);
    });
  }

  it('delivers what the peer still sends before its Close', async (t) => {
    const journal = new Journal();
    const opened = new Inbox<WebSocketServerProtocol>();
    class Server extends journalingServers(journal).message {
      override onOpen(): void {
        opened.put(this);
      }
    }
    const listener = await startServer(t, Server, reading);
    const peer = await connectRaw(t, listener.url);

    (await opened.take()).sendClose(1000);
    await peer.frames.take();
    peer.sendFrame({ byte0: 0x81, payload: hex('61') });
    peer.sendFrame({ byte0: 0x88, payload: hex('03 e9') });
    await journal.has('close');

    assert.deepEqual(journal.lines, ['message "a" text', 'close clean 1001']);
  });

  it('is given up after closeTimeout when a server is not answered, or a client not ended', async (t) => {
    const journal = new Journal();
    const listener = await startServer(
      t,
      class extends journalingServers(journal).message {
        override onOpen(): void {
          this.sendClose(1000);
        }
      },
      { ...reading, closeTimeout: 20 },
    );
    const peer = await connectRaw(t, listener.url);
    await journal.has('close');
    await peer.closed();
    assert.deepEqual(journal.lines, [
      'close unclean 1006 the closing handshake took longer than the option closeTimeout allows',
    ]);

    class Client extends WebSocketClientProtocol {
      override onClose(wasClean: boolean, code: number): void {
        journal.write(`client ${String(wasClean)} ${String(code)}`);
      }
    }
    const raw = await listenRaw(t);
    const client = await startClient(t, raw.url, Client, { ...reading, closeTimeout: 20 });
    const server = await raw.peers.take();
    client.sendClose(1000);
    await server.frames.take();
    server.send(hex('88 02 03 e8'));
    await journal.has('client');

    // Both Close frames were there, so it was clean.
    assert.equal(journal.lines.at(-1), 'client true 1000');
  });

  const ENDS: [name: string, end: (peer: Awaited<ReturnType<typeof connectRaw>>) => void, reason: RegExp][] = [
    ['ends without Close', (peer) => peer.socket.end(), /the peer ended the transport without a Close frame/],
    ['ends inside a frame', (peer) => peer.socket.end(hex('82 85 01 02 03 04 05')), /the peer ended the transport/],
    ['resets', (peer) => peer.socket.resetAndDestroy(), /the transport failed: read ECONNRESET/],
  ];
  for (const [name, end, reason] of ENDS) {
    it(`is missing when the peer ${name}: that is unclean`, async (t) => {
      const journal = new Journal();
      const listener = await startServer(t, journalingServers(journal).message, reading);

      end(await connectRaw(t, listener.url));
      await journal.has('close');

      assert.match(journal.lines.at(-1) ?? '', new RegExp(`^close unclean 1006 ${reason.source}`));
      assert.equal(listener.connections.size, 0);
    });
  }
});

describeInBothWays('WebSocketListener.close', (reading) => {
  it('sends 1001 to each connection, and resolves when all are over', async (t) => {
    const { Server, opened } = openedServers();
    const listener = await startServer(t, Server, reading);
    const clients = await Promise.all([1, 2, 3].map(() => startClient(t, listener.url, WebSocketClientEnd, reading)));
    await opened.takeAll(3);

    const closing = [listener.close(), listener.close()];
    for (const client of clients) assert.equal(await client.closed.take(), 'true 1001 ');
    await Promise.all(closing);

    assert.equal(listener.connections.size, 0);
    assert.equal(listener.url, '');
    assert.equal(listener.port, undefined);
    await listener.close();
  });

  it('says the code and reason that it is given', async (t) => {
    const { Server, opened } = openedServers();
    const listener = await startServer(t, Server, reading);
    const client = await startClient(t, listener.url, WebSocketClientEnd, reading);
    await opened.take();

    await listener.close({ code: 1012, reason: 'back soon' });

    assert.equal(await client.closed.take(), 'true 1012 back soon');
  });

  it('drops connections that do not answer', async (t) => {
    for (const options of [{ closeTimeout: 20 }, {}] as Partial<ServerFactoryOptions>[]) {
      const journal = new Journal();
      const listener = await startServer(t, journalingServers(journal).message, { ...reading, ...options });
      const peers = await Promise.all([1, 2].map(() => connectRaw(t, listener.url, { halfOpen: true })));

      await listener.close(options.closeTimeout === undefined ? { timeout: 20 } : {});
      for (const peer of peers) await peer.ended;

      assert.equal(journal.lines.filter((line) => line.startsWith('close unclean 1006')).length, 2);
    }
  });

  it('refuses what it cannot send, and goes on listening', async (t) => {
    const listener = await startServer(t, PlainServer, reading);

    for (const options of [
      { code: 999 },
      { reason: 'x'.repeat(124) },
      { timeout: -1 },
      { timeout: NaN },
      { timeout: Infinity },
      { timeout: 2 ** 31 },
    ]) {
      await assert.rejects(listener.close(options), LocalUsageError);
    }

    await connectRaw(t, listener.url);
  });

  it('ends handshakes that are under way', async (t) => {
    const asked = new Inbox<string>();
    class Slow extends WebSocketServerProtocol {
      override onConnect(): Promise<void> {
        asked.put('asked');
        return new Promise(() => undefined);
      }
    }
    const listener = await startServer(t, Slow, reading);
    const connecting = connectRaw(t, listener.url);
    await asked.take();

    await listener.close();

    assert.match((await connecting).head, /^HTTP\/1\.1 503 /);
  });

  it('lets go of an HTTP server that it was attached to', async (t) => {
    const http = createServer((_request, response) => response.end('page'));
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    t.after(() => http.close());
    const { Server, opened } = openedServers();
    const listener = await startServer(t, Server, { ...reading, server: http });
    const { url } = listener;
    const client = await startClient(t, url, WebSocketClientEnd, reading);
    await opened.take();

    await listener.close();

    assert.equal(await client.closed.take(), 'true 1001 ');
    assert.equal(http.listenerCount('upgrade'), 0);
    assert.equal(await (await fetch(url.replace('ws:', 'http:'))).text(), 'page');
    await startServer(t, Server, { ...reading, server: http });
  });
});

/** A client that says how it was closed. */
class WebSocketClientEnd extends WebSocketClientProtocol {
  readonly closed = new Inbox<string>();
  override onClose(wasClean: boolean, code: number, reason: string): void {
    this.closed.put(`${String(wasClean)} ${String(code)} ${reason}`);
  }
}
