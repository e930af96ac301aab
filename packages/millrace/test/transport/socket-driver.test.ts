import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Socket } from 'node:net';
import { PassThrough, type Duplex } from 'node:stream';
import { describe, it, type TestContext } from 'node:test';

import { ReadyState, WebSocketClientProtocol, WebSocketServerProtocol } from '../../src/index.ts';
import { concat, hex, toHex } from '../helpers/bytes.ts';
import { frame } from '../helpers/frames.ts';
import { describeInBothWays, startClient, startServer } from '../helpers/hook-peers.ts';
import { openClientInMemory, openServerInMemory } from '../helpers/in-memory.ts';
import { Inbox } from '../helpers/inbox.ts';
import { Journal } from '../helpers/journal.ts';
import { PlainClient, openedServers } from '../helpers/plain-protocols.ts';
import { connectRaw, listenRaw } from '../helpers/raw-peer.ts';

const KEY = '01 02 03 04';
const text = (payload: string, byte0 = 0x81): Uint8Array => frame({ byte0, payload: Buffer.from(payload), key: KEY });
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A server that echoes, and writes to a journal. */
function echoing(journal: Journal): new () => WebSocketServerProtocol {
  return class extends WebSocketServerProtocol {
    override onMessage(payload: string | Uint8Array): void {
      journal.write(`message ${String(payload)}`);
      this.sendMessage(payload);
    }
    override onClose(wasClean: boolean, code: number, reason: string): void {
      journal.write(`close ${String(wasClean)} ${String(code)} ${reason}`);
    }
  };
}

describe('SocketDriver, over any stream', () => {
  it('writes once for what one received chunk led to', () => {
    const { socket } = openServerInMemory({ protocol: echoing(new Journal()) });

    socket.arrive(concat(Array.from({ length: 10 }, (_, index) => text(String(index)))));
    socket.read();

    assert.equal(socket.writes.length, 1);
    assert.equal(socket.written.length, 30);
  });

  it('writes once for what is sent until nothing is ready to run any more', async () => {
    const { protocol, socket } = openServerInMemory();

    for (let index = 0; index < 10; index++) {
      protocol.sendMessage(String(index));
      await Promise.resolve();
    }
    protocol.sendPing();
    assert.equal(socket.writes.length, 0);
    await turn();
    assert.deepEqual([socket.writes.length, socket.written.length], [1, 32]);
    protocol.sendMessage('later');
    await turn();

    assert.equal(socket.writes.length, 2);
  });

  it('hands over about 64 KiB at a time, and the next when they are written', async () => {
    const { protocol, socket } = openServerInMemory();
    socket.isBlocked = true;

    for (let count = 0; count < 20; count++) protocol.sendMessage(new Uint8Array(10_000));
    protocol.sendPing(hex('61'));
    await turn();
    assert.deepEqual(
      socket.writes.map(({ length }) => length),
      [3 + 7 * 10_004],
    );
    // It overtakes what waits.
    protocol.sendPong(hex('62'));
    while (protocol.bufferedAmount > 0) {
      socket.finishWrite();
      await turn();
    }

    assert.equal(toHex(socket.writes[1]!.subarray(0, 3)), '8a 01 62');
    assert.deepEqual(
      socket.writes.map(({ length }) => length),
      [3 + 7 * 10_004, 3 + 7 * 10_004, 6 * 10_004],
    );
  });

  it('does not modify the chunks of a stream, which may be somebody else’s', async () => {
    const journal = new Journal();
    const { socket } = openServerInMemory({ protocol: echoing(journal) });
    const chunk = concat([text('first'), text('x'.repeat(1000))]);
    const before = Uint8Array.from(chunk);

    socket.arrive(chunk);
    await journal.has('message', 2);

    assert.equal(Buffer.compare(chunk, before), 0);
  });

  it('takes what was read before it starts, then what follows', async () => {
    const journal = new Journal();
    const first = text('first');
    const { socket } = openServerInMemory({ protocol: echoing(journal) }, first.subarray(0, 3));
    socket.arrive(first.subarray(3));
    socket.arrive(text('second'));
    await journal.has('message second');

    assert.deepEqual(journal.lines, ['message first', 'message second']);
  });

  it('ends a server’s side when both Close frames are there, and waits for the end of the other', async () => {
    const journal = new Journal();
    const { protocol, socket } = openServerInMemory({ protocol: echoing(journal) });

    socket.arrive(frame({ byte0: 0x88, payload: hex('03 e8'), key: KEY }));
    await turn();
    assert.equal(socket.writableFinished, true);
    assert.equal(protocol.state, ReadyState.CLOSING);
    assert.deepEqual(journal.lines, []);
    socket.arriveEnd();
    await journal.has('close');

    assert.deepEqual(journal.lines, ['close true 1000 ']);
  });

  it('ends a client’s side only after the server’s', async () => {
    const { protocol, socket } = openClientInMemory();

    protocol.sendClose(1000);
    socket.arrive(hex('88 02 03 e8'));
    await turn();
    assert.equal(socket.writableEnded, false);
    socket.arriveEnd();
    await once(socket, 'close');

    assert.equal(protocol.state, ReadyState.CLOSED);
  });

  it('writes all that was sent before it ends its side', async () => {
    const { protocol, socket } = openServerInMemory();
    socket.isBlocked = true;

    for (let count = 0; count < 20; count++) protocol.sendMessage(new Uint8Array(10_000));
    protocol.sendClose(1000);
    socket.arrive(frame({ byte0: 0x88, payload: hex('03 e8'), key: KEY }));
    await turn();
    assert.equal(socket.writableEnded, false);
    socket.unblock();
    await once(socket, 'finish');

    assert.equal(socket.written.length, 20 * 10_004 + 4);
    assert.equal(toHex(socket.written.subarray(-4)), '88 02 03 e8');
  });

  it('reads and discards what follows a violation, up to 16 MiB', async () => {
    const journal = new Journal();
    const { socket } = openServerInMemory({ protocol: echoing(journal) });

    socket.arrive(hex('81 00'));
    await turn();
    assert.match(toHex(socket.written), /^88 [0-9a-f]{2} 03 ea/);
    for (let count = 0; count < 16; count++) {
      assert.equal(socket.destroyed, false);
      socket.arrive(new Uint8Array(1024 * 1024 + 1));
      await turn();
    }
    assert.equal(socket.destroyed, true);
    await journal.has('close');

    assert.match(journal.lines[0] ?? '', /^close false 1006 unmasked frame/);
  });

  const ERRORS: [name: string, arrange: (socket: Duplex) => void][] = [
    ['an error', (socket) => socket.destroy(new Error('broken'))],
    ['an end of writing', (socket) => socket.end()],
    ['a destroyed stream', (socket) => socket.destroy()],
    ['an end', (socket) => socket.push(null)],
  ];
  for (const [name, arrange] of ERRORS) {
    it(`closes once after ${name}, at whatever moment`, async () => {
      for (const moment of ['idle', 'sending', 'inside a message', 'closing', 'failed'] as const) {
        const journal = new Journal();
        const { protocol, socket } = openServerInMemory({ protocol: echoing(journal), onError: () => undefined });
        if (moment === 'sending') socket.isBlocked = true;
        if (moment === 'sending') protocol.sendMessage(new Uint8Array(200_000));
        if (moment === 'inside a message') protocol.beginMessage();
        if (moment === 'inside a message') protocol.beginMessageFrame(10);
        if (moment === 'closing') protocol.sendClose(1000);
        if (moment === 'failed') socket.arrive(hex('81 00'));
        await turn();

        arrange(socket);
        protocol.sendMessage('more');
        if (name === 'an end of writing') socket.push(null);
        socket.unblock();
        await journal.has('close');
        protocol.sendMessage('still more');
        await turn();

        assert.equal(journal.lines.length, 1, moment);
        assert.match(journal.lines[0] ?? '', /^close false 1006 /, moment);
        assert.equal(protocol.state, ReadyState.CLOSED);
      }
    });
  }

  it('sets one timer, which messages do not touch', async (t) => {
    const timers = t.mock.method(globalThis, 'setTimeout');
    const cleared = t.mock.method(globalThis, 'clearTimeout');
    const { protocol, socket } = openServerInMemory({ protocol: echoing(new Journal()), keepAlive: {} });
    const before = timers.mock.callCount();
    const clearedBefore = cleared.mock.callCount();

    for (let count = 0; count < 100; count++) {
      socket.arrive(text('x'));
      protocol.sendMessage('y');
      await Promise.resolve();
    }
    await turn();

    assert.equal(before, 1);
    assert.equal(timers.mock.callCount(), before);
    assert.equal(cleared.mock.callCount(), clearedBefore);
    protocol.dropConnection();
    await once(socket, 'close');
    assert.equal(timers.mock.callCount(), before);
  });

  it('sets no timer where none is needed', (t) => {
    const timers = t.mock.method(globalThis, 'setTimeout');

    const { protocol } = openServerInMemory();

    assert.equal(timers.mock.callCount(), 0);
    protocol.dropConnection();
  });
});

/** A socket that counts its writes and reads. */
class CountingSocket extends Socket {
  writes = 0;
  override _write(chunk: unknown, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.writes++;
    super._write(chunk, encoding, done);
  }
  override _writev(chunks: { chunk: unknown; encoding: BufferEncoding }[], done: (error?: Error | null) => void): void {
    this.writes++;
    super._writev?.(chunks, done);
  }
}

async function countingClient(
  t: TestContext,
  options: object,
): Promise<{ client: PlainClient; socket: CountingSocket; url: string }> {
  const raw = await listenRaw(t);
  const socket = new CountingSocket();
  const createConnection = (): Socket => socket.connect(Number(new URL(raw.url).port), '127.0.0.1');
  const client = await startClient(t, raw.url, PlainClient, { ...options, createConnection });
  return { client, socket, url: raw.url };
}

describeInBothWays('SocketDriver, over a socket', (reading) => {
  it('writes once for what was sent together, large and small', async (t) => {
    const { client, socket } = await countingClient(t, reading);
    const before = socket.writes;

    for (let index = 0; index < 10; index++) client.sendMessage(String(index));
    client.sendMessage(new Uint8Array(10_000));
    client.sendPing();
    await turn();

    assert.equal(socket.writes, before + 1);
  });

  it('has the sender wait while receiving is paused: the buffers of the kernel fill', async (t) => {
    const { Server, opened } = openedServers();
    const server = await startServer(t, Server, reading);
    const client = await startClient(t, server.url, PlainClient, { ...reading, maxBufferedAmount: 1024 * 1024 * 1024 });
    const protocol = await opened.take();

    protocol.pauseReceiving();
    const block = new Uint8Array(1024 * 1024);
    for (let sent = 0; client.bufferedAmount === 0 || sent < 32; sent++) {
      client.sendMessage(block);
      await turn();
    }
    for (let before = -1; before !== client.bufferedAmount;) {
      before = client.bufferedAmount;
      for (let count = 0; count < 20; count++) await turn();
    }
    assert.ok(client.bufferedAmount > 0);
    assert.equal(protocol.stats.messagesReceived, 0);
    protocol.resumeReceiving();
    while (client.bufferedAmount > 0) await turn();

    assert.equal(client.state, ReadyState.OPEN);
  });

  it('goes on sending after the peer has ended its side behind its Close', async (t) => {
    const { Server, opened } = openedServers();
    const server = await startServer(t, Server, reading);
    const peer = await connectRaw(t, server.url, { halfOpen: true });
    const protocol = await opened.take();

    protocol.beginMessage();
    protocol.beginMessageFrame(200_000);
    protocol.sendMessageFrameData(new Uint8Array(100_000));
    peer.socket.end(frame({ byte0: 0x88, payload: hex('03 e8'), key: KEY }));
    while (protocol.state === ReadyState.OPEN) await turn();
    for (let count = 0; count < 5; count++) await turn();
    protocol.sendMessageFrameData(new Uint8Array(100_000));

    assert.equal((await peer.frames.take()).payload.length, 200_000);
    assert.deepEqual(await peer.describe(1), ['88: 03 e8']);
    await peer.ended;
  });

  it('goes on sending at a client, too, after the server has ended its side behind its Close', async (t) => {
    const raw = await listenRaw(t, { halfOpen: true });
    const client = await startClient(t, raw.url, PlainClient, reading);
    const peer = await raw.peers.take();

    client.beginMessage();
    client.beginMessageFrame(2);
    peer.socket.end(hex('88 02 03 e8'));
    while (client.state === ReadyState.OPEN) await turn();
    for (let count = 0; count < 5; count++) await turn();
    client.sendMessageFrameData(hex('61 62'));

    assert.deepEqual(await peer.describe(2), ['01: 61 62', '88: 03 e8']);
  });

  it('ends cleanly when the peer goes away behind its Close', async (t) => {
    const journal = new Journal();
    const server = await startServer(t, echoing(journal), reading);
    const peer = await connectRaw(t, server.url);

    peer.send(frame({ byte0: 0x88, payload: hex('03 e8'), key: KEY }));
    await peer.frames.take();
    peer.socket.resetAndDestroy();
    await journal.has('close');

    assert.deepEqual(journal.lines, ['close true 1000 ']);
  });

  it('survives a reset at each moment of a message', async (t) => {
    const bytes = concat([text('abc', 0x01), text('p', 0x89), text('def', 0x80)]);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const journal = new Journal();
      const server = await startServer(t, echoing(journal), reading);
      const peer = await connectRaw(t, server.url);

      peer.socket.write(bytes.subarray(0, cut), () => peer.socket.resetAndDestroy());
      await journal.has('close');

      assert.match(journal.lines.at(-1) ?? '', /^close false 1006 the (transport failed|peer ended)/);
      assert.equal(server.connections.size, 0);
    }
  });

  it('is done with a socket that was destroyed before it was handed over', async (t) => {
    const journal = new Journal();
    class Client extends WebSocketClientProtocol {
      #socket: Socket | undefined;
      override onConnect(): Promise<void> {
        this.#socket = sockets.pop();
        this.#socket?.destroy();
        return turn();
      }
      override onOpen(): void {
        journal.write('open');
      }
      override onClose(_wasClean: boolean, code: number): void {
        journal.write(`close ${String(code)}`);
      }
    }
    const raw = await listenRaw(t);
    const sockets: Socket[] = [];
    const createConnection = (): Socket => {
      const socket = new Socket().connect(Number(new URL(raw.url).port), '127.0.0.1');
      sockets.push(socket);
      return socket;
    };

    await startClient(t, raw.url, Client, { ...reading, createConnection });
    await journal.has('close');

    assert.deepEqual(journal.lines, ['open', 'close 1006']);
  });

  it('drops at once: nothing more is written or called', async (t) => {
    const journal = new Journal();
    class Server extends echoing(journal) {
      override onOpen(): void {
        this.sendMessage('lost');
        this.dropConnection();
        this.dropConnection();
      }
    }
    const server = await startServer(t, Server, reading);
    await connectRaw(t, server.url, { behind: text('unheard') });
    await journal.has('close');

    assert.match(journal.lines.at(-1) ?? '', /^close false 1006/);
    assert.equal(server.connections.size, 0);
  });

  it('works for a client over a stream that is no socket', async (t) => {
    const journal = new Journal();
    const server = await startServer(t, echoing(journal), reading);
    const echoed = new Inbox<string | Uint8Array>();
    class Client extends WebSocketClientProtocol {
      override onMessage(payload: string | Uint8Array): void {
        echoed.put(payload);
      }
    }
    const createConnection = (): Duplex => {
      const socket = new Socket().connect(Number(new URL(server.url).port), '127.0.0.1');
      const [up, down] = [new PassThrough(), new PassThrough()];
      up.pipe(socket).pipe(down);
      return duplex(up, down);
    };

    const client = await startClient(t, server.url, Client, { ...reading, createConnection });
    for (const size of [1, 1000, 300_000]) {
      client.sendMessage('x'.repeat(size));
      assert.equal((await echoed.take()).length, size);
    }
    client.sendClose(1000);
    await journal.has('close');

    assert.equal(journal.lines.at(-1), 'close true 1000 ');
  });
});

function duplex(writable: PassThrough, readable: PassThrough): Duplex {
  return PassThrough.from({ writable, readable });
}
