import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';

import { AsyncContext } from '../../src/engine/async-context.ts';
import { ConnectionClosedError } from '../../src/protocol/base/errors.ts';
import { PreparedMessage } from '../../src/protocol/send/prepared-message.ts';
import { hex, toHex } from '../helpers/bytes.ts';
import { Engine } from '../helpers/engine.ts';
import { LOSSES, losablePayload } from '../helpers/lost-payload.ts';
import { describeFrame, fateOf, turns } from '../helpers/sending.ts';

async function nextFrame({ peer }: Engine): Promise<string> {
  return describeFrame(await peer.nextFrame());
}

const isEnd = (error: unknown): boolean => error instanceof ConnectionClosedError;

describe('EngineConnection.send', () => {
  it('resolves at once for little, without a promise of its own', async (t) => {
    const connected = new Engine(t);
    const { engine } = connected;

    const sent = [
      engine.send('a', 1),
      engine.send(hex('01'), 2),
      engine.sendPrepared(new PreparedMessage(hex('02'), 2)),
    ];
    assert.equal(new Set(sent).size, 1);
    await Promise.all(sent);

    for (const frame of ['81: 61', '82: 01', '82: 02']) assert.equal(await nextFrame(connected), frame);
  });

  it('resolves when the bytes are the caller’s again, and the output is below the mark', async (t) => {
    const connected = new Engine(t, { options: { highWaterMark: 1000 } });
    const { engine } = connected;
    connected.block();
    const payload = new Uint8Array(2000).fill(1);

    const [sent, prepared] = [engine.send(payload, 2), engine.sendPrepared(new PreparedMessage(hex('02'), 2))];
    assert.equal(await fateOf(sent), 'pending');
    assert.equal(await fateOf(prepared), 'pending');
    assert.deepEqual(connected.log, ['high water', 'high water']);
    connected.unblock();
    await Promise.all([sent, prepared]);

    assert.equal(engine.bufferedAmount, 0);
    assert.ok(connected.log.includes('drain'));
  });

  it('waits behind an open message: small ones in copies at once, large ones until their turn has come', async (t) => {
    const connected = new Engine(t, { options: { highWaterMark: 2000 } });
    const { engine } = connected;
    const { sender } = engine.connection;
    sender.beginMessage(2);
    const [small, large] = [new Uint8Array(10).fill(1), new Uint8Array(3000).fill(2)];

    const [first, second] = [engine.send(small, 2), engine.send(large, 2)];
    small.fill(9);
    assert.equal(await fateOf(first), 'resolved');
    assert.equal(await fateOf(second), 'pending');
    assert.equal(engine.bufferedAmount, 3010);
    sender.endMessage();
    await second;

    assert.equal(await nextFrame(connected), '82:');
    assert.equal((await connected.peer.nextFrame()).payload[0], 1);
    assert.equal((await connected.peer.nextFrame()).payload.length, 3000);
  });

  it('is withdrawn by its signal while it waits for its turn', async (t) => {
    const connected = new Engine(t, { options: { highWaterMark: 0 } });
    const { engine } = connected;
    const abort = new AbortController();
    engine.connection.sender.beginMessage(2);

    const [kept, withdrawn] = [engine.send('kept', 1), engine.send('withdrawn', 1, abort.signal)];
    abort.abort(new Error('enough'));
    await assert.rejects(withdrawn, { message: 'enough' });
    engine.connection.sender.endMessage();
    await kept;

    assert.equal(await nextFrame(connected), '82:');
    assert.equal(await nextFrame(connected), '81: 6b 65 70 74');
    assert.equal(await fateOf(connected.peer.nextFrame()), 'pending');
  });

  it('is withdrawn also behind a close, and not sent with a signal that was aborted before', async (t) => {
    const connected = new Engine(t, { options: { highWaterMark: 0 } });
    const { engine } = connected;
    const abort = new AbortController();
    await assert.rejects(engine.send('never', 1, AbortSignal.abort(new Error('before'))), { message: 'before' });
    engine.connection.sender.beginMessage(2);
    const withdrawn = engine.send('withdrawn', 1, abort.signal);

    void engine.close(1000, '');
    abort.abort(new Error('enough'));
    await assert.rejects(withdrawn, { message: 'enough' });
    engine.connection.sender.endMessage();

    assert.equal(await nextFrame(connected), '82:');
    assert.equal(await nextFrame(connected), '88: 03 e8');
  });

  it('stops to wait by its signal for what is on its way', async (t) => {
    const connected = new Engine(t, { options: { highWaterMark: 0 } });
    connected.block();
    const abort = new AbortController();

    const sent = connected.engine.send('a', 1, abort.signal);
    assert.equal(await fateOf(sent), 'pending');
    abort.abort(new Error('enough'));

    await assert.rejects(sent, { message: 'enough' });
    connected.unblock();
    assert.equal(await nextFrame(connected), '81: 61', 'it was sent');
  });

  it('fails with the end of the connection, wherever it waits', async (t) => {
    const connected = new Engine(t, { options: { highWaterMark: 0 } });
    const { engine } = connected;
    connected.block();

    const waiting = [engine.send('a', 1), engine.send(new Uint8Array(70_000), 2), engine.drained()];
    engine.connection.sender.beginMessage(2);
    waiting.push(engine.send('queued', 1), engine.ended());
    await turns(1);
    connected.socket.destroy();

    for (const promise of waiting) await assert.rejects(promise, isEnd);
    await assert.rejects(engine.send('late', 1), isEnd);
    await assert.rejects(engine.sendPrepared(new PreparedMessage(hex('02'), 2)), isEnd);
    await assert.rejects(engine.ping(undefined), isEnd);
    await assert.rejects(engine.drained(), isEnd);
    assert.equal(engine.bufferedAmount, 0);
  });

  it('resolves with a clean end, before which all has left', async (t) => {
    const connected = new Engine(t, { options: { highWaterMark: 0 } });
    const { engine } = connected;
    const sent = [engine.send('a', 1), engine.drained()];
    const closed = engine.close(1000, '');
    for (const frame of ['81: 61', '88: 03 e8']) assert.equal(await nextFrame(connected), frame);
    connected.peer.sendClose(1000);
    connected.peer.end();
    await closed;

    await Promise.all(sent);
    await engine.sent(0);
  });

  it('fails where it is too much, with what the limit says', async (t) => {
    const connected = new Engine(t, { options: { highWaterMark: 0, maxBufferedAmount: 100 } });
    const { engine } = connected;
    connected.block();
    const first = engine.send('a', 1);
    await turns(1);

    const second = engine.send(new Uint8Array(1000), 2);
    connected.unblock();
    assert.equal(await nextFrame(connected), '81: 61');
    assert.match(await nextFrame(connected), /^88: 03 f0/);
    connected.peer.end();

    await assert.rejects(second, isEnd);
    await first.catch(() => undefined);
    assert.equal((await engine.closed).error?.name, 'LimitExceededError');
  });

  it('fails where it is too much behind an open message', async (t) => {
    const connected = new Engine(t, { options: { highWaterMark: 0, maxBufferedAmount: 100 } });
    const { engine } = connected;
    engine.connection.sender.beginMessage(2);
    engine.connection.sender.sendFrame(hex('01'));

    const sent = engine.send('a', 1);
    await connected.peer.nextFrame();
    connected.peer.end();

    await assert.rejects(sent, isEnd);
  });

  for (const loss of LOSSES) {
    it(`fails, with its connection, where a payload is ${loss} while it waits`, async (t) => {
      for (const place of ['behind an open message', 'in the output']) {
        const connected = new Engine(t, { options: { highWaterMark: 0 } });
        const { engine } = connected;
        const { bytes, lose } = losablePayload(loss, 100_000);
        connected.block();
        const first = engine.send('a', 1);
        await turns(1);
        if (place !== 'in the output') engine.connection.sender.beginMessage(2);
        const sent = engine.send(bytes, 2);

        lose();
        if (place !== 'in the output') engine.connection.sender.endMessage();
        connected.unblock();
        await connected.peer.nextFrame();
        if (place !== 'in the output') assert.equal(await nextFrame(connected), '82:');
        assert.equal(await nextFrame(connected), '88: 03 f3');
        connected.peer.end();

        // It has left; but in the output, there was too much behind it until that was given up.
        if (place === 'in the output') await assert.rejects(first, isEnd);
        else await first;
        await assert.rejects(sent, isEnd);
        const closure = await engine.closed;
        assert.equal(closure.error?.name, 'LocalUsageError');
        assert.ok(closure.unsentBytes >= 100_000);
        assert.deepEqual(connected.errors, []);
      }
    });
  }

  it('has the memory back when it resolves: a transfer after it does no harm', async (t) => {
    for (const role of ['client', 'server'] as const) {
      const connected = new Engine(t, { role });
      const received: number[] = [];
      for (let count = 0; count < 5; count++) {
        const bytes = new Uint8Array(50_000 * (count + 1)).fill(count);
        await connected.engine.send(bytes, 2);
        structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
        const { payload } = await connected.peer.nextFrame();
        assert.ok(payload.every((byte) => byte === count));
        received.push(payload.length);
      }

      assert.deepEqual(received, [50_000, 100_000, 150_000, 200_000, 250_000]);
    }
  });
});

describe('EngineConnection', () => {
  it('pings, and tells how long the pong took', async (t) => {
    const connected = new Engine(t);

    const pinged = connected.engine.ping(undefined);
    const ping = await connected.peer.nextFrame();
    assert.equal(ping.opcode, 9);
    connected.peer.sendFrame({ opcode: 10, payload: ping.payload });

    assert.ok((await pinged) >= 0);
  });

  it('takes pongs that nobody asked for', async (t) => {
    const connected = new Engine(t);

    connected.peer.sendFrame({ opcode: 10 });
    connected.peer.sendText('a');
    await turns(2);

    assert.deepEqual(connected.log, ['text: a']);
  });

  it('settles closed and fires signal at once when it has ended, whenever they are asked for', async (t) => {
    const connected = new Engine(t);
    const { engine } = connected;
    const { signal, closed } = engine;
    assert.equal(engine.signal, signal);

    connected.peer.end();
    const closure = await closed;
    assert.equal(signal.aborted, true);
    assert.equal((signal.reason as ConnectionClosedError).closure, closure);
    assert.equal(engine.closure, closure);

    const late = new Engine(t);
    late.peer.end();
    await late.closed.take();
    assert.equal((await late.engine.closed).code, 1006);
    assert.equal(late.engine.signal.aborted, true);
    assert.ok(late.engine.signal.reason instanceof ConnectionClosedError);
  });

  it('knows the errors that say that it has ended', async (t) => {
    const [one, other] = [new Engine(t), new Engine(t)];
    const { signal } = one.engine;
    const early = new ConnectionClosedError(await closeAndWait(other));
    assert.equal(one.engine.isEndOf(early), false, 'it has not ended');
    await closeAndWait(one);

    assert.equal(one.engine.isEndOf(signal.reason), true);
    const aborted = await setTimeout(1000, undefined, { signal }).catch((error: unknown) => error);
    assert.equal(one.engine.isEndOf(aborted), true, "what Node's functions throw for it");
    assert.equal(one.engine.isEndOf(new ConnectionClosedError(await one.engine.closed)), true);
    assert.equal(one.engine.isEndOf(early), false, 'of another one');
    assert.equal(one.engine.isEndOf(new Error('else')), false);
    assert.equal(one.engine.isEndOf(undefined), false);
  });

  it('reports what the application throws, but not that its own connection has ended', async (t) => {
    const connected = new Engine(t);
    const { engine } = connected;
    await closeAndWait(connected);

    engine.calls.fail(new ConnectionClosedError(await engine.closed));
    engine.calls.fail(new Error('else'));

    assert.deepEqual(
      connected.errors.map(({ message }) => message),
      ['else'],
    );
  });

  it('waits for the promise of a callback, and answers the Close of the peer then', async (t) => {
    let finish = (): void => undefined;
    const connected = new Engine(t, {
      onText: (text, { engine }) =>
        engine.calls.call(async () => {
          await new Promise<void>((resolve) => (finish = resolve));
          await engine.send(`answer to ${text}`, 1);
        }),
    });
    for (const text of ['a', 'b', 'c']) connected.peer.sendText(text);
    connected.peer.sendClose(1000);

    for (const text of ['a', 'b', 'c']) {
      await turns(2);
      assert.equal(connected.log.at(-1), `text: ${text}`);
      assert.equal(connected.engine.connection.state, 'closeReceived');
      finish();
      assert.equal(Buffer.from((await connected.peer.nextFrame()).payload).toString(), `answer to ${text}`);
    }

    assert.equal(await nextFrame(connected), '88: 03 e8');
    connected.peer.end();
    assert.equal((await connected.engine.closed).wasClean, true);
  });

  it('tells at once that it has ended, and that it is over when the application has returned', async (t) => {
    let finish = (): void => undefined;
    const connected = new Engine(t, {
      onText: (_text, { engine }) => engine.calls.call(() => new Promise<void>((resolve) => (finish = resolve))),
    });
    connected.peer.sendText('a');
    connected.peer.sendText('b');
    connected.peer.end();
    await connected.engine.closed;
    assert.deepEqual(connected.log, ['text: a', 'closing', 'ended 1006']);

    finish();
    await turns(2);
    assert.deepEqual(connected.log.slice(3), ['text: b']);
    finish();
    await turns(2);

    assert.deepEqual(connected.log.slice(3), ['text: b', 'closed 1006']);
  });

  it('tells of the high-water mark, a drain, and of a full readAhead', async (t) => {
    const connected = new Engine(t, { options: { highWaterMark: 0, readAhead: 0 } });
    const { engine } = connected;
    await engine.drained();

    await engine.send('a', 1);
    engine.connection.hold(2);

    assert.deepEqual(connected.log, ['high water', 'drain', 'full']);
  });

  it('calls everything in the async context of its own connection, also under a flood', async (t) => {
    const storage = new AsyncLocalStorage<string>();
    const seen: string[] = [];
    const open = (name: string): Engine =>
      new Engine(t, {
        context: storage.run(name, () => new AsyncContext()),
        options: { highWaterMark: 0, closeTimeout: 20 },
        controls: { onPong: () => seen.push(`${name}: pong is ${storage.getStore() ?? ''}`) },
        onLine: (line) => {
          const [event = ''] = line.split(/[: ]/);
          // These are told within a call of ours, and so where that is.
          if (event !== 'high' && event !== 'closing') seen.push(`${name}: ${event} is ${storage.getStore() ?? ''}`);
        },
      });
    const tenants = ['one', 'two'].map((name) => open(name));

    for (let count = 0; count < 3000; count++) {
      for (const { peer } of tenants) peer.sendText('a');
    }
    for (const { peer } of tenants) peer.sendFrame({ opcode: 10 });
    for (const { engine } of tenants) await engine.send('b', 1);
    while (tenants.some(({ log }) => log.filter((line) => line.startsWith('text')).length < 3000)) await turns(1);
    // Their peers do not answer, so that a timer ends them.
    for (const { engine } of tenants) void engine.close(1000, '');
    for (const { closed } of tenants) await closed.take();

    const kinds = new Set(seen);
    const events = ['text', 'pong', 'drain', 'ended', 'closed'];
    for (const name of ['one', 'two']) {
      for (const event of events) assert.ok(kinds.has(`${name}: ${event} is ${name}`), `${name}: ${event}`);
    }
    assert.equal(kinds.size, 2 * events.length);
    assert.equal(storage.getStore(), undefined);
  });
});

async function closeAndWait(connected: Engine): Promise<Awaited<Engine['engine']['closed']>> {
  const closed = connected.engine.close(1000, '');
  const frame = await connected.peer.nextFrame();
  assert.equal(toHex(frame.payload), '03 e8');
  connected.peer.sendClose(1000);
  connected.peer.end();
  const closure = await closed;
  await connected.closed.take();
  return closure;
}
