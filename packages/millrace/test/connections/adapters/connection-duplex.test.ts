import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Readable, type Duplex } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { describe, it } from 'node:test';

import {
  ConnectionClosedError,
  LocalUsageError,
  connect,
  serve,
  type WebSocketConnection,
} from '../../../src/index.ts';
import { concat } from '../../helpers/bytes.ts';
import { randomBytes } from '../../helpers/random.ts';
import { settle, wrappedPair, wrappedServer } from '../../helpers/wrapped-pair.ts';

const KIB = 1024;

async function readAll(stream: Duplex): Promise<unknown[]> {
  const items: unknown[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

async function readText(stream: Duplex): Promise<string> {
  return Buffer.concat((await readAll(stream)) as Uint8Array[]).toString();
}

/** All messages that come, until the connection is over: `text hello`, `binary hello`. */
async function describeMessages(connection: WebSocketConnection): Promise<string[]> {
  const lines: string[] = [];
  for await (const message of connection) lines.push(`${message.type} ${await message.text()}`);
  return lines;
}

function isClosedWith(code: number): (error: unknown) => boolean {
  return (error) => error instanceof ConnectionClosedError && error.closure.code === code;
}

describe('duplex', () => {
  it('reads the payload of all messages as one stream of bytes', async () => {
    const [client, server] = wrappedPair();

    await client.send('Grüße');
    await client.send(new Uint8Array(0));
    await client.send(Buffer.from(', Welt'));
    void client.close();

    assert.equal(await readText(server.duplex()), 'Grüße, Welt');
  });

  it('sends each write as a binary message, and closes with 1000 behind them', async () => {
    const [client, server] = wrappedPair();
    const stream = client.duplex();

    stream.write('one');
    stream.write(Buffer.from('two'));
    stream.end('three');

    assert.deepEqual(await describeMessages(server), ['binary one', 'binary two', 'binary three']);
    assert.equal((await server.closed).code, 1000);
  });

  it('finishes when the peer has answered the Close, which says that it has all', async () => {
    const [server, peer] = wrappedServer();
    const stream = server.duplex();
    stream.resume();
    stream.end('all');
    await peer.nextFrame();
    const close = await peer.nextFrame();
    assert.equal(stream.writableFinished, false);

    peer.sendClose(1000);
    peer.end();
    await finished(stream);

    assert.equal(close.opcode, 8);
    assert.equal(stream.destroyed, true);
  });

  it('carries megabytes both ways through pipelines', async () => {
    const [client, server] = wrappedPair();
    const bytes = randomBytes(5_000_000, 1);
    const back: Uint8Array[] = [];
    const echo = server.duplex();
    const stream = client.duplex();

    const echoed = pipeline(
      echo,
      async function* (source) {
        for await (const chunk of source) yield chunk as Uint8Array;
      },
      echo,
    ).catch((error: unknown) => error);
    stream.on('data', (chunk: Uint8Array) => back.push(chunk));
    for (let start = 0; start < bytes.length; start += 300_000) {
      if (!stream.write(bytes.subarray(start, start + 300_000))) await once(stream, 'drain');
    }
    while (back.reduce((size, { length }) => size + length, 0) < bytes.length) await once(stream, 'data');
    stream.end();
    await finished(stream);
    await echoed;

    assert.equal(Buffer.compare(concat(back), bytes), 0);
  });

  it('is a stream of messages in object mode, with their types', async () => {
    const [client, server] = wrappedPair();
    const stream = client.duplex({ objectMode: true });

    stream.write('text');
    stream.write('');
    stream.end(Uint8Array.of(1, 2));

    assert.deepEqual(await readAll(server.duplex({ objectMode: true })), ['text', '', Uint8Array.of(1, 2)]);
  });

  it('sends bytes as text if it is told to; a character that is cut goes out with its end', async () => {
    const [client, server] = wrappedPair();
    const stream = client.duplex({ type: 'text' });
    const bytes = Buffer.from('aß');

    stream.write(bytes.subarray(0, 2));
    stream.write(bytes.subarray(2));
    stream.end('\u{feff}b');

    assert.deepEqual(await describeMessages(server), ['text a', 'text ß', 'text \u{feff}b']);
  });

  for (const [name, bytes] of [
    ['bytes that are not UTF-8', [0xff]],
    ['half a character', [0xc3]],
  ] as const) {
    it(`fails for ${name} as text, with 1011`, async () => {
      const [client, server] = wrappedPair();
      const stream = client.duplex({ type: 'text' });

      stream.end(Uint8Array.from(bytes));

      await assert.rejects(finished(stream), LocalUsageError);
      assert.equal((await server.closed).code, 1011);
      assert.ok((await client.closed).error instanceof LocalUsageError);
    });
  }

  it('takes no more than the peer reads', async () => {
    const [client, server] = wrappedPair();
    let taken = 0;
    const source = function* (): Generator<Uint8Array> {
      for (; taken < 10_000 * KIB; taken += 10 * KIB) yield new Uint8Array(10 * KIB);
    };

    const sent = pipeline(source, client.duplex());
    await settle();
    const takenUnread = taken;
    const received = readAll(server.duplex());
    await sent;

    assert.ok(takenUnread < 600 * KIB, String(takenUnread));
    assert.equal(concat((await received) as Uint8Array[]).length, 10_000 * KIB);
  });

  it('reads no more ahead than its reader takes', async () => {
    const [client, server] = wrappedPair();
    const stream = server.duplex();
    let sent = 0;

    const sending = (async () => {
      for (; sent < 10_000 * KIB; sent += 10 * KIB) await client.send(new Uint8Array(10 * KIB));
      await client.close();
    })();
    stream.once('readable', () => undefined);
    await settle();
    const sentUnread = sent;
    stream.resume();
    await sending;

    assert.ok(sentUnread < 600 * KIB, String(sentUnread));
  });

  for (const code of [1000, undefined]) {
    it(`ends when the peer closes with ${String(code ?? 'no code')}`, async () => {
      const [server, peer] = wrappedServer();
      peer.sendText('last words');
      peer.sendClose(code);
      peer.end();

      assert.equal(await readText(server.duplex()), 'last words');
    });
  }

  it('is over when the peer has closed, for a source that is quiet and though nobody reads', async () => {
    const [client, server] = wrappedPair();
    const source = new Readable({ read: () => undefined });
    const stream = server.duplex();
    const piping = pipeline(source, stream);

    await client.close();

    await assert.rejects(piping);
    assert.equal(source.destroyed, true);
    assert.equal(stream.destroyed, true);
  });

  it('is over, in both directions, when the peer has closed and all is read', async () => {
    const [client, server] = wrappedPair();
    const stream = server.duplex();
    stream.resume();

    await client.close();
    await finished(stream);

    assert.equal(stream.writableFinished, true);
  });

  for (const code of [1000, 1001]) {
    it(`ends behind what came when the peer closes with ${String(code)}`, async () => {
      const [client, server] = wrappedPair();
      await client.send('last words');
      void client.close(code);

      const received: string[] = [];
      for await (const chunk of server.duplex()) received.push(String(chunk));

      assert.deepEqual(received, ['last words']);
    });
  }

  it('has finished where its end crosses the Close of a peer that goes away', async () => {
    const [server, peer] = wrappedServer();
    const stream = server.duplex();
    stream.resume();

    stream.end('last words');
    peer.sendClose(1001);
    peer.end();

    await finished(stream);
    assert.equal((await server.closed).code, 1001);
  });

  for (const code of [1011, 4000]) {
    it(`fails behind what came when the peer closes with ${String(code)}`, async () => {
      const [client, server] = wrappedPair();
      await client.send('last words');
      void client.close(code);
      const received: string[] = [];

      const reading = pipeline(server.duplex(), async (source) => {
        for await (const chunk of source) received.push(String(chunk));
      });

      await assert.rejects(reading, isClosedWith(code));
      assert.deepEqual(received, ['last words']);
    });
  }

  it('fails when the connection is lost, with the process alive though nobody listens', async () => {
    const [client, server] = wrappedPair();
    const unread = server.duplex();
    const errors: Error[] = [];

    client.drop();
    await server.closed;
    await settle();
    unread.on('error', (error) => errors.push(error));

    assert.equal(unread.destroyed, true);
    assert.ok(isClosedWith(1006)(unread.errored));
    assert.deepEqual(errors, []);
  });

  it('fails a write to a connection that is over', async () => {
    const [client, server] = wrappedPair();
    const stream = client.duplex();
    await server.close();

    stream.write('too late');

    await assert.rejects(finished(stream), isClosedWith(1000));
  });

  it('closes with 1001 when it is destroyed, also by a reader that leaves', async () => {
    const [client, server] = wrappedPair();
    await server.send('one');
    await server.send('two');

    for await (const chunk of client.duplex()) {
      assert.equal(String(chunk), 'one');
      break;
    }

    assert.equal((await server.closed).code, 1001);
    assert.equal((await client.closed).wasClean, true);
  });

  it('fails the connection with 1011 when it is destroyed with an error', async () => {
    const [client, server] = wrappedPair();
    const error = new Error('the disk is full');

    client.duplex().destroy(error);

    assert.equal((await server.closed).code, 1011);
    assert.equal((await client.closed).error, error);
  });

  it('tells its misuse', async (t) => {
    const server = await serve(
      { port: 0, host: '127.0.0.1' },
      {
        open: (connection) => {
          assert.throws(() => connection.duplex(), LocalUsageError);
          assert.throws(() => connection.readable, LocalUsageError);
          void connection.close(1000, 'thrown');
        },
      },
    );
    t.after(() => server.close());
    const client = await connect(server.url);

    assert.equal((await client.closed).reason, 'thrown');
    assert.throws(() => client.duplex({ type: 'blob' as never }), LocalUsageError);
  });
});
