import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, it, type TestContext } from 'node:test';

import WS, { WebSocketServer, type PerMessageDeflateOptions } from 'ws';

import {
  LocalUsageError,
  broadcast,
  connect,
  prepareMessage,
  serve,
  wrap,
  type CompressionOptions,
  type ServeOptions,
  type WebSocketConnection,
} from '../../src/index.ts';
import { hex, toHex } from '../helpers/bytes.ts';
import { randomBytes } from '../helpers/random.ts';
import { connectRaw } from '../helpers/raw-peer.ts';
import { wrappedPair, wrappedServer } from '../helpers/wrapped-pair.ts';

const HEADER = 'permessage-deflate';
const LIMITS = { maxMessageSize: 16 * 1024 * 1024 };

async function echo(connection: WebSocketConnection): Promise<void> {
  for await (const message of connection) {
    await connection.send(message.type === 'text' ? await message.text() : await message.bytes());
  }
}

async function serveEcho(t: TestContext, options: ServeOptions = {}): Promise<string> {
  const server = await serve({ port: 0, host: '127.0.0.1', compression: true, ...LIMITS, ...options }, echo);
  t.after(() => server.close({ timeout: 100 }));
  return server.url;
}

async function listenWs(t: TestContext, perMessageDeflate: PerMessageDeflateOptions | boolean): Promise<string> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate });
  server.on('connection', (socket) => {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  await once(server, 'listening');
  t.after(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  return `ws://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

function jsonOf(count: number): string {
  return JSON.stringify(
    Array.from({ length: count }, (_, id) => ({ id, name: `name ${String(id % 7)}`, isNew: id % 2 === 0 })),
  );
}

const TEXTS = ['', 'a', jsonOf(2), jsonOf(30), jsonOf(3000)];
const BYTES = [new Uint8Array(0), randomBytes(100, 1), randomBytes(70_000, 2), new Uint8Array(1_000_000)];

async function exchange(connection: WebSocketConnection): Promise<void> {
  for (const text of TEXTS) {
    await connection.send(text);
    assert.equal(await (await connection.receive())?.text(), text);
  }
  for (const bytes of BYTES) {
    await connection.send(bytes, { compress: true });
    assert.deepEqual(await (await connection.receive())?.bytes(), bytes);
  }
}

describe('compression', () => {
  it('is agreed on, used in both directions, and told', async (t) => {
    const connection = await connect(await serveEcho(t), { compression: true, ...LIMITS });

    assert.match(connection.extensions, /^permessage-deflate/);
    await exchange(connection);

    const { stats } = connection;
    assert.ok(stats.compressionRatioSent !== undefined && stats.compressionRatioSent < 0.5, 'the ratio shows');
    assert.ok(stats.compressionRatioReceived !== undefined && stats.compressionRatioReceived < 0.5);
    assert.ok(stats.bytesSent < stats.messageBytesSent);
    assert.equal((await connection.close()).wasClean, true);
  });

  it('is not used unless both sides want it', async (t) => {
    const [with_, without] = [await serveEcho(t), await serveEcho(t, { compression: false })];

    const connections = [await connect(with_), await connect(without, { compression: true })];
    for (const connection of connections) {
      assert.equal(connection.extensions, '');
      await connection.send(jsonOf(100));
      assert.equal(await (await connection.receive())?.text(), jsonOf(100));
      assert.equal(connection.stats.compressionRatioSent, undefined);
      await connection.close();
    }
  });

  const WINDOWS = [9, 10, 11, 12, 13, 14, 15];
  for (const isAlone of [false, true]) {
    for (const bits of WINDOWS) {
      const name = `${isAlone ? 'without' : 'with'} context takeover, window ${String(bits)}`;

      it(`works with a server of ws, ${name}`, async (t) => {
        const url = await listenWs(t, {
          threshold: 0,
          serverMaxWindowBits: bits,
          clientMaxWindowBits: bits,
          serverNoContextTakeover: isAlone,
          clientNoContextTakeover: isAlone,
        });
        const connection = await connect(url, { compression: { threshold: 0 }, ...LIMITS });
        assert.ok(connection.extensions.includes(`client_max_window_bits=${String(bits)}`), connection.extensions);
        await exchange(connection);
        await sendInTurns(connection);
        await connection.close();
      });

      it(`works with a client of ws, ${name}`, async (t) => {
        const compression: CompressionOptions = {
          threshold: 0,
          serverMaxWindowBits: bits,
          clientMaxWindowBits: bits,
          serverNoContextTakeover: isAlone,
          clientNoContextTakeover: isAlone,
        };
        const prepared = prepareMessage(jsonOf(20));
        const server = await serve(
          { port: 0, host: '127.0.0.1', compression },
          {
            message: (connection, data) => {
              void connection.send(prepared);
              void connection.send(data);
            },
          },
        );
        t.after(() => server.close({ timeout: 100 }));
        const client = new WS(server.url, { perMessageDeflate: { threshold: 0 } });
        await once(client, 'open');
        const heard: string[] = [];
        client.on('message', (data: Buffer) => heard.push(data.toString()));
        for (let count = 0; count < 5; count++) client.send(jsonOf(20 + count));
        while (heard.length < 10) await once(client, 'message');
        client.terminate();

        assert.deepEqual(
          heard,
          [0, 1, 2, 3, 4].flatMap((count) => [jsonOf(20), jsonOf(20 + count)]),
        );
      });
    }
  }

  /** Prepared and ordinary messages: the history of the peer is not that of our context after a prepared one. */
  async function sendInTurns(connection: WebSocketConnection): Promise<void> {
    const prepared = prepareMessage(jsonOf(25));
    for (let count = 0; count < 6; count++) {
      await connection.send(prepared);
      await connection.send(jsonOf(20 + count));
      assert.equal(await (await connection.receive())?.text(), jsonOf(25));
      assert.equal(await (await connection.receive())?.text(), jsonOf(20 + count));
    }
  }

  it('compresses a broadcast once', async (t) => {
    const server = await serve({ port: 0, host: '127.0.0.1', compression: true }, (connection) =>
      connection.closed.then(() => undefined),
    );
    t.after(() => server.close({ timeout: 100 }));
    const clients = await Promise.all([1, 2, 3].map(() => connect(server.url, { compression: true })));
    const text = jsonOf(200);

    for (let count = 0; count < 3; count++) await broadcast(server.connections, text);

    for (const client of clients) {
      for (let count = 0; count < 3; count++) assert.equal(await (await client.receive())?.text(), text);
      assert.equal(client.stats.messageBytesReceived, 3 * text.length);
      assert.ok(client.stats.frameBytesReceived < text.length);
      await client.close();
    }
  });

  it('leaves a message alone that says so, or is short', async (t) => {
    const connection = await connect(await serveEcho(t), { compression: { threshold: 1000 } });
    await connection.send(jsonOf(100), { compress: false });
    await connection.send('short');
    await connection.send(prepareMessage(jsonOf(100), { compress: false }));
    assert.equal(connection.stats.compressionRatioSent, 1);

    await connection.send('short', { compress: true });
    assert.notEqual(connection.stats.compressionRatioSent, 1);
    await connection.close();
  });

  it('compresses a stream, and flushes what it has written when nothing follows', async () => {
    const [client, server] = wrappedPair({
      compression: true,
      agreedExtensions: `${HEADER}; server_max_window_bits=13`,
    });
    let goOn = (): void => undefined;
    const pause = new Promise<void>((resolve) => (goOn = resolve));
    const sent = client.send(
      (async function* () {
        yield 'the first piece';
        await pause;
        yield ' and the last';
      })(),
    );
    const message = await server.receive();
    const chunks = message?.textChunks()[Symbol.asyncIterator]();
    assert.equal((await chunks?.next())?.value, 'the first piece');
    goOn();
    assert.equal((await chunks?.next())?.value, ' and the last');
    await sent;
    assert.equal(client.stats.messageBytesSent, 28);
    client.drop();
  });

  it('compresses what is begun only where that is wanted, and ends it with one byte (RFC 7692 §7.2.3.6)', async () => {
    const [server, peer] = wrappedServer({
      compression: true,
      agreedExtensions: `${HEADER}; server_max_window_bits=13`,
    });
    const plain = await server.beginMessage('text');
    await plain.write('a');
    await plain.end();
    const compressed = await server.beginMessage('text', { compress: true });
    assert.throws(() => compressed.beginFrame(5), LocalUsageError);
    await compressed.end();

    const frames: string[] = [];
    while (frames.length < 2) {
      const event = await peer.next();
      if (event.type === 'frame') frames.push(`${String(event.frame.reservedBits)}: ${toHex(event.frame.payload)}`);
    }
    assert.deepEqual(frames, ['0: 61', '4: 00']);
    server.drop();
  });

  it('reads the examples of RFC 7692 §7.2.3, however they are cut', async (t) => {
    const url = await serveEcho(t);
    const examples = [
      [[0xc1, 'f248cdc9c90700']],
      [
        [0x41, 'f248cd'],
        [0x80, 'c9c90700'],
      ],
      [[0xc1, '000500faff48656c6c6f00']],
      [[0xc1, 'f348cdc9c9070000']],
      [[0xc1, 'f24805000000ffffcac9c90700']],
      [
        [0xc1, 'f248cdc9c90700'],
        [0xc1, 'f200110000'],
      ],
    ] as const;
    for (const example of examples) {
      const peer = await connectRaw(t, url, {
        headers: [`Sec-WebSocket-Extensions: ${HEADER}; server_no_context_takeover`],
      });
      for (const [byte0, payload] of example) peer.sendFrame({ byte0, payload: hex(payload) });
      const answers = await peer.frames.takeAll(1);
      assert.equal(Buffer.from(answers[0]!.payload).toString(), 'Hello');
      peer.socket.destroy();
    }
  });

  it('refuses options that it cannot have, by name', () => {
    for (const compression of [1, 'yes', null, { level: 0 }, { windowBits: 15 }, { serverMaxWindowBits: 8 }]) {
      assert.throws(() => wrappedServer({ compression: compression as never }), {
        name: 'LocalUsageError',
        message: /compression/,
      });
    }
    const agreedExtensions = `${HEADER}; server_max_window_bits=15`;
    assert.throws(() => wrappedServer({ compression: true, agreedExtensions }), { name: 'LocalUsageError' });
    assert.throws(() => wrappedServer({ agreedExtensions }), { name: 'LocalUsageError' });
    assert.throws(() => wrap(5 as never, 'server'), { name: 'LocalUsageError' });
  });
});
