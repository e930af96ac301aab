import assert from 'node:assert/strict';
import { it } from 'node:test';

import { WebSocketClientProtocol, WebSocketServerProtocol } from '../../src/index.ts';
import { hex, toHex } from '../helpers/bytes.ts';
import { describeInBothWays, startClient, startServer } from '../helpers/hook-peers.ts';
import { Inbox } from '../helpers/inbox.ts';
import { randomBytes } from '../helpers/random.ts';
import { connectRaw, listenRaw } from '../helpers/raw-peer.ts';

const HELLO = '48 65 6c 6c 6f';

describeInBothWays('The examples of RFC 6455', (reading) => {
  it('§1.3: the key dGhlIHNhbXBsZSBub25jZQ== is accepted with s3pPLMBiTxaQ9kYGzzhZRbK+xOo=', async (t) => {
    class Server extends WebSocketServerProtocol {
      override onConnect(): string {
        return 'chat';
      }
    }
    const server = await startServer(t, Server, { ...reading, allowedOrigins: ['http://example.com'] });
    const headers = ['Origin: http://example.com', 'Sec-WebSocket-Protocol: chat, superchat'];

    const { head } = await connectRaw(t, `${server.url}chat`, { headers });

    assert.match(head, /^HTTP\/1\.1 101 Switching Protocols\r\n/);
    assert.match(head, /\r\nUpgrade: websocket\r\n/i);
    assert.match(head, /\r\nConnection: Upgrade\r\n/i);
    assert.match(head, /\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=(\r\n|$)/i);
    assert.match(head, /\r\nSec-WebSocket-Protocol: chat(\r\n|$)/i);
  });

  it('§5.7: a server takes the masked frames', async (t) => {
    const received = new Inbox<string>();
    class Server extends WebSocketServerProtocol {
      override onMessage(payload: string | Uint8Array): void {
        received.put(String(payload));
      }
      override onPong(payload: Uint8Array): void {
        received.put(`pong ${toHex(payload)}`);
      }
    }
    const server = await startServer(t, Server, reading);
    const peer = await connectRaw(t, server.url);

    peer.send(hex('81 85 37 fa 21 3d 7f 9f 4d 51 58'));
    peer.send(hex('8a 85 37 fa 21 3d 7f 9f 4d 51 58'));

    assert.deepEqual(await received.takeAll(2), ['Hello', `pong ${HELLO}`]);
  });

  it('§5.7: a client takes the unmasked frames', async (t) => {
    const received = new Inbox<string | Uint8Array>();
    class Client extends WebSocketClientProtocol {
      override onMessage(payload: string | Uint8Array): void {
        received.put(payload);
      }
    }
    const raw = await listenRaw(t);
    await startClient(t, raw.url, Client, reading);
    const peer = await raw.peers.take();
    const short = randomBytes(256, 1);
    const long = randomBytes(65_536, 2);

    peer.send(hex(`81 05 ${HELLO}`));
    peer.send(hex('01 03 48 65 6c 80 02 6c 6f'));
    peer.send(hex(`89 05 ${HELLO}`));
    peer.send(hex('82 7e 01 00'));
    peer.send(short);
    peer.send(hex('82 7f 00 00 00 00 00 01 00 00'));
    peer.send(long);

    assert.deepEqual(await received.takeAll(2), ['Hello', 'Hello']);
    assert.deepEqual(await received.takeAll(2), [short, long]);
    assert.deepEqual(await peer.describe(1), [`8a: ${HELLO}`]);
  });

  it('§5.7: a server sends the unmasked frames', async (t) => {
    class Server extends WebSocketServerProtocol {
      override onOpen(): void {
        this.sendMessage('Hello');
        this.beginMessage();
        this.sendMessageFrame(Buffer.from('Hel'));
        this.sendMessageFrame(Buffer.from('lo'), { final: true });
        this.sendPing(Buffer.from('Hello'));
        this.sendMessage(new Uint8Array(256));
        this.sendMessage(new Uint8Array(65_536));
        this.sendClose();
      }
    }
    const server = await startServer(t, Server, reading);
    const peer = await connectRaw(t, server.url);
    const frames = await peer.frames.takeAll(7);

    assert.deepEqual(
      frames.map(({ byte0, key, payload }) => [byte0, key, payload.length]),
      [
        [0x81, '', 5],
        [0x01, '', 3],
        [0x80, '', 2],
        [0x89, '', 5],
        [0x82, '', 256],
        [0x82, '', 65_536],
        [0x88, '', 0],
      ],
    );
  });
});
