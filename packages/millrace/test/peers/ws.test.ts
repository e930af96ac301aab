import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { it, type TestContext } from 'node:test';

import { WebSocket, WebSocketServer, type RawData, type ServerOptions } from 'ws';

import { MAX_FRAME_LENGTH, MessageType, WebSocketClientProtocol, WebSocketServerProtocol } from '../../src/index.ts';
import { selfSignedCertificate } from '../helpers/certificate.ts';
import { describeInBothWays, startClient, startServer } from '../helpers/hook-peers.ts';
import { Inbox } from '../helpers/inbox.ts';
import { randomBytes } from '../helpers/random.ts';
import { MIB, SIZES, letters, same, someBytes } from './payloads.ts';

interface WsMessage {
  readonly data: Uint8Array;
  readonly isBinary: boolean;
}

function toBytes(data: RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}

/** Both ends of a connection; what `ws` gets stands in `messages`. */
interface Pair {
  readonly ours: WebSocketServerProtocol | WebSocketClientProtocol;
  readonly theirs: WebSocket;
  readonly messages: Inbox<WsMessage>;
  readonly received: Inbox<string | Uint8Array>;
  readonly closed: Inbox<string>;
}

function listen(theirs: WebSocket): Inbox<WsMessage> {
  const messages = new Inbox<WsMessage>();
  theirs.on('message', (data, isBinary) => messages.put({ data: toBytes(data), isBinary }));
  theirs.on('error', () => undefined);
  return messages;
}

async function startWsServer(
  t: TestContext,
  options: ServerOptions = {},
): Promise<{ url: string; sockets: Inbox<WebSocket> }> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', ...options });
  const sockets = new Inbox<WebSocket>();
  server.on('connection', (socket) => sockets.put(socket));
  await once(server, 'listening');
  t.after(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `ws://127.0.0.1:${String(port)}`, sockets };
}

describeInBothWays('With ws', (reading) => {
  type Open = (t: TestContext) => Promise<Pair>;

  const asServer: Open = async (t) => {
    const [received, closed, opened] = [
      new Inbox<string | Uint8Array>(),
      new Inbox<string>(),
      new Inbox<WebSocketServerProtocol>(),
    ];
    class Server extends WebSocketServerProtocol {
      override onOpen(): void {
        opened.put(this);
      }
      override onMessage(payload: string | Uint8Array): void {
        received.put(payload);
      }
      override onClose(wasClean: boolean, code: number, reason: string): void {
        closed.put(`${String(wasClean)} ${String(code)} ${reason}`);
      }
    }
    const server = await startServer(t, Server, reading);
    const theirs = new WebSocket(server.url, { perMessageDeflate: true });
    t.after(() => theirs.terminate());
    const messages = listen(theirs);
    await once(theirs, 'open');
    return { ours: await opened.take(), theirs, messages, received, closed };
  };

  const asClient: Open = async (t) => {
    const [received, closed] = [new Inbox<string | Uint8Array>(), new Inbox<string>()];
    class Client extends WebSocketClientProtocol {
      override onMessage(payload: string | Uint8Array): void {
        received.put(payload);
      }
      override onClose(wasClean: boolean, code: number, reason: string): void {
        closed.put(`${String(wasClean)} ${String(code)} ${reason}`);
      }
    }
    const server = await startWsServer(t, { perMessageDeflate: true });
    const ours = await startClient(t, server.url, Client, reading);
    const theirs = await server.sockets.take();
    return { ours, theirs, messages: listen(theirs), received, closed };
  };

  for (const [role, open] of [
    ['a server', asServer],
    ['a client', asClient],
  ] as const) {
    it(`${role} exchanges text and binary of every size`, async (t) => {
      const { ours, theirs, messages, received } = await open(t);
      for (const size of SIZES) {
        const bytes = someBytes(size);
        const text = letters(size);

        ours.sendMessage(bytes);
        theirs.send(bytes);
        const binary = await messages.take();
        assert.ok(binary.isBinary && same(binary.data, bytes), `${String(size)} bytes`);
        assert.ok(same(await received.take(), bytes));

        ours.sendMessage(text);
        theirs.send(text);
        const string = await messages.take();
        assert.ok(!string.isBinary && Buffer.from(string.data).toString() === text, `${String(size)} letters`);
        assert.ok((await received.take()) === text);
      }
    });

    it(`${role} exchanges fragments, with pings between them`, async (t) => {
      const { ours, theirs, messages, received } = await open(t);
      const parts = [70_000, 0, 1, 126].map((size) => randomBytes(size, size + 3));
      const whole = Buffer.concat(parts);

      ours.sendMessage(whole, { fragmentSize: 1000 });
      assert.ok(same((await messages.take()).data, whole));

      ours.beginMessage(MessageType.BINARY);
      for (const part of parts) {
        ours.sendMessageFrame(part);
        ours.sendPing(part.subarray(0, 10));
      }
      ours.endMessage();
      assert.ok(same((await messages.take()).data, whole));

      ours.beginMessage(MessageType.BINARY);
      ours.beginMessageFrame(whole.length, { final: true });
      for (let start = 0; start < whole.length; start += 999)
        ours.sendMessageFrameData(whole.subarray(start, start + 999));
      assert.ok(same((await messages.take()).data, whole));

      const pong = once(theirs, 'pong');
      parts.forEach((part, index) => {
        theirs.send(part, { fin: index === parts.length - 1, binary: true, compress: false });
        theirs.ping(part.subarray(0, 10));
      });
      assert.ok(same(await received.take(), whole));
      await pong;
    });

    for (const [name, close, atOurs, atTheirs] of [
      ['us', ({ ours }: Pair) => ours.sendClose(3001, 'grüße'), 'true 3001 grüße', '3001 grüße'],
      ['us, with nothing', ({ ours }: Pair) => ours.sendClose(), 'true 1005 ', '1005 '],
      ['ws', ({ theirs }: Pair) => theirs.close(4000, 'bye'), 'true 4000 bye', '4000 bye'],
      ['ws, with nothing', ({ theirs }: Pair) => theirs.close(), 'true 1005 ', '1005 '],
    ] as const) {
      it(`${role} is closed by ${name}`, async (t) => {
        const pair = await open(t);
        const end = new Promise<string>((resolve) => {
          pair.theirs.once('close', (code, reason) => resolve(`${String(code)} ${reason.toString()}`));
        });

        close(pair);

        assert.equal(await pair.closed.take(), atOurs);
        assert.equal(await end, atTheirs);
      });
    }

    it(`${role} learns of a terminated connection`, async (t) => {
      const { theirs, closed } = await open(t);

      theirs.terminate();

      assert.match(await closed.take(), /^false 1006 /);
    });

    it(`${role} that announces 2^63−1 bytes is refused, and learns why`, async (t) => {
      const { ours, closed } = await open(t);

      ours.beginMessage(MessageType.BINARY);
      ours.beginMessageFrame(MAX_FRAME_LENGTH);

      assert.match(await closed.take(), /^false 1006 /);
    });
  }

  it('a message of 8 MiB arrives as a stream', async (t) => {
    const done = new Inbox<number>();
    class Server extends WebSocketServerProtocol {
      #size = 0;
      override onMessageFrameData(payload: Uint8Array): void {
        this.#size += payload.length;
      }
      override onMessageEnd(): void {
        done.put(this.#size);
      }
    }
    const server = await startServer(t, Server, reading);
    const theirs = new WebSocket(server.url);
    await once(theirs, 'open');

    theirs.send(new Uint8Array(8 * MIB));

    assert.equal(await done.take(), 8 * MIB);
    theirs.terminate();
  });

  it('a subprotocol is agreed on, in both roles', async (t) => {
    class Server extends WebSocketServerProtocol {
      override onConnect(): string {
        return 'second';
      }
    }
    const server = await startServer(t, Server, reading);
    const theirs = new WebSocket(server.url, ['first', 'second']);
    await once(theirs, 'open');
    assert.equal(theirs.protocol, 'second');
    theirs.terminate();

    const { url } = await startWsServer(t, { handleProtocols: () => 'second' });
    const ours = await startClient(t, url, class extends WebSocketClientProtocol {}, {
      ...reading,
      subprotocols: ['first', 'second'],
    });
    assert.equal(ours.subprotocol, 'second');
  });

  it('wss works', async (t) => {
    const tls = await selfSignedCertificate();
    class Server extends WebSocketServerProtocol {
      override onMessage(payload: string | Uint8Array): void {
        this.sendMessage(payload);
      }
    }
    const server = await startServer(t, Server, { ...reading, tls });
    const theirs = new WebSocket(server.url, { ca: tls.cert });
    const messages = listen(theirs);
    await once(theirs, 'open');

    for (const size of SIZES.filter((each) => each <= MIB)) {
      const payload = randomBytes(size, 9);
      theirs.send(payload);
      assert.ok(same((await messages.take()).data, payload));
    }
    theirs.terminate();
  });
});
