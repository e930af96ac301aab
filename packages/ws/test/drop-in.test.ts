import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';

import OurWebSocket, { Sender, WebSocketServer as OurServer, connectionOf, type WebSocket } from '@millrace/ws';
import RealWebSocket, { WebSocketServer as RealServer } from 'ws';

/** A pair of sockets, of which one or both are ours; what is typed for `ws` fits. */
interface Pair {
  readonly client: RealWebSocket;
  readonly server: RealWebSocket;
  end(): Promise<void>;
}

type Combination = readonly [server: 'ours' | 'ws', client: 'ours' | 'ws'];

const COMBINATIONS: readonly Combination[] = [
  ['ours', 'ws'],
  ['ws', 'ours'],
  ['ours', 'ours'],
];

async function openPair([serverKind, clientKind]: Combination, options: object = {}): Promise<Pair> {
  const place = { port: 0, host: '127.0.0.1', ...options };
  const listening = serverKind === 'ours' ? new OurServer(place) : new RealServer(place);
  await once(listening, 'listening');
  const address = listening.address();
  assert.ok(typeof address === 'object' && address !== null);
  const url = `ws://127.0.0.1:${address.port}`;
  const accepted = once(listening, 'connection');
  const client: unknown = clientKind === 'ours' ? new OurWebSocket(url, options) : new RealWebSocket(url, options);
  await once(client as RealWebSocket, 'open');
  const [server] = (await accepted) as [unknown];
  const end = async (): Promise<void> => {
    for (const each of listening.clients) each.terminate();
    await new Promise<void>((resolve) => listening.close(() => resolve()));
  };
  return { client: client as RealWebSocket, server: server as RealWebSocket, end };
}

for (const combination of COMBINATIONS) {
  const [serverKind, clientKind] = combination;
  describe(`${serverKind} as server, ${clientKind} as client`, () => {
    it('carries text, bytes, fragments and pings in both directions, and closes', async () => {
      const pair = await openPair(combination);
      for (const [from, to] of [
        [pair.client, pair.server],
        [pair.server, pair.client],
      ] as const) {
        const events: unknown[] = [];
        const done = new Promise<void>((resolve) => {
          to.on('message', (data: Buffer, isBinary: boolean) => {
            events.push([data.length < 20 ? data.toString() : data.length, isBinary]);
            if (events.length === 4) resolve();
          });
        });
        to.once('ping', (data: Buffer) => events.push(['ping', data.toString()]));
        from.send('hällo');
        from.ping('p');
        from.send(Buffer.alloc(200_000, 5));
        from.send('one ', { fin: false });
        from.send('two');
        await done;
        assert.deepEqual(events, [
          ['hällo', false],
          ['ping', 'p'],
          [200_000, true],
          ['one two', false],
        ]);
        to.removeAllListeners('message');
      }
      const ends = Promise.all([once(pair.client, 'close'), once(pair.server, 'close')]);
      pair.client.close(4001, 'bye');
      assert.deepEqual(await ends, [
        [4001, Buffer.from('bye')],
        [4001, Buffer.from('bye')],
      ]);
      await pair.end();
    });

    it('delivers what was sent before terminate(), and tells each callback', async () => {
      const pair = await openPair(combination);
      const received = once(pair.client, 'message');
      const written = new Promise((resolve) => pair.server.send('last words', resolve));
      pair.server.terminate();
      assert.equal(String((await received)[0]), 'last words');
      assert.ok(!((await written) instanceof Error));
      await once(pair.client, 'close');
      await pair.end();
    });

    it('gives binary messages in each type', async () => {
      const pair = await openPair(combination);
      const bytes = Buffer.from([1, 2, 3]);
      for (const type of ['nodebuffer', 'arraybuffer', 'fragments'] as const) {
        pair.server.binaryType = type;
        const received = once(pair.server, 'message');
        pair.client.send(bytes.subarray(0, 1), { fin: false });
        pair.client.send(bytes.subarray(1));
        const [data] = (await received) as [unknown];
        if (type === 'nodebuffer') assert.deepEqual(data, bytes);
        else if (type === 'arraybuffer') assert.deepEqual(Buffer.from(data as ArrayBuffer), bytes);
        else assert.deepEqual(data, [Buffer.from([1]), Buffer.from([2, 3])]);
      }
      await pair.end();
    });
  });
}

describe('@millrace/ws', () => {
  it('is the class itself for require, with its statics', () => {
    const required: unknown = createRequire(import.meta.url)('@millrace/ws');
    assert.equal(required, OurWebSocket);
    assert.equal(Reflect.get(OurWebSocket, 'Server'), OurServer);
    assert.equal(Reflect.get(OurWebSocket, 'OPEN'), 1);
  });

  it('tells of a violation with the code of ws, and does not end a process that does not listen', async () => {
    const pair = await openPair(['ours', 'ws'], { maxPayload: 10 });
    const told = once(pair.server, 'error');
    const ended = once(pair.client, 'close');
    pair.client.send('longer than ten bytes');
    const [error] = (await told) as [Error & { code: string }];
    assert.deepEqual([error.code, error.message], ['WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', 'Max payload size exceeded']);
    assert.equal((await ended)[0], 1009);
    await pair.end();

    const silent = await openPair(['ours', 'ws'], { maxPayload: 10 });
    // Not by `once` of node:events, which listens for errors, too.
    const closed = new Promise((resolve) => silent.server.once('close', resolve));
    silent.client.send('longer than ten bytes');
    assert.equal(await closed, 1006);
    await silent.end();
  });

  it('has exceptions of listeners reach the process, as ws does, and goes on', async () => {
    const pair = await openPair(['ours', 'ws']);
    // The runner of tests listens, too.
    const others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    const caught = new Promise((resolve) => process.once('uncaughtException', resolve));
    pair.server.once('message', () => {
      throw new Error('of the program');
    });
    pair.client.send('one');
    assert.equal(((await caught) as Error).message, 'of the program');
    for (const listener of others) process.on('uncaughtException', listener);
    const next = once(pair.server, 'message');
    pair.client.send('two');
    assert.equal(String((await next)[0]), 'two');
    await pair.end();
  });

  it('takes frames of Sender.frame through _sender.sendFrame, in turn', async () => {
    const pair = await openPair(['ours', 'ws']);
    const list = Sender.frame(Buffer.from('framed once'), { opcode: 1, fin: true, readOnly: false });
    const received: string[] = [];
    const done = new Promise<void>((resolve) => {
      pair.client.on('message', (data: Buffer) => {
        received.push(data.toString());
        if (received.length === 3) resolve();
      });
    });
    const sender: unknown = Reflect.get(pair.server, '_sender');
    const sendFrame = Reflect.get(sender as object, 'sendFrame') as (list: unknown) => void;
    pair.server.send(new Blob(['first, though it has to be read']));
    sendFrame.call(sender, list);
    sendFrame.call(sender, list);
    await done;
    assert.deepEqual(received, ['first, though it has to be read', 'framed once', 'framed once']);
    await pair.end();
  });

  it('closes while a fragmented message is open, which its peer does not take for complete', async () => {
    const pair = await openPair(['ours', 'ws']);
    let messages = 0;
    pair.client.on('message', () => messages++);
    pair.server.send('beginning', { fin: false });
    const ended = once(pair.client, 'close');
    pair.server.close(1000);
    assert.equal((await ended)[0], 1000);
    assert.equal(messages, 0);
    await pair.end();
  });

  it('pauses and resumes', async () => {
    const pair = await openPair(['ours', 'ws']);
    const received: string[] = [];
    pair.server.pause();
    pair.server.on('message', (data: Buffer) => received.push(data.toString()));
    const pong = once(pair.server, 'pong');
    await new Promise((resolve) => pair.client.send('waits', resolve));
    pair.server.ping();
    await once(pair.client, 'ping');
    assert.deepEqual(received, []);
    pair.server.resume();
    await pong;
    assert.deepEqual(received, ['waits']);
    await pair.end();
  });

  it('delivers what comes behind its own close() when it resumes', async () => {
    const pair = await openPair(['ours', 'ws']);
    const received: string[] = [];
    pair.server.on('message', (data: Buffer) => received.push(data.toString()));
    pair.server.pause();
    for (const text of ['one', 'two']) pair.client.send(text);
    await new Promise((resolve) => pair.client.send('x'.repeat(100_000), resolve));
    pair.server.close(1000);
    const ended = once(pair.server, 'close');
    pair.server.resume();
    assert.equal((await ended)[0], 1000);
    assert.deepEqual(
      received.map(({ length }) => length),
      [3, 3, 100_000],
    );
    await pair.end();
  });

  it('calls the callbacks of sends in order, each when its bytes were written', async () => {
    const pair = await openPair(['ours', 'ws']);
    const called: number[] = [];
    await new Promise<void>((resolve) => {
      for (let index = 0; index < 5000; index++) {
        pair.server.send(Buffer.alloc(500), (error) => {
          assert.ok(!(error instanceof Error));
          called.push(index);
          if (called.length === 5000) resolve();
        });
      }
      assert.deepEqual(called, []);
    });
    assert.deepEqual(
      called,
      called.map((_, index) => index),
    );
    await pair.end();
  });

  it('hands a socket on to a connection of Millrace: streams, backpressure, figures', async () => {
    const pair = await openPair(['ours', 'ws']);
    pair.server.on('message', () => assert.fail('messages go to the connection'));
    const connection = connectionOf(pair.server as unknown as WebSocket);
    assert.equal(connectionOf(pair.server as unknown as WebSocket), connection);
    pair.client.send('a question');
    const message = await connection.receive();
    assert.equal(await message?.text(), 'a question');
    const answer = once(pair.client, 'message');
    await connection.send(
      (async function* () {
        yield 'an answer ';
        yield 'in pieces';
      })(),
    );
    assert.equal(String((await answer)[0]), 'an answer in pieces');
    assert.equal(connection.stats.messagesReceived, 1);
    const closed = once(pair.server, 'close');
    await connection.close(1000);
    assert.equal((await closed)[0], 1000);
    await pair.end();
  });

  it('refuses with verifyClient, and tells a client of it', async () => {
    const http = createServer();
    const server = new OurServer({
      server: http,
      verifyClient: ({ origin }, answer) => answer(origin === 'https://good.example', 403, 'no'),
    });
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    const url = `ws://127.0.0.1:${(http.address() as AddressInfo).port}`;
    const refused = new OurWebSocket(url, { origin: 'https://bad.example' });
    const [, response] = (await once(refused, 'unexpected-response')) as [unknown, { statusCode: number }];
    assert.equal(response.statusCode, 403);
    refused.on('error', () => undefined);
    refused.terminate();
    const accepted = new RealWebSocket(url, { origin: 'https://good.example' });
    await once(accepted, 'open');
    accepted.terminate();
    server.close();
    http.close();
  });
});
