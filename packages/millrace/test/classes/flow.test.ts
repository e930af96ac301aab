import assert from 'node:assert/strict';
import { it } from 'node:test';

import { ReadyState, WebSocketClientProtocol, WebSocketServerProtocol } from '../../src/index.ts';
import { NO_STATS } from '../../src/protocol/connection/host.ts';
import { concat, hex } from '../helpers/bytes.ts';
import { frame } from '../helpers/frames.ts';
import { describeInBothWays, startClient, startServer } from '../helpers/hook-peers.ts';
import { Inbox } from '../helpers/inbox.ts';
import { Journal } from '../helpers/journal.ts';
import { PlainClient, openedServers } from '../helpers/plain-protocols.ts';
import { randomBytes } from '../helpers/random.ts';
import { connectRaw } from '../helpers/raw-peer.ts';

const KEY = '01 02 03 04';
const text = (payload: string, byte0 = 0x81): Uint8Array => frame({ byte0, payload: Buffer.from(payload), key: KEY });
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describeInBothWays('pauseReceiving', (reading) => {
  it('holds at once, in the middle of a chunk and of a frame, until resumeReceiving', async (t) => {
    const journal = new Journal();
    class Pausing extends WebSocketServerProtocol {
      override onMessageFrameData(payload: Uint8Array): void {
        journal.write(`data ${Buffer.from(payload).toString()}`);
        this.pauseReceiving();
      }
      override onMessageFrameEnd(): void {
        journal.write('frameEnd');
      }
      override onMessageEnd(): void {
        journal.write('messageEnd');
      }
      override onPing(): void {
        journal.write('ping');
      }
    }
    const server = await startServer(t, Pausing, reading);
    const peer = await connectRaw(t, server.url);

    peer.send(concat([text('ab', 0x01), text('', 0x89), text('c', 0x80), text('d')]));
    await journal.has('data ab');
    for (let times = 0; times < 5; times++) await turn();
    const [protocol] = server.connections;
    const seen = [[...journal.lines]];
    for (const data of ['data c', 'data d']) {
      protocol?.resumeReceiving();
      await journal.has(data);
      seen.push([...journal.lines]);
    }
    protocol?.resumeReceiving();
    await journal.has('messageEnd', 2);

    assert.deepEqual(seen, [
      ['data ab'],
      ['data ab', 'frameEnd', 'ping', 'data c'],
      ['data ab', 'frameEnd', 'ping', 'data c', 'frameEnd', 'messageEnd', 'data d'],
    ]);
  });

  it('is one pause however often it is called, and does nothing to sending', async (t) => {
    const journal = new Journal();
    class Pausing extends WebSocketServerProtocol {
      override onOpen(): void {
        this.pauseReceiving();
        this.pauseReceiving();
      }
      override onMessage(payload: string | Uint8Array): void {
        journal.write(`message ${String(payload)}`);
      }
    }
    const server = await startServer(t, Pausing, reading);
    const peer = await connectRaw(t, server.url, { behind: text('a') });
    peer.send(text('b'));
    const [protocol] = server.connections;

    protocol?.sendMessage('out');
    assert.deepEqual(await peer.describe(1), ['81: 6f 75 74']);
    assert.deepEqual(journal.lines, []);
    protocol?.resumeReceiving();
    await journal.has('message b');

    assert.deepEqual(journal.lines, ['message a', 'message b']);
  });

  it('stops reading, so that the peer has to wait', async (t) => {
    const { Server, opened } = openedServers();
    const server = await startServer(t, Server, reading);
    const peer = await connectRaw(t, server.url);
    const protocol = await opened.take();
    const block = text('x'.repeat(65_536));

    protocol.pauseReceiving();
    let sent = 0;
    for (let buffered = -1; buffered !== peer.socket.writableLength || buffered === 0;) {
      buffered = peer.socket.writableLength;
      if (buffered === 0) {
        for (let times = 0; times < 16; times++) {
          peer.send(block);
          sent += block.length;
        }
      }
      for (let times = 0; times < 20; times++) await turn();
    }
    assert.ok(protocol.stats.bytesReceived <= 2 * 1024 * 1024);
    // The first one is more than readAhead.
    assert.equal(protocol.stats.messagesReceived, 1);
    protocol.resumeReceiving();
    peer.send(text('', 0x89));
    await peer.describe(1);

    assert.equal(protocol.stats.bytesReceived, sent + 6);
    assert.equal(protocol.stats.messagesReceived * block.length, sent);
  });

  it('does not keep the connection from closing: what is unread is discarded', async (t) => {
    const journal = new Journal();
    class Pausing extends WebSocketServerProtocol {
      override onMessage(payload: string | Uint8Array): void {
        journal.write(`message ${String(payload)}`);
        this.pauseReceiving();
        this.sendClose(1000);
      }
      override onClose(wasClean: boolean, code: number): void {
        journal.write(`close ${String(wasClean)} ${String(code)}`);
      }
    }
    const server = await startServer(t, Pausing, reading);
    const peer = await connectRaw(t, server.url);

    peer.send(concat([text('a'), text('b'), frame({ byte0: 0x88, payload: hex('03 e9'), key: KEY })]));
    await journal.has('close');

    assert.deepEqual(journal.lines, ['message a', 'close true 1001']);
  });

  it('holds back what came right behind the opening handshake, and the socket with it', async (t) => {
    const { Server, opened } = openedServers();
    class Pausing extends Server {
      override onMessage(): void {
        this.pauseReceiving();
      }
    }
    const server = await startServer(t, Pausing, reading);
    const peer = await connectRaw(t, server.url, { behind: text('first') });
    const protocol = await opened.take();
    const block = text('x'.repeat(1024 * 1024));

    for (let count = 0; count < 24; count++) peer.send(block);
    for (let received = -1; received !== protocol.stats.bytesReceived;) {
      received = protocol.stats.bytesReceived;
      for (let times = 0; times < 20; times++) await turn();
    }

    assert.equal(protocol.stats.messagesReceived, 1);
    assert.ok(protocol.stats.bytesReceived <= 2 * 1024 * 1024);
  });
});

describeInBothWays('Sending faster than the peer reads', (reading) => {
  it('is told by false, by bufferedAmount, and at the end by onDrain', async (t) => {
    const journal = new Journal();
    const opened = new Inbox<WebSocketServerProtocol>();
    class Server extends WebSocketServerProtocol {
      override onOpen(): void {
        opened.put(this);
      }
      override onDrain(): void {
        journal.write(`drain at ${String(this.bufferedAmount)}`);
      }
    }
    const server = await startServer(t, Server, { ...reading, highWaterMark: 1000 });
    const peer = await connectRaw(t, server.url);
    const protocol = await opened.take();

    const results = [
      protocol.sendMessage(new Uint8Array(100)),
      protocol.sendMessage(new Uint8Array(894)),
      protocol.sendMessage(new Uint8Array(1)),
      protocol.sendMessage(new Uint8Array(1)),
    ];
    assert.equal(protocol.bufferedAmount, 102 + 898 + 3 + 3);
    await journal.has('drain');
    results.push(protocol.sendMessage('x'));
    await peer.frames.takeAll(5);

    assert.deepEqual(results, [true, true, false, false, true]);
    assert.deepEqual(journal.lines, ['drain at 0']);
    assert.equal(protocol.bufferedAmount, 0);
  });

  it('ends the connection with 1008 above maxBufferedAmount', async (t) => {
    const journal = new Journal();
    const opened = new Inbox<WebSocketServerProtocol>();
    class Server extends WebSocketServerProtocol {
      override onOpen(): void {
        opened.put(this);
      }
      override onClose(wasClean: boolean, code: number, reason: string): void {
        journal.write(`close ${String(wasClean)} ${String(code)} ${reason}`);
      }
    }
    const server = await startServer(t, Server, { ...reading, maxBufferedAmount: 5000, highWaterMark: 2000 });
    const peer = await connectRaw(t, server.url);
    const protocol = await opened.take();

    // An empty buffer takes any message.
    assert.equal(protocol.sendMessage(new Uint8Array(6000)), false);
    assert.equal(protocol.state, ReadyState.OPEN);
    assert.equal(protocol.sendMessage(new Uint8Array(1)), false);
    assert.equal(protocol.state, ReadyState.CLOSING);
    const { payload } = await peer.frames.take();
    await journal.has('close');

    assert.deepEqual([...payload.subarray(0, 2)], [0x03, 0xf0]);
    assert.match(journal.lines[0] ?? '', /^close false 1006 .*maxBufferedAmount/);
  });

  it('counts what waits behind an open message only towards maxBufferedAmount', async (t) => {
    const { Server, opened } = openedServers();
    const server = await startServer(t, Server, { ...reading, highWaterMark: 1000 });
    const peer = await connectRaw(t, server.url);
    const protocol = await opened.take();

    protocol.beginMessage();
    assert.equal(protocol.sendMessage(new Uint8Array(5000)), true);
    assert.equal(protocol.bufferedAmount, 5000);
    protocol.endMessage();

    assert.equal((await peer.frames.takeAll(2))[1]?.payload.length, 5000);
  });
});

describeInBothWays('A connection', (reading) => {
  it('has its state, at both ends', async (t) => {
    const states: string[] = [];
    const closed = new Inbox<string>();
    class Server extends WebSocketServerProtocol {
      override onConnect(): void {
        states.push(`connect ${String(this.state)}`);
      }
      override onOpen(): void {
        states.push(`open ${String(this.state)}`);
      }
      override onMessage(): void {
        this.sendClose(1000);
        states.push(`closing ${String(this.state)}`);
      }
      override onClose(): void {
        states.push(`close ${String(this.state)}`);
        closed.put('server');
      }
    }
    class Client extends WebSocketClientProtocol {
      readonly first = this.state;
      override onClose(): void {
        assert.equal(this.state, ReadyState.CLOSED);
        closed.put('client');
      }
    }
    const server = await startServer(t, Server, reading);
    const client = await startClient(t, server.url, Client, reading);

    assert.equal(client.first, ReadyState.CONNECTING);
    assert.equal(client.state, ReadyState.OPEN);
    client.sendMessage('x');
    await closed.takeAll(2);

    assert.deepEqual(states, ['connect 0', 'open 1', 'closing 2', 'close 3']);
  });

  it('counts what goes in and out', async (t) => {
    const { Server, opened } = openedServers();
    const server = await startServer(t, Server, reading);
    const peer = await connectRaw(t, server.url);
    const protocol = await opened.take();
    assert.deepEqual(protocol.stats, NO_STATS);
    assert.deepEqual(new Server().stats, NO_STATS);

    protocol.sendMessage('abcd', { fragmentSize: 2 });
    peer.send(concat([text('ab', 0x01), text('c', 0x80), text('', 0x89)]));
    await peer.describe(3);

    assert.deepEqual(protocol.stats, {
      ...NO_STATS,
      bytesReceived: 8 + 7 + 6,
      bytesSent: 4 + 4 + 2,
      framesReceived: 3,
      framesSent: 3,
      frameBytesReceived: 3,
      frameBytesSent: 4,
      messagesReceived: 1,
      messagesSent: 1,
      messageBytesReceived: 3,
      messageBytesSent: 4,
    });
  });
});

describeInBothWays('A prepared message', (reading) => {
  it('goes to any number of connections, of servers and clients, between other messages', async (t) => {
    const received = new Inbox<string | Uint8Array>();
    const opened = new Inbox<WebSocketServerProtocol>();
    class Server extends WebSocketServerProtocol {
      override onOpen(): void {
        opened.put(this);
      }
      override onMessage(payload: string | Uint8Array): void {
        received.put(payload);
      }
    }
    const server = await startServer(t, Server, reading);
    const peers = await Promise.all([1, 2, 3].map(() => connectRaw(t, server.url)));
    const protocols = await opened.takeAll(3);
    const client = await startClient(t, server.url, PlainClient, reading);
    const payload = randomBytes(100_000, 1);

    const [factory] = protocols.map((protocol) => protocol.factory);
    assert.ok(factory !== undefined);
    const prepared = [
      factory.prepareMessage('text'),
      factory.prepareMessage(payload),
      factory.prepareMessage(hex('61'), { binary: false }),
    ];
    // They are copies.
    const before = Uint8Array.from(payload);
    payload.fill(0);
    for (const protocol of protocols) {
      protocol.beginMessage();
      for (const message of prepared) protocol.sendPreparedMessage(message);
      protocol.sendMessageFrame(hex('62'), { final: true });
    }
    for (const message of prepared) client.sendPreparedMessage(message);

    for (const peer of peers) {
      const frames = await peer.frames.takeAll(4);
      assert.deepEqual(
        frames.map(({ byte0 }) => byte0),
        [0x81, 0x81, 0x82, 0x81],
      );
      assert.equal(Buffer.compare(frames[2]!.payload, before), 0);
    }
    const [first, second, third] = await received.takeAll(3);
    assert.equal(first, 'text');
    assert.ok(second instanceof Uint8Array);
    assert.equal(Buffer.compare(second, before), 0);
    assert.equal(third, 'a');
  });
});
