import assert from 'node:assert/strict';
import { it } from 'node:test';

import { ENTRY_COST } from '../../../src/protocol/base/costs.ts';
import { ConnectionClosedError, LocalUsageError } from '../../../src/index.ts';
import { concat } from '../../helpers/bytes.ts';
import { describeInBothWays } from '../../helpers/hook-peers.ts';
import { CLOSE, acceptRaw, sendCut, sent, turns, until } from '../../helpers/message-peers.ts';

/** More than is read ahead. */
const LONG = new Uint8Array(300_000).map((_, index) => index % 251);

/** The most that is read at a time where what comes is copied, in bytes. */
const LARGEST_READ = 256 * 1024;

describeInBothWays('Receiving messages', (reading) => {
  const options = { ...reading, keepAlive: false as const };

  it('gives them in order, then undefined after a clean close', async (t) => {
    const { connection, peer } = await acceptRaw(t, options);
    peer.send(concat([sent('a'), sent('b', 0x82), sent('', 0x82), CLOSE]));

    const first = await connection.receive();
    assert.deepEqual([first?.type, await first?.text()], ['text', 'a']);
    const second = await connection.receive();
    assert.deepEqual([second?.type, await second?.text()], ['binary', 'b']);
    assert.deepEqual(await (await connection.receive())?.bytes(), new Uint8Array(0));
    assert.equal(await connection.receive(), undefined);
    assert.equal(await connection.receive(), undefined);
  });

  it('iterates over them, and ends with the connection', async (t) => {
    const { connection, peer } = await acceptRaw(t, options);
    peer.send(concat([sent('a'), sent('b'), CLOSE]));

    const texts: string[] = [];
    for await (const message of connection) texts.push(await message.text());

    assert.deepEqual(texts, ['a', 'b']);
    assert.equal((await connection.closed).wasClean, true);
  });

  it('closes the connection when a loop over them is left', async (t) => {
    const { connection, peer } = await acceptRaw(t, options);
    peer.send(concat([sent('a'), sent('b')]));

    for await (const message of connection) {
      assert.equal(await message.text(), 'a');
      break;
    }

    assert.deepEqual(await peer.describe(1), ['88: 03 e8']);
  });

  it('throws when the connection ends otherwise, after what has come', async (t) => {
    const { connection, peer } = await acceptRaw(t, options);
    await sendCut({ connection, peer }, [concat([sent('a'), sent('b')])]);
    peer.socket.resetAndDestroy();
    await connection.closed;

    const texts: string[] = [];
    await assert.rejects(async () => {
      for await (const message of connection) texts.push(await message.text());
    }, ConnectionClosedError);

    assert.deepEqual(texts, ['a', 'b']);
    await assert.rejects(connection.receive(), ConnectionClosedError);
  });

  it('gives them by expectMessage(), which throws at the end, however the connection has ended', async (t) => {
    const { connection, peer } = await acceptRaw(t, options);
    const aborted = connection.expectMessage({ signal: AbortSignal.abort(new Error('enough')) });
    await assert.rejects(aborted, { message: 'enough' });
    peer.send(concat([sent('a'), CLOSE]));

    assert.equal(await (await connection.expectMessage()).text(), 'a');
    const end = await connection.expectMessage().catch((error: unknown) => error);

    assert.ok(end instanceof ConnectionClosedError);
    assert.equal(end.closure, await connection.closed);
    assert.equal(end.closure.code, 1000);
    assert.equal(await connection.receive(), undefined);
  });

  it('gives a message when it begins', async (t) => {
    const { connection, peer } = await acceptRaw(t, options);
    const receiving = connection.receive();
    peer.send(sent('ab', 0x01));

    const text = (await receiving)?.text();
    peer.send(sent('c', 0x80));

    assert.equal(await text, 'abc');
  });

  it('gives each of two who wait its message, the second when the first is read', async (t) => {
    const { connection, peer } = await acceptRaw(t, options);
    const order: string[] = [];
    const [first, second] = [connection.receive(), connection.receive()];
    void second.then(() => order.push('second'));
    peer.send(concat([sent('a'), sent('b')]));

    const message = await first;
    await turns();
    order.push('first read');
    assert.equal(await message?.text(), 'a');

    assert.equal(await (await second)?.text(), 'b');
    assert.deepEqual(order, ['first read', 'second']);
  });

  it('lets two loops share the messages', async (t) => {
    const { connection, peer } = await acceptRaw(t, options);
    const texts: string[] = [];
    const loop = async (): Promise<void> => {
      for await (const message of connection) {
        await Promise.resolve();
        texts.push(await message.text());
      }
    };
    const loops = [loop(), loop()];
    peer.send(concat([...['a', 'b', 'c', 'd', 'e'].map((text) => sent(text)), CLOSE]));

    await Promise.all(loops);

    assert.deepEqual(texts, ['a', 'b', 'c', 'd', 'e']);
  });

  it('discards a message that nobody reads when the next is asked for', async (t) => {
    const { connection, peer } = await acceptRaw(t, options);
    peer.send(concat([sent(LONG, 0x82), sent('b')]));

    const first = await connection.receive();
    const second = await connection.receive();

    assert.equal(await second?.text(), 'b');
    await assert.rejects(first?.text() ?? Promise.resolve(), LocalUsageError);
    assert.throws(() => first?.frames(), { name: 'LocalUsageError', message: /discarded/ });
  });

  it('waits for a message that is being read', async (t) => {
    const { connection, peer } = await acceptRaw(t, options);
    peer.send(concat([sent(LONG, 0x82), sent('b')]));
    const first = await connection.receive();
    assert.ok(first !== undefined);
    const chunks = first[Symbol.asyncIterator]();
    await chunks.next();

    let isThere = false;
    const second = connection.receive().finally(() => (isThere = true));
    await turns();
    assert.equal(isThere, false);
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next());

    assert.equal(await (await second)?.text(), 'b');
  });

  it('takes one who waits away when its signal is aborted', async (t) => {
    const { connection, peer } = await acceptRaw(t, options);
    const abort = new AbortController();
    const [first, second, third] = [
      connection.receive(),
      connection.receive({ signal: abort.signal }),
      connection.receive(),
    ];

    abort.abort(new Error('enough'));
    peer.send(concat([sent('a'), sent('b')]));

    await assert.rejects(second, { message: 'enough' });
    assert.equal(await (await first)?.text(), 'a');
    assert.equal(await (await third)?.text(), 'b');
  });

  it('takes nothing and discards nothing with a signal that was aborted before', async (t) => {
    const { connection, peer } = await acceptRaw(t, options);
    peer.send(concat([sent('a'), sent('b')]));
    const first = await connection.receive();

    await assert.rejects(connection.receive({ signal: AbortSignal.abort(new Error('before')) }), { message: 'before' });

    assert.equal(await first?.text(), 'a');
    assert.equal(await (await connection.receive())?.text(), 'b');
  });

  it('gives the whole messages that waited when the connection has ended, and the beginning of one', async (t) => {
    const { connection, peer } = await acceptRaw(t, options);
    peer.send(concat([sent('a'), sent('b', 0x01), CLOSE]));
    assert.equal((await connection.closed).wasClean, true);

    assert.equal(await (await connection.receive())?.text(), 'a');
    const half = await connection.receive();
    assert.ok(half !== undefined);
    const chunks = half[Symbol.asyncIterator]();
    assert.deepEqual(await chunks.next(), { done: false, value: new Uint8Array(Buffer.from('b')) });
    await assert.rejects(chunks.next(), ConnectionClosedError);
    assert.equal(await connection.receive(), undefined);
  });

  it('does not wait at the end of the connection for a reader that has stopped', async (t) => {
    const { connection, peer } = await acceptRaw(t, options);
    peer.send(concat([sent('a', 0x01), sent('b', 0x80), sent('c'), CLOSE]));
    const first = await connection.receive();
    await first?.[Symbol.asyncIterator]().next();

    const [second, third] = await Promise.all([connection.receive(), connection.receive()]);

    assert.equal(await second?.text(), 'c');
    assert.equal(third, undefined);
  });

  it('receives no more than readAhead and one read ahead, however small the messages are', async (t) => {
    const FLOODS: [name: string, unit: Uint8Array][] = [
      ['empty messages', sent('', 0x82)],
      ['messages of a byte', sent('a', 0x82)],
      ['a message of empty frames', sent('', 0x00)],
      ['a message of frames of a byte', sent('a', 0x00)],
      ['long messages', sent(LONG, 0x82)],
    ];
    for (const [name, unit] of FLOODS) {
      const readAhead = 10_000;
      const { connection, peer } = await acceptRaw(t, { ...options, readAhead });
      const flood = concat(Array.from({ length: Math.ceil(4_000_000 / unit.length) }, () => unit));
      peer.send(unit[0] === 0 ? concat([sent('', 0x02), flood]) : flood);
      await until(() => connection.stats.bytesReceived > 0);
      await turns(20);

      const { bytesReceived, framesReceived } = connection.stats;
      assert.ok(bytesReceived <= LARGEST_READ, `${name}: ${String(bytesReceived)} bytes`);
      assert.ok(framesReceived <= readAhead / ENTRY_COST + 1, `${name}: ${String(framesReceived)} frames`);
      connection.drop();
    }
  });

  for (const readAhead of [0, 1, 1000, 65_536, Infinity]) {
    it(`gives all of each message with readAhead ${String(readAhead)}, whichever way it waited`, async (t) => {
      const { connection, peer } = await acceptRaw(t, { ...options, readAhead });
      const halves = [sent(LONG, 0x02), sent(LONG, 0x80)];
      peer.send(
        concat([sent('', 0x82), ...halves, ...halves, sent('a', 0x01), sent('', 0x00), sent('b', 0x80), CLOSE]),
      );
      await turns(20);

      assert.equal((await (await connection.receive())?.bytes())?.length, 0);
      assert.deepEqual(await (await connection.receive())?.bytes(), concat([LONG, LONG]));
      const chunks: Uint8Array[] = [];
      for await (const chunk of (await connection.receive()) ?? []) {
        await turns(1);
        chunks.push(chunk);
      }
      assert.deepEqual(concat(chunks), concat([LONG, LONG]));
      assert.equal(await (await connection.receive())?.text(), 'ab');
      assert.equal(await connection.receive(), undefined);
    });
  }

  it('finds the Close of the peer behind messages that nobody reads, once it is closed from here', async (t) => {
    const { connection, peer } = await acceptRaw(t, { ...options, readAhead: 1000 });
    peer.send(concat([sent('a'), sent(LONG, 0x82), sent('c')]));
    await until(() => connection.stats.bytesReceived > 0);

    const closing = connection.close(1000);
    assert.deepEqual(await peer.describe(1), ['88: 03 e8']);
    peer.send(CLOSE);

    assert.equal((await closing).wasClean, true);
    assert.equal(await (await connection.receive())?.text(), 'a');
    await assert.rejects((await connection.receive())?.bytes() ?? Promise.resolve(), ConnectionClosedError);
    assert.equal(await connection.receive(), undefined);
  });

  it('goes on while it is closing, as long as somebody reads', async (t) => {
    const { connection, peer } = await acceptRaw(t, options);
    const closing = connection.close();
    const receiving = connection.receive();
    peer.send(concat([sent('a'), sent('b'), CLOSE]));

    assert.equal(await (await receiving)?.text(), 'a');
    assert.equal(await (await connection.receive())?.text(), 'b');
    assert.equal((await closing).wasClean, true);
  });

  it('fails a loop over messages that nobody awaits without an unhandled rejection', async (t) => {
    const { connection, peer } = await acceptRaw(t, options);
    const messages = connection[Symbol.asyncIterator]();
    void messages.next();
    void connection.receive();
    peer.socket.resetAndDestroy();
    await connection.closed;
    await turns();

    await assert.rejects(messages.next(), ConnectionClosedError);
  });
});
