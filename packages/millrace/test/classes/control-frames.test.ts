import assert from 'node:assert/strict';
import { it } from 'node:test';

import { MessageType, WebSocketServerProtocol } from '../../src/index.ts';
import { concat, hex } from '../helpers/bytes.ts';
import { frame } from '../helpers/frames.ts';
import { describeInBothWays, startClient, startServer } from '../helpers/hook-peers.ts';
import { Inbox } from '../helpers/inbox.ts';
import { Journal } from '../helpers/journal.ts';
import { journalingServers } from '../helpers/journaling-server.ts';
import { PlainClient, PlainServer, openedServers } from '../helpers/plain-protocols.ts';
import { connectRaw, describeFrame, listenRaw } from '../helpers/raw-peer.ts';

const ping = (payload: string): Uint8Array => frame({ byte0: 0x89, payload: Buffer.from(payload), key: '01 02 03 04' });

describeInBothWays('Pings', (reading) => {
  it('are answered with their payload, also between the frames of a message', async (t) => {
    const server = await startServer(t, PlainServer, reading);
    const peer = await connectRaw(t, server.url);

    for (const size of [0, 1, 125]) {
      peer.send(
        concat([
          frame({ byte0: 0x01, key: '01 02 03 04' }),
          ping('x'.repeat(size)),
          frame({ byte0: 0x80, key: '01 02 03 04' }),
        ]),
      );

      assert.equal(describeFrame(await peer.frames.take()), `8a: ${'78 '.repeat(size)}`.trimEnd());
    }
  });

  it('that come while a frame is being sent are answered after the frame', async (t) => {
    const pinged = new Inbox<WebSocketServerProtocol>();
    class Server extends WebSocketServerProtocol {
      override onOpen(): void {
        this.beginMessage(MessageType.BINARY);
        this.beginMessageFrame(4);
        this.sendMessageFrameData(hex('61 62'));
      }
      override onPing(payload: Uint8Array): void | Promise<void> {
        pinged.put(this);
        return super.onPing(payload);
      }
    }
    const server = await startServer(t, Server, reading);
    const peer = await connectRaw(t, server.url);

    peer.send(ping('p'));
    const protocol = await pinged.take();
    protocol.sendMessageFrameData(hex('63'));
    peer.send(ping('q'));
    await pinged.take();
    protocol.sendMessageFrameData(hex('64'));
    protocol.endMessage();

    assert.deepEqual(await peer.describe(3), ['02: 61 62 63 64', '8a: 71', '80:']);
  });

  it('are not answered where onPing does not call super', async (t) => {
    const pinged = new Inbox<Uint8Array>();
    class Server extends WebSocketServerProtocol {
      override onPing(payload: Uint8Array): void {
        pinged.put(payload);
      }
    }
    const server = await startServer(t, Server, reading);
    const peer = await connectRaw(t, server.url);

    peer.send(ping('p'));
    assert.deepEqual(await pinged.take(), hex('70'));
    peer.sendFrame({ byte0: 0x88, payload: hex('03 e8') });

    assert.deepEqual(await peer.describeAll(), ['88: 03 e8']);
  });

  it('of a flood are answered in bounded memory, while the peer does not read', async (t) => {
    const { Server, opened } = openedServers();
    const server = await startServer(t, Server, reading);
    const peer = await connectRaw(t, server.url);
    const protocol = await opened.take();
    peer.socket.pause();
    const flood = concat(new Array<Uint8Array>(20_000).fill(ping('x'.repeat(125))));

    for (let round = 1; round <= 8; round++) {
      peer.send(flood);
      while (protocol.stats.framesReceived < round * 20_000) await new Promise((resolve) => setImmediate(resolve));
    }

    assert.ok(protocol.bufferedAmount < 3 * 1024 * 1024, String(protocol.bufferedAmount));
    peer.socket.resume();
    peer.send(ping('end'));
    for (let last = ''; last !== '8a: 65 6e 64';) last = describeFrame(await peer.frames.take());
  });

  it('are sent with at most 125 bytes, masked by a client', async (t) => {
    const raw = await listenRaw(t);
    const client = await startClient(t, raw.url, PlainClient, reading);
    const peer = await raw.peers.take();

    client.sendPing();
    client.sendPing(hex('61'));
    client.sendPong(hex('62'));
    const frames = await peer.frames.takeAll(3);

    assert.deepEqual(frames.map(describeFrame), ['89:', '89: 61', '8a: 62']);
    assert.equal(new Set(frames.map(({ key }) => key)).size, 3);
  });
});

describeInBothWays('The keepalive', (reading) => {
  it('pings a silent peer, and keeps it when it answers', async (t) => {
    const journal = new Journal();
    const server = await startServer(t, journalingServers(journal).message, {
      ...reading,
      keepAlive: { interval: 5, timeout: 20_000 },
    });
    const peer = await connectRaw(t, server.url);

    assert.deepEqual(await peer.describe(1), ['89:']);
    peer.sendFrame({ byte0: 0x8a });
    await journal.has('pong');

    assert.equal(server.connections.size, 1);
    assert.deepEqual(journal.lines, ['open', 'pong <>']);
  });

  it('gives up a peer that stays silent', async (t) => {
    const journal = new Journal();
    const server = await startServer(t, journalingServers(journal).message, {
      ...reading,
      keepAlive: { interval: 5, timeout: 5 },
    });
    const peer = await connectRaw(t, server.url, { halfOpen: true });
    await journal.has('close');
    await peer.ended;

    assert.deepEqual(await peer.describeAll(), ['89:']);
    assert.match(journal.lines.at(-1) ?? '', /^close unclean 1006 .*vanished/);
  });

  it('waits longer inside a frame, where the peer cannot answer', async (t) => {
    const journal = new Journal();
    const server = await startServer(t, journalingServers(journal).message, {
      ...reading,
      keepAlive: { interval: 5, timeout: 5, midFrameTimeout: 50 },
    });
    const peer = await connectRaw(t, server.url, { behind: hex('82 85 01 02 03 04') });
    await journal.has('close');

    assert.deepEqual(await peer.describeAll(), []);
    assert.match(journal.lines.at(-1) ?? '', /^close unclean 1006 .*vanished/);
  });

  it('does not count against the peer while nothing is read', async (t) => {
    const journal = new Journal();
    class Pausing extends journalingServers(journal).message {
      override onOpen(): void {
        this.pauseReceiving();
      }
    }
    const server = await startServer(t, Pausing, { ...reading, readAhead: 0, keepAlive: { interval: 2, timeout: 2 } });
    await connectRaw(t, server.url);
    const other = await startServer(t, journalingServers(new Journal()).message, {
      ...reading,
      keepAlive: { interval: 20, timeout: 20 },
    });
    const reference = await connectRaw(t, other.url, { halfOpen: true });

    // Others are given up meanwhile.
    await reference.ended;

    assert.equal(server.connections.size, 1);
    assert.deepEqual(journal.lines, []);
  });
});
