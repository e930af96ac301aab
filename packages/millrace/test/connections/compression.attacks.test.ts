import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectHttp2, createServer as createHttp2Server, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { describe, it, type TestContext } from 'node:test';
import zlib from 'node:zlib';

import { connect, serve, wrap, type Closure, type ServeOptions } from '../../src/index.ts';
import { processContexts } from '../../src/deflate/contexts.ts';
import { concat } from '../helpers/bytes.ts';
import { connectRaw, type RawPeer } from '../helpers/raw-peer.ts';

const MIB = 1024 * 1024;
const OFFER = { headers: ['Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits'] };

/** Compresses as a peer does, each message with the history of those before; without the four last bytes of each. */
async function deflateAll(messages: readonly Uint8Array[]): Promise<Uint8Array[]> {
  const stream = zlib.createDeflateRaw({ windowBits: 13 });
  const payloads: Uint8Array[] = [];
  let pieces: Uint8Array[] = [];
  stream.on('data', (piece: Buffer) => pieces.push(piece));
  for (const message of messages) {
    pieces = [];
    stream.write(message);
    await new Promise<void>((resolve) => stream.flush(zlib.constants.Z_SYNC_FLUSH, resolve));
    payloads.push(concat(pieces).subarray(0, -4));
  }
  stream.close();
  return payloads;
}

const ZEROS = new Uint8Array(16 * MIB);

interface Attacked {
  readonly peer: RawPeer;
  /** How it ended, and what was handed out of the payload. */
  readonly result: Promise<{ readonly closure: Closure; readonly size: number }>;
}

async function attack(t: TestContext, options: ServeOptions, read: 'whole' | 'chunks'): Promise<Attacked> {
  let settle: (result: { closure: Closure; size: number }) => void = () => undefined;
  const result = new Promise<{ closure: Closure; size: number }>((resolve) => (settle = resolve));
  const server = await serve({ port: 0, host: '127.0.0.1', compression: true, ...options }, async (connection) => {
    let size = 0;
    try {
      for await (const message of connection) {
        if (read === 'whole') size += (await message.bytes()).length;
        else for await (const chunk of message) size += chunk.length;
      }
    } catch {
      // The closure tells.
    }
    settle({ closure: await connection.closed, size });
  });
  t.after(() => server.close({ timeout: 100 }));
  return { peer: await connectRaw(t, server.url, OFFER), result };
}

const HOW: Readonly<Record<string, (bomb: Uint8Array, peer: RawPeer) => void>> = {
  'in one frame': (bomb, peer) => peer.sendFrame({ byte0: 0xc2, payload: bomb }),
  'in 1,000 fragments': (bomb, peer) => {
    const size = Math.ceil(bomb.length / 1000);
    const count = Math.ceil(bomb.length / size);
    for (let index = 0; index < count; index++) {
      const fin = index === count - 1 ? 0x80 : 0;
      const opcode = index === 0 ? 0x42 : 0;
      peer.sendFrame({ byte0: fin | opcode, payload: bomb.subarray(index * size, (index + 1) * size) });
    }
  },
};

describe('Compression under attack', () => {
  for (const [how, send] of Object.entries(HOW)) {
    for (const read of ['whole', 'chunks'] as const) {
      it(`V090: stops 16 MiB of zeros ${how} at a limit of 1 MiB, read ${read}`, async (t) => {
        const limits = { maxMessageSize: MIB, maxStreamedMessageSize: read === 'chunks' ? MIB : Infinity };
        const { peer, result } = await attack(t, limits, read);

        send((await deflateAll([ZEROS]))[0]!, peer);
        const { closure, size } = await result;

        assert.equal(closure.sent?.code, 1009);
        assert.ok(size <= MIB, `${String(size)} bytes were handed out`);
      });
    }
  }

  it('V090: takes a message of exactly the limit, and no byte more', async (t) => {
    const { peer, result } = await attack(t, { maxMessageSize: MIB }, 'whole');
    const bombs = await deflateAll([new Uint8Array(MIB), new Uint8Array(MIB + 1)]);

    peer.sendFrame({ byte0: 0xc2, payload: bombs[0]! });
    peer.sendFrame({ byte0: 0xc2, payload: bombs[1]! });
    const { closure, size } = await result;

    assert.deepEqual([closure.sent?.code, size], [1009, MIB]);
  });

  it('V090: stops a bomb whose second message refers to the first', async (t) => {
    const { peer, result } = await attack(t, { maxMessageSize: MIB }, 'whole');
    const bombs = await deflateAll([new Uint8Array(1000), ZEROS]);

    peer.sendFrame({ byte0: 0xc2, payload: bombs[0]! });
    peer.sendFrame({ byte0: 0xc2, payload: bombs[1]! });
    const { closure, size } = await result;

    assert.deepEqual([closure.sent?.code, size], [1009, 1000]);
  });

  it('V091: judges the length of a frame, their sum, and what comes out', async (t) => {
    const noise = Buffer.from(Array.from({ length: 5000 }, (_, index) => (index * 7919) & 0xff));
    const stored = zlib.deflateRawSync(noise, { level: 0, finishFlush: zlib.constants.Z_SYNC_FLUSH }).subarray(0, -4);
    const frames: [name: string, frames: { byte0: number; payload: Uint8Array }[]][] = [
      ['one frame', [{ byte0: 0xc2, payload: stored }]],
      [
        'the sum',
        [stored.subarray(0, 2500), stored.subarray(2500)].map((payload, index) => ({
          byte0: [0x42, 0x80][index]!,
          payload,
        })),
      ],
      ['what comes out', [{ byte0: 0xc2, payload: (await deflateAll([new Uint8Array(5000)]))[0]! }]],
    ];
    for (const [name, list] of frames) {
      const { peer, result } = await attack(t, { maxMessageSize: 4000, maxFrameSize: 4000 }, 'whole');
      for (const parts of list) peer.sendFrame(parts);
      const { closure, size } = await result;
      assert.deepEqual([name, closure.sent?.code, size], [name, 1009, 0]);
    }
  });

  it('V092: a bomb with a broken end ends its connection, and nothing else', async (t) => {
    const { peer, result } = await attack(t, { maxMessageSize: MIB }, 'whole');
    const bomb = (await deflateAll([ZEROS]))[0]!;

    peer.sendFrame({ byte0: 0xc2, payload: concat([bomb, new Uint8Array(1000).fill(0xff)]) });

    assert.equal((await result).closure.sent?.code, 1009);
  });

  it('V094: control frames between compressed fragments are no part of them', async (t) => {
    const { peer, result } = await attack(t, {}, 'whole');
    const payload = (await deflateAll([Buffer.from('Hello')]))[0]!;

    peer.sendFrame({ byte0: 0x41, payload: payload.subarray(0, 3) });
    peer.sendFrame({ byte0: 0x89, payload: Buffer.from('ping') });
    peer.sendFrame({ byte0: 0x80, payload: payload.subarray(3) });
    assert.deepEqual(await peer.describe(1), ['8a: 70 69 6e 67']);
    peer.sendFrame({ byte0: 0x88, payload: Uint8Array.of(3, 0xe8) });

    assert.deepEqual([(await result).size, (await result).closure.code], [5, 1000]);
  });

  it('fails with 1002 where RSV1 is where it must not be (V066, V067)', async (t) => {
    for (const list of [[0xc9], [0x41, 0xc0], [0xd1]]) {
      const { peer, result } = await attack(t, {}, 'whole');
      for (const byte0 of list) peer.sendFrame({ byte0, payload: new Uint8Array(0) });
      assert.equal((await result).closure.sent?.code, 1002, list.join());
    }
  });

  it('fails with 1007 where data are not valid', async (t) => {
    for (const payload of [Uint8Array.of(0xff, 0x00), Uint8Array.of(0xf2, 0x48, 0xcd, 0x09)]) {
      const { peer, result } = await attack(t, {}, 'whole');
      peer.sendFrame({ byte0: 0xc2, payload });
      assert.equal((await result).closure.sent?.code, 1007);
    }
  });

  it('V095: has nothing of zlib for a connection before its first compressed message', async (t) => {
    const before = processContexts.size;
    const { peer } = await attack(t, {}, 'whole');
    const contextsAfter = async (byte0: number, payload: Uint8Array): Promise<number> => {
      peer.sendFrame({ byte0, payload });
      peer.sendFrame({ byte0: 0x89, payload: Uint8Array.of(1) });
      assert.deepEqual(await peer.describe(1), ['8a: 01']);
      return processContexts.size - before;
    };

    assert.equal(await contextsAfter(0x82, new Uint8Array(10)), 0);
    assert.equal(await contextsAfter(0xc2, (await deflateAll([new Uint8Array(10)]))[0]!), 1);
  });

  it('V096: compresses over HTTP/2 as over TCP, with RSV1', async (t) => {
    const server = createHttp2Server({ settings: { enableConnectProtocol: true } });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const session = connectHttp2(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}`);
    t.after(() => {
      session.destroy();
      server.close();
    });
    await once(session, 'remoteSettings');
    const accepted = once(server, 'stream');
    const near = session.request(
      { ':method': 'CONNECT', ':protocol': 'websocket', ':path': '/' },
      { endStream: false },
    );
    const [far] = (await accepted) as [ServerHttp2Stream];
    far.respond({ ':status': 200 });
    const options = { compression: true, agreedExtensions: 'permessage-deflate; server_max_window_bits=13' };
    const [client, other] = [
      wrap(near as unknown as Duplex, 'client', options),
      wrap(far as unknown as Duplex, 'server', options),
    ];
    const text = 'compressed over HTTP/2, '.repeat(5000);

    for (let count = 0; count < 3; count++) {
      await client.send(text);
      assert.equal(await (await other.receive())?.text(), text);
    }
    assert.ok(client.stats.bytesSent < text.length / 10);
    client.drop();
  });

  it('V021: a server keeps to the window that the client asks for', async (t) => {
    const server = await serve({ port: 0, host: '127.0.0.1', compression: { serverMaxWindowBits: 15 } }, () =>
      Promise.resolve(),
    );
    t.after(() => server.close({ timeout: 100 }));
    const connection = await connect(server.url, { compression: { serverMaxWindowBits: 9 } });
    assert.match(connection.extensions, /server_max_window_bits=9/);
    connection.drop();
  });
});
