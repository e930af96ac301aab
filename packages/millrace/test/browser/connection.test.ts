import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it, type TestContext } from 'node:test';

import { connect, type ConnectOptions } from '../../src/browser/index.ts';
import type { BrowserConnection } from '../../src/browser/connection.ts';
import type { WebSocketConnection as NodeConnection } from '../../src/index.ts';
import { startServing } from '../helpers/message-peers.ts';
import { INTERFACES, becomeBrowser } from './browser.ts';

async function echo(connection: NodeConnection): Promise<void> {
  for await (const message of connection) await connection.send(message, { type: message.type });
}

for (const which of INTERFACES) {
  describe(`A connection of a browser, over ${which}`, () => {
    async function open(
      t: TestContext,
      handler: (connection: NodeConnection) => Promise<void> = echo,
      options: ConnectOptions = {},
    ): Promise<BrowserConnection> {
      becomeBrowser(t, which);
      const server = await startServing(t, handler);
      const connection = await connect(server.url, options);
      t.after(() => connection.drop());
      return connection;
    }

    it('exchanges text and bytes, in order', async (t) => {
      const connection = await open(t);

      await connection.send('text');
      await connection.send(Uint8Array.of(1, 2).subarray(1));
      await connection.send('');

      const first = await connection.expectMessage();
      assert.deepEqual([first.type, await first.text()], ['text', 'text']);
      const second = await connection.expectMessage();
      assert.deepEqual([second.type, [...(await second.bytes())]], ['binary', [2]]);
      assert.equal(await (await connection.expectMessage()).text(), '');
    });

    it('sends in one message what comes in pieces, and lets nothing in between', async (t) => {
      const connection = await open(t);
      const writer = await connection.beginMessage('text');

      const sending = [connection.send(new Blob(['from a ', 'Blob'])), connection.send('last')];
      await writer.write('\ud83d');
      await writer.write('\ude00');
      await writer.write(Uint8Array.of(0xc3));
      await writer.write(Uint8Array.of(0xa9));
      await writer.end();
      await Promise.all(sending);

      const texts: string[] = [];
      for (let n = 0; n < 3; n++) texts.push(await (await connection.expectMessage()).text());
      assert.deepEqual(texts, ['😀é', 'from a Blob', 'last']);
    });

    it('reads a message piece by piece, as a stream, and once', async (t) => {
      const connection = await open(t);
      const big = new Uint8Array(200_000).fill(7);
      await connection.send(big);
      await connection.send(big);

      const message = await connection.expectMessage();
      const sizes: number[] = [];
      for await (const piece of message) sizes.push(piece.length);
      await assert.rejects(message.bytes(), { name: 'LocalUsageError' });
      const streamed = await new Response((await connection.expectMessage()).readable).arrayBuffer();

      assert.deepEqual([sizes, streamed.byteLength], [[65_536, 65_536, 65_536, 3392], 200_000]);
    });

    it('ends the loop when the peer closes, and says how', async (t) => {
      const connection = await open(t, async (peer) => {
        await peer.send('only');
        await peer.close(1000, 'done');
      });

      const texts: string[] = [];
      for await (const message of connection) texts.push(await message.text());

      assert.deepEqual(texts, ['only']);
      const { code, reason, wasClean, initiator } = await connection.closed;
      assert.deepEqual([code, reason, wasClean, initiator], [1000, 'done', true, 'remote']);
      await assert.rejects(connection.send('late'), { name: 'ConnectionClosedError' });
    });

    it('fails the loop when the connection was lost', async (t) => {
      const connection = await open(t, async (peer) => {
        peer.drop();
        await peer.closed;
      });

      await assert.rejects(connection.receive(), { name: 'ConnectionClosedError' });
      const { code, wasClean, error } = await connection.closed;
      assert.deepEqual([code, wasClean, error?.name], [1006, false, 'TransportError']);
    });

    it('closes with the codes that browsers take, behind what was sent', async (t) => {
      const [received, closed]: [string[], number[]] = [[], []];
      const connection = await open(t, async (peer) => {
        for await (const message of peer) received.push(await message.text());
        closed.push((await peer.closed).code);
      });

      await assert.rejects(connection.close(1001), { name: 'LocalUsageError' });
      void connection.send('before');
      const closure = await connection.close();

      assert.deepEqual([closure.code, closure.initiator, connection.state], [1000, 'application', 'closed']);
      assert.deepEqual(received, ['before']);
    });

    it('hands a message to the next who asks, if who asked for it has given up', async (t) => {
      const connection = await open(t);
      const controller = new AbortController();
      const given = connection.receive({ signal: controller.signal });

      controller.abort(new Error('no longer'));
      await connection.send('kept');

      await assert.rejects(given, /no longer/);
      assert.equal(await (await connection.expectMessage()).text(), 'kept');
    });

    it('refuses to read whole what is longer than maxMessageSize', async (t) => {
      const connection = await open(t, echo, { maxMessageSize: 3 });
      await connection.send('four');

      await assert.rejects((await connection.expectMessage()).text(), { name: 'LimitExceededError' });
      assert.equal((await connection.closed).initiator, 'engine');
    });

    it('is a readable and a writable stream', async (t) => {
      const connection = await open(t);
      const writer = connection.writable.getWriter();
      const reader = connection.readable.getReader();

      await writer.write('through streams');
      const { value } = await reader.read();
      await writer.close();

      assert.equal(value, 'through streams');
      assert.equal((await connection.closed).code, 1000);
    });

    it('calls callbacks', async (t) => {
      becomeBrowser(t, which);
      const server = await startServing(t, echo);
      const journal: string[] = [];
      const done = new EventTarget();
      const ended = once(done, 'end');

      const connection = await connect(
        server.url,
        { onConnect: () => ({ context: 'mine' }) },
        {
          open: (from) => from.send('called'),
          message: async (from, data) => {
            journal.push(`${String(from.context)}: ${String(data)}`);
            await Promise.resolve();
            throw new Error('enough');
          },
          error: (_from, error) => void journal.push(error.message),
          close: (_from, { code }) => {
            journal.push(String(code));
            done.dispatchEvent(new Event('end'));
          },
        },
      );
      await ended;

      assert.deepEqual(journal, ['mine: called', 'enough', '4011']);
      await assert.rejects(connection.receive(), /go to callbacks/);
    });

    it('says that there is no connection, and not why', async (t) => {
      becomeBrowser(t, which);

      await assert.rejects(connect('ws://127.0.0.1:1/'), { name: 'TransportError' });
    });

    it('says what a browser cannot do', async (t) => {
      const connection = await open(t);
      await connection.send('x');
      const message = await connection.expectMessage();

      await assert.rejects(connection.ping(), /connection.ping is not available in a browser/);
      assert.throws(() => connection.stats, /connection.stats is not available/);
      assert.throws(() => message.frames(), /message.frames is not available/);
      await assert.rejects(
        connect('ws://127.0.0.1:1', Object.assign({ subprotocols: [] }, { headers: {} })),
        /option headers is not/,
      );
      await assert.rejects(connect('ftp://127.0.0.1'), { name: 'LocalUsageError' });
    });
  });
}

describe('A connection of a browser, over WebSocket', () => {
  it('fails when more waits to be read than it may hold, as it cannot tell the server to wait', async (t) => {
    becomeBrowser(t, 'WebSocket');
    const server = await startServing(t, async (peer) => {
      for (let n = 0; n < 6 && peer.state === 'open'; n++) await peer.send(new Uint8Array(4_000_000));
      await peer.closed;
    });

    const connection = await connect(server.url);
    const closure = await connection.closed;

    assert.equal(closure.error?.name, 'LimitExceededError');
    assert.equal(closure.sent?.code, 4009);
  });
});

describe('A connection of a browser, over WebSocketStream', () => {
  it('has the server wait while nobody reads', async (t) => {
    becomeBrowser(t, 'WebSocketStream');
    let sent = 0;
    const server = await startServing(t, async (peer) => {
      for (; sent < 64 && peer.state === 'open'; sent++) await peer.send(new Uint8Array(1_000_000));
    });
    const connection = await connect(server.url);

    let received = 0;
    for await (const message of connection) {
      if (received === 1) assert.ok(sent < 40, `${String(sent)} messages were sent while two were read`);
      received += (await message.bytes()).length > 0 ? 1 : 0;
    }

    assert.equal(received, 64);
  });
});
