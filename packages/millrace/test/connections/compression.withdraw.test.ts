import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';

import { ConnectionClosedError, LocalUsageError, connect, serve, type WebSocketConnection } from '../../src/index.ts';
import { createDeferred } from '../../src/engine/deferred.ts';
import { randomBytes } from '../helpers/random.ts';
import { turns } from '../helpers/sending.ts';

const MIB = 1024 * 1024;

/** More than any socket takes for a peer that does not read. */
const LARGE = randomBytes(24 * MIB, 1);

const LIMITS = { maxMessageSize: 64 * MIB, maxBufferedAmount: 64 * MIB };

interface Busy {
  readonly connection: WebSocketConnection;
  /** Has the peer read; gives the sizes of the messages that it has got when the connection is closed. */
  readonly finish: () => Promise<number[]>;
}

/** A connection that is compressing a message, and cannot go on with it. */
async function connectBusy(t: TestContext): Promise<Busy> {
  const gate = createDeferred<undefined>();
  const received = createDeferred<number[]>();
  const options = { port: 0, host: '127.0.0.1', compression: true, ...LIMITS };
  const server = await serve(options, async (connection) => {
    await gate.promise;
    const sizes: number[] = [];
    for await (const message of connection) sizes.push((await message.bytes()).length);
    received.resolve(sizes);
  });
  t.after(() => server.close({ timeout: 100 }));
  const connection = await connect(server.url, { compression: true, ...LIMITS });
  const sending = connection.send(LARGE);
  return {
    connection,
    async finish() {
      gate.resolve(undefined);
      await sending;
      await connection.close();
      return received.promise;
    },
  };
}

const SENDS: Readonly<Record<string, (connection: WebSocketConnection, signal: AbortSignal) => Promise<unknown>>> = {
  'a short text': (connection, signal) => connection.send('short', { signal }),
  'short bytes': (connection, signal) => connection.send(randomBytes(10, 2), { signal }),
  'a long text': (connection, signal) => connection.send('long '.repeat(20_000), { signal }),
  'long bytes': (connection, signal) => connection.send(randomBytes(100_000, 3), { signal }),
  'a message that is not to be compressed': (connection, signal) =>
    connection.send(randomBytes(100_000, 4), { signal, compress: false }),
  'a stream whose first pieces were written': (connection, signal) =>
    connection.send(endless(), { signal, type: 'binary' }),
};

async function* endless(): AsyncGenerator<Uint8Array> {
  for (;;) {
    yield new Uint8Array(10);
    await turns(1);
  }
}

describe('What waits for the compression of another message', () => {
  for (const [what, send] of Object.entries(SENDS)) {
    it(`is withdrawn by its signal: ${what}`, async (t) => {
      const { connection, finish } = await connectBusy(t);
      const abort = new AbortController();

      const withdrawn = send(connection, abort.signal);
      withdrawn.catch(() => undefined);
      await turns(5);
      abort.abort(new Error('enough'));
      await assert.rejects(withdrawn, { message: 'enough' });
      const kept = connection.send('kept');

      assert.deepEqual(await finish(), [LARGE.length, 4]);
      await kept;
      assert.equal((await connection.closed).wasClean, true);
    });
  }

  it('is withdrawn though pieces of it were written', async (t) => {
    const { connection, finish } = await connectBusy(t);
    const abort = new AbortController();
    const writer = await connection.beginMessage('binary', { signal: abort.signal, compress: true });
    void writer.write(randomBytes(100_000, 5));
    void writer.writeFrame(randomBytes(10, 6));
    await turns(5);

    abort.abort();
    await assert.rejects(writer.write('more'), LocalUsageError);
    const kept = connection.send('kept');

    assert.deepEqual(await finish(), [LARGE.length, 4]);
    await kept;
    assert.equal((await connection.closed).wasClean, true);
  });

  it('fails the connection when a frame of declared length is open in it: nothing could end that', async (t) => {
    const { connection } = await connectBusy(t);
    const writer = await connection.beginMessage('binary');
    const frame = writer.beginFrame(10);

    writer.abort(new Error('enough'));

    assert.equal((await connection.closed).error?.message, 'enough');
    await assert.rejects(frame.write(randomBytes(10, 9)), ConnectionClosedError);
  });

  it('is withdrawn when its turn has come, and it waits for that', async (t) => {
    const { connection, finish } = await connectBusy(t);
    const abort = new AbortController();
    const writer = await connection.beginMessage('text');
    const withdrawn = connection.send(randomBytes(100_000, 7), { signal: abort.signal });

    void writer.end();
    abort.abort(new Error('enough'));
    await assert.rejects(withdrawn, { message: 'enough' });

    assert.deepEqual(await finish(), [LARGE.length, 0]);
  });

  it('goes its way when all of it was given to be compressed, though nobody waits for it any more', async (t) => {
    const { connection, finish } = await connectBusy(t);
    const abort = new AbortController();
    const sent = connection.send(randomBytes(200_000, 8), { signal: abort.signal });

    const sizes = await finish();
    await sent;
    abort.abort(new Error('too late'));

    assert.deepEqual(sizes, [LARGE.length, 200_000]);
  });
});
