import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, type Socket } from 'node:net';
import { describe, it } from 'node:test';

import OurWebSocket, { PerMessageDeflate, WebSocketServer as OurServer, extension } from '@millrace/ws';
import RealWebSocket, { WebSocketServer as RealServer } from 'ws';

type Kind = 'ours' | 'ws';

const COMBINATIONS: readonly (readonly [server: Kind, client: Kind])[] = [
  ['ours', 'ws'],
  ['ws', 'ours'],
  ['ours', 'ours'],
];

interface Pair {
  readonly client: RealWebSocket;
  readonly server: RealWebSocket;
  end(): Promise<void>;
}

async function openPair(
  [serverKind, clientKind]: readonly [Kind, Kind],
  server: object,
  client: object,
): Promise<Pair> {
  const place = { port: 0, host: '127.0.0.1', ...server };
  const listening = serverKind === 'ours' ? new OurServer(place) : new RealServer(place);
  await once(listening, 'listening');
  const url = `ws://127.0.0.1:${(listening.address() as AddressInfo).port}`;
  const accepted = once(listening, 'connection');
  const made: unknown = clientKind === 'ours' ? new OurWebSocket(url, client) : new RealWebSocket(url, client);
  await once(made as RealWebSocket, 'open');
  const [socket] = (await accepted) as [unknown];
  const end = async (): Promise<void> => {
    for (const each of listening.clients) each.terminate();
    await new Promise<void>((resolve) => listening.close(() => resolve()));
  };
  return { client: made as RealWebSocket, server: socket as RealWebSocket, end };
}

/** Sends all, and gives what has arrived and how many bytes that took on the wire. */
async function exchange(
  from: RealWebSocket,
  to: RealWebSocket,
  payloads: readonly (string | Buffer)[],
): Promise<number> {
  const socket = Reflect.get(to, '_socket') as Socket;
  const before = socket.bytesRead;
  const received: unknown[] = [];
  const done = new Promise<void>((resolve) => {
    to.on('message', (data: Buffer, isBinary: boolean) => {
      received.push(isBinary ? data : data.toString());
      if (received.length === payloads.length) resolve();
    });
  });
  for (const payload of payloads) from.send(payload);
  await done;
  to.removeAllListeners('message');
  assert.deepEqual(received, payloads);
  return socket.bytesRead - before;
}

const JSON_TEXT = JSON.stringify(
  Array.from({ length: 60 }, (_, id) => ({ id, name: `user ${id}`, active: id % 3 === 0 })),
);
const LARGE = Buffer.from(JSON_TEXT.repeat(300));

for (const combination of COMBINATIONS) {
  const [serverKind, clientKind] = combination;
  describe(`permessage-deflate, ${serverKind} as server, ${clientKind} as client`, () => {
    it('is agreed on if the server has the option, and carries all sizes in both directions, smaller', async () => {
      const pair = await openPair(combination, { perMessageDeflate: true }, {});
      assert.deepEqual([pair.client.extensions, pair.server.extensions], ['permessage-deflate', 'permessage-deflate']);
      const payloads = ['', 'x', JSON_TEXT, LARGE, JSON_TEXT, Buffer.alloc(0)];
      const size = payloads.reduce((sum, payload) => sum + payload.length, 0);
      for (const [from, to] of [
        [pair.client, pair.server],
        [pair.server, pair.client],
      ] as const) {
        assert.ok((await exchange(from, to, payloads)) < size / 4);
      }
      await pair.end();
    });

    it('is not agreed on without the option of either', async () => {
      for (const [server, client] of [
        [{}, {}],
        [{ perMessageDeflate: true }, { perMessageDeflate: false }],
      ]) {
        const pair = await openPair(combination, server ?? {}, client ?? {});
        assert.deepEqual([pair.client.extensions, pair.server.extensions], ['', '']);
        await exchange(pair.client, pair.server, [JSON_TEXT]);
        await pair.end();
      }
    });

    it('compresses each message by itself, from the threshold on, where that was agreed on', async () => {
      const alone = { serverNoContextTakeover: true, clientNoContextTakeover: true, threshold: 2000 };
      const pair = await openPair(combination, { perMessageDeflate: alone }, { perMessageDeflate: alone });
      const short = 'x'.repeat(1999);
      assert.ok((await exchange(pair.server, pair.client, [short])) >= short.length);
      const long = 'x'.repeat(2000);
      assert.ok((await exchange(pair.server, pair.client, [long])) < 100);
      assert.ok((await exchange(pair.client, pair.server, [long])) < 100);
      await pair.end();
    });

    it('takes windows of both sides', async () => {
      const windows = { serverMaxWindowBits: 10, clientMaxWindowBits: 9 };
      const pair = await openPair(combination, { perMessageDeflate: windows }, { perMessageDeflate: {} });
      for (let round = 0; round < 3; round++) {
        await exchange(pair.client, pair.server, [JSON_TEXT, LARGE]);
        await exchange(pair.server, pair.client, [JSON_TEXT, LARGE]);
      }
      await pair.end();
    });

    it('compresses fragments as their first one says, and leaves messages alone that are not to be compressed', async () => {
      const pair = await openPair(combination, { perMessageDeflate: true }, {});
      const socket = Reflect.get(pair.client, '_socket') as Socket;
      for (const compress of [true, false]) {
        const before = socket.bytesRead;
        const received = once(pair.client, 'message');
        pair.server.send(JSON_TEXT, { fin: false, compress });
        pair.server.send('', { fin: false });
        pair.server.send(JSON_TEXT, { fin: true, compress });
        assert.equal(String((await received)[0]), JSON_TEXT + JSON_TEXT);
        assert.equal(socket.bytesRead - before < JSON_TEXT.length, compress);
        const small = socket.bytesRead;
        const next = once(pair.client, 'message');
        pair.server.send(JSON_TEXT, { compress });
        await next;
        assert.equal(socket.bytesRead - small < JSON_TEXT.length, compress);
      }
      await pair.end();
    });

    it('calls callbacks in order, when what was compressed is written', async () => {
      const pair = await openPair(combination, { perMessageDeflate: true }, {});
      const called: string[] = [];
      const all = new Promise<void>((resolve) => {
        pair.server.send(LARGE, () => called.push('large'));
        pair.server.send('small', () => called.push('small'));
        pair.server.send(LARGE, { compress: false }, () => {
          called.push('plain');
          resolve();
        });
      });
      assert.deepEqual(called, []);
      await all;
      assert.deepEqual(called, ['large', 'small', 'plain']);
      await pair.end();
    });
  });
}

describe('permessage-deflate of @millrace/ws', () => {
  it('counts what comes out against maxPayload', async () => {
    const pair = await openPair(['ours', 'ws'], { perMessageDeflate: true, maxPayload: 10_000 }, {});
    const failed = once(pair.server, 'error');
    pair.client.send('x'.repeat(10_001));
    assert.equal(((await failed) as [Error & { code: string }])[0].code, 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH');
    await pair.end();
  });

  it('fails with the code of zlib for what is not compressed data', async () => {
    const pair = await openPair(['ours', 'ws'], { perMessageDeflate: true }, {});
    const failed = once(pair.server, 'error');
    const ended = once(pair.client, 'close');
    (Reflect.get(pair.client, '_socket') as Socket).write(Buffer.from('c1840000000022faec78', 'hex'));
    const [error] = (await failed) as [Error & { code: string; errno: number }];
    assert.deepEqual([error.code, error.errno], ['Z_DATA_ERROR', -3]);
    assert.equal((await ended)[0], 1007);
    await pair.end();
  });

  it('tells callbacks of what was still being compressed when the connection ended', async () => {
    const pair = await openPair(['ours', 'ws'], { perMessageDeflate: true }, {});
    const lost = new Promise<Error | undefined>((resolve) =>
      pair.server.send(Buffer.alloc(10_000_000, 'abc'), resolve),
    );
    pair.server.terminate();
    assert.equal((await lost)?.message, 'The socket was closed while data was being compressed');
    await pair.end();
  });

  it('refuses offers that cannot be read or are not acceptable, as ws does', async () => {
    const options = { port: 0, host: '127.0.0.1', perMessageDeflate: { clientMaxWindowBits: 10 } };
    for (const make of [() => new OurServer(options), () => new RealServer(options)]) {
      const server = make();
      await once(server, 'listening');
      for (const offer of ['permessage-deflate; nothing', 'permessage-deflate', 'a; =b']) {
        const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
        socket.write(
          `GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Extensions: ${offer}\r\n\r\n`,
        );
        const [answer] = (await once(socket, 'data')) as [Buffer];
        assert.match(String(answer), /^HTTP\/1.1 400 /);
        assert.match(String(answer), /Invalid or unacceptable Sec-WebSocket-Extensions header$/);
        socket.destroy();
      }
      server.close();
    }
  });

  it('fails a handshake whose answer is none to the offer', async () => {
    for (const [answer, message] of [
      ['permessage-deflate; client_max_window_bits=15', 'Invalid Sec-WebSocket-Extensions header'],
      ['permessage-deflate; x', 'Invalid Sec-WebSocket-Extensions header'],
      ['x', 'Server indicated an extension that was not requested'],
      ['x;;', 'Invalid Sec-WebSocket-Extensions header'],
    ]) {
      const server = new RealServer({ port: 0, host: '127.0.0.1' });
      server.on('headers', (headers) => headers.push(`Sec-WebSocket-Extensions: ${answer ?? ''}`));
      await once(server, 'listening');
      const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const client = new OurWebSocket(url, { perMessageDeflate: { clientMaxWindowBits: 10 } });
      const [error] = (await once(client, 'error')) as [Error];
      assert.equal(error.message, message);
      server.close();
    }
  });

  it('checks the options of zlib that have a meaning when they are given', () => {
    const perMessageDeflate = { zlibDeflateOptions: { level: 10 } };
    assert.throws(() => new OurServer({ noServer: true, perMessageDeflate }), /level is 10, expected/);
    assert.throws(() => new OurWebSocket('ws://127.0.0.1:1', { perMessageDeflate }), /level is 10, expected/);
  });

  it('sends nothing compressed at level 0', async () => {
    const perMessageDeflate = { zlibDeflateOptions: { level: 0 } };
    const pair = await openPair(['ours', 'ws'], { perMessageDeflate }, {});
    assert.ok((await exchange(pair.server, pair.client, [JSON_TEXT])) >= JSON_TEXT.length);
    await pair.end();
  });

  it('negotiates by itself, as the class of ws does', () => {
    const offers = extension.parse(
      'permessage-deflate; server_max_window_bits=9, permessage-deflate; client_max_window_bits; server_no_context_takeover',
    )['permessage-deflate'];
    const server = new PerMessageDeflate({ isServer: true, serverMaxWindowBits: false, clientMaxWindowBits: 12 });
    const accepted: object = server.accept(offers ?? []);
    assert.deepEqual({ ...accepted }, { server_no_context_takeover: true, client_max_window_bits: 12 });
    assert.deepEqual(new PerMessageDeflate({ clientNoContextTakeover: true }).offer(), {
      client_no_context_takeover: true,
      client_max_window_bits: true,
    });
  });

  it('sends a message masked or not, as it is told to, which its peer fails for', async () => {
    for (const [index, mask] of [false, true].entries()) {
      const pair = await openPair(index === 0 ? ['ws', 'ours'] : ['ours', 'ws'], {}, {});
      const [from, to] = index === 0 ? [pair.client, pair.server] : [pair.server, pair.client];
      const failed = once(to, 'error');
      from.send('hi', { mask });
      const code = ((await failed) as [Error & { code: string }])[0].code;
      assert.equal(code, index === 0 ? 'WS_ERR_EXPECTED_MASK' : 'WS_ERR_UNEXPECTED_MASK');
      await pair.end();
    }
  });
});
