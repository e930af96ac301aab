import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, it, type TestContext } from 'node:test';

import {
  LocalUsageError,
  UndeliveredMessageError,
  reconnect,
  serve,
  stayConnected,
  type MessageFate,
  type ReconnectOptions,
  type StayingConnected,
  type WebSocketConnection,
  type WebSocketServer,
} from '../../../src/index.ts';
import { createDeferred } from '../../../src/engine/deferred.ts';
import { IteratedConnections } from '../../../src/connections/reconnecting/reconnect.ts';
import { resolveReconnectRules } from '../../../src/connections/reconnecting/reconnect-options.ts';
import { serveInMemory, VirtualClock } from '../../../src/testing/index.ts';
import { Inbox } from '../../helpers/inbox.ts';
import { turns, until } from '../../helpers/message-peers.ts';
import { describeFrame, listenRaw } from '../../helpers/raw-peer.ts';

const SOON: ReconnectOptions = { backoff: { initial: 1, max: 5 } };
const QUEUED: ReconnectOptions = { ...SOON, queue: {} };

/** A server on one port that can be stopped and started again, and writes down the texts that come. */
class Restarted {
  readonly texts = new Inbox<string>();
  server: WebSocketServer<undefined> | undefined;
  #port = 0;

  constructor(t: TestContext) {
    t.after(() => this.server?.close({ timeout: 0 }));
  }

  get url(): string {
    return `ws://127.0.0.1:${this.#port}/`;
  }

  async start(): Promise<void> {
    this.server = await serve(
      { port: this.#port, host: '127.0.0.1' },
      {
        message: (_connection, data) => this.texts.put(String(data)),
      },
    );
    this.#port = this.server.port ?? 0;
  }

  async stop(): Promise<void> {
    await this.server?.close({ timeout: 0 });
  }
}

/** Stays connected until its connection has ended for good. */
function stay(t: TestContext, url: string, options: ReconnectOptions = QUEUED): StayingConnected<undefined> {
  const staying = stayConnected(url, options, async (connection) => {
    await connection.closed;
  });
  staying.catch(() => undefined);
  t.after(() => staying.close());
  return staying;
}

function describeConnection({ connection }: StayingConnected): string {
  return connection?.state ?? 'none';
}

const hasFate =
  (fate: MessageFate, message: RegExp = /./) =>
  (error: unknown) =>
    error instanceof UndeliveredMessageError && error.fate === fate && message.test(error.message);

describe('The handle of stayConnected', () => {
  it('says what it does, and gives the connection', async (t) => {
    const server = new Restarted(t);
    await server.start();
    const staying = stay(t, server.url, { backoff: { initial: 60_000, jitter: 0 } });
    assert.equal(staying.state, 'connecting');
    assert.equal(staying.attempts, 1);
    assert.equal(describeConnection(staying), 'none');

    await until(() => staying.state === 'open');
    assert.equal(describeConnection(staying), 'open');
    staying.connection?.drop();
    await until(() => staying.state === 'waiting');
    assert.equal(describeConnection(staying), 'none');
    assert.equal(staying.attempts, 1);

    await staying.close();
    await staying;
    assert.equal(staying.state, 'ended');
  });

  it('connects at once when it is told to, wherever its wait would lead', async (t) => {
    const server = new Restarted(t);
    await server.start();
    await server.stop();
    const staying = stay(t, server.url, { backoff: { initial: 3_600_000, max: 3_600_000, jitter: 0 } });
    await until(() => staying.state === 'waiting');
    await server.start();

    assert.equal(staying.reconnectNow(), true);
    await until(() => staying.state === 'open');

    assert.equal(staying.attempts, 2);
    assert.equal(staying.reconnectNow(), false, 'it does not wait');
  });

  it('has messages wait while there is no connection, and sends them in order over the next', async (t) => {
    const server = new Restarted(t);
    await server.start();
    await server.stop();
    const staying = stay(t, server.url);

    const bytes = Uint8Array.of(0x63);
    const sent = [staying.send('a'), staying.send('b', { confirm: true }), staying.send(bytes, { type: 'text' })];
    bytes.fill(0x78);
    assert.deepEqual(staying.queued, { messages: 3, bytes: 3 });
    await server.start();
    await Promise.all(sent);

    for (const text of ['a', 'b', 'c']) assert.equal(await server.texts.take(), text);
    assert.deepEqual(staying.queued, { messages: 0, bytes: 0 });
  });

  it('sends over each connection that there is, and never twice what one has taken', async (t) => {
    const server = new Restarted(t);
    await server.start();
    const staying = stay(t, server.url);
    const expected: string[] = [];
    for (let round = 0; round < 3; round++) {
      await until(() => staying.state === 'open');
      await staying.send(`open ${round}`, { confirm: true });
      await server.stop();
      await until(() => staying.state !== 'open');
      const later = staying.send(`closed ${round}`, { confirm: true });
      await server.start();
      await later;
      expected.push(`open ${round}`, `closed ${round}`);
    }

    assert.deepEqual(await server.texts.takeAll(expected.length), expected);
    assert.equal(server.texts.size, 0);
  });

  it('lets the handler say something first', async (t) => {
    const server = new Restarted(t);
    await server.start();
    const staying = stayConnected(server.url, QUEUED, async (connection) => {
      await connection.send('who I am');
      await connection.closed;
    });
    t.after(() => staying.close());

    await staying.send('what I want');

    assert.equal(await server.texts.take(), 'who I am');
    assert.equal(await server.texts.take(), 'what I want');
  });

  it('rejects messages at once that cannot wait, where there is no queue', async (t) => {
    const server = new Restarted(t);
    await server.start();
    await server.stop();
    const staying = stay(t, server.url, SOON);

    await assert.rejects(staying.send('a'), hasFate('not sent', /no option queue/));
    await server.start();
    await until(() => staying.state === 'open');
    await staying.send('b');

    assert.equal(await server.texts.take(), 'b');
  });

  it('tells that a message was perhaps sent when its connection is lost before it has left', async (t) => {
    const peer = await listenRaw(t);
    const staying = stay(t, peer.url, { backoff: { initial: 3_600_000, jitter: 0 }, queue: { maxBytes: Infinity } });
    const { socket } = await peer.peers.take();
    await until(() => staying.state === 'open');
    await turns();

    // More than all buffers between the two take: the peer reads nothing.
    socket.pause();
    const large = staying.send(new Uint8Array(64 * 1024 * 1024));
    const behind = staying.send('behind');
    const confirmed = staying.send('small', { confirm: true });
    staying.connection?.drop();

    await assert.rejects(large, hasFate('perhaps sent', /has ended/));
    await until(() => staying.state === 'waiting');
    assert.deepEqual(staying.queued, { messages: 2, bytes: 11 }, 'no connection has taken them');
    await staying.close();
    for (const each of [behind, confirmed]) await assert.rejects(each, hasFate('not sent'));
  });

  it('tells that a message was perhaps sent when it is not confirmed', async (t) => {
    const peer = await listenRaw(t);
    const staying = stay(t, peer.url, { ...QUEUED, backoff: { initial: 3_600_000, jitter: 0 } });
    const accepted = await peer.peers.take();

    const confirmed = staying.send('a', { confirm: true });
    assert.equal(describeFrame(await accepted.frames.take()), '81: 61');
    accepted.socket.destroy();

    await assert.rejects(confirmed, hasFate('perhaps sent', /confirmed/));
    assert.equal(staying.queued.messages, 0);
  });

  it('keeps no more than the queue may hold, by what an entry costs', async (t) => {
    const server = new Restarted(t);
    await server.start();
    await server.stop();
    const staying = stay(t, server.url, { ...SOON, queue: { maxBytes: 10_000 } });

    const kept = Array.from({ length: 5 }, () => staying.send(''));
    await assert.rejects(staying.send(''), hasFate('not sent', /queue\.maxBytes is 10000/));
    assert.equal(staying.queued.messages, 5);
    await staying.close();

    for (const each of kept) await assert.rejects(each, hasFate('not sent', /no connection/));
  });

  it('drops the oldest for a newer one, where it is told to, but not for one that is too large', async (t) => {
    const server = new Restarted(t);
    await server.start();
    await server.stop();
    const queue = { maxMessages: 2, maxBytes: 10_000, onFull: 'dropOldest' } as const;
    const staying = stay(t, server.url, { ...SOON, queue });

    const first = staying.send('1');
    for (const text of ['2', '3']) void staying.send(text);
    await assert.rejects(first, hasFate('not sent', /newer/));
    await assert.rejects(staying.send(new Uint8Array(10_000)), hasFate('not sent', /full/));
    await server.start();

    assert.equal(await server.texts.take(), '2');
    assert.equal(await server.texts.take(), '3');
  });

  it('withdraws a message that waits', async (t) => {
    const server = new Restarted(t);
    await server.start();
    await server.stop();
    const staying = stay(t, server.url);
    const abort = new AbortController();

    const withdrawn = staying.send('withdrawn', { signal: abort.signal });
    const kept = staying.send('kept');
    abort.abort(new Error('enough'));
    await assert.rejects(withdrawn, /enough/);
    await assert.rejects(staying.send('late', { signal: abort.signal }), /enough/);
    assert.deepEqual(staying.queued, { messages: 1, bytes: 4 });
    await server.start();
    await kept;

    assert.equal(await server.texts.take(), 'kept');
  });

  it('ends in the midst of an attempt, a wait, or a connection, and gives up what waits', async (t) => {
    const hanging = createServer((socket) => t.after(() => socket.destroy())).listen(0, '127.0.0.1');
    t.after(() => hanging.close());
    await once(hanging, 'listening');
    const place = hanging.address();
    assert.ok(typeof place === 'object' && place !== null);
    const connecting = stay(t, `ws://127.0.0.1:${place.port}`);
    const server = new Restarted(t);
    await server.start();
    const open = stay(t, server.url);
    await until(() => open.state === 'open');
    const stopped = new Restarted(t);
    await stopped.start();
    await stopped.stop();
    const waiting = stay(t, stopped.url, { ...QUEUED, backoff: { initial: 3_600_000, jitter: 0 } });
    await until(() => waiting.state === 'waiting');

    for (const staying of [connecting, waiting, open]) {
      const sent = staying === open ? undefined : staying.send('a');
      await staying.close(1000, 'bye');
      await staying;
      if (sent !== undefined) await assert.rejects(sent, hasFate('not sent'));
      assert.equal(staying.state, 'ended');
      await assert.rejects(staying.send('b'), hasFate('not sent', /no connection/));
      await staying.close();
    }
  });

  it('ends with a code of the application, too, after which it would connect again by itself', async (t) => {
    const server = new Restarted(t);
    await server.start();
    const staying = stay(t, server.url);
    await until(() => staying.state === 'open');

    await assert.rejects(staying.close(999), LocalUsageError);
    assert.equal(staying.state, 'open');
    await staying.close(4000);
    await staying;

    assert.equal(staying.attempts, 1);
  });

  it('is a promise like any other', async (t) => {
    const server = await serve({ port: 0 }, { open: (connection) => void connection.close(1000) });
    t.after(() => server.close());
    let count = 0;

    const staying = stayConnected(server.url, SOON, () => Promise.resolve());
    await staying.finally(() => count++);
    await staying.then(() => count++);
    const failing = stayConnected('nowhere', {}, () => Promise.resolve());
    assert.equal(failing.state, 'ended');
    assert.equal(await failing.catch((error: unknown) => error instanceof LocalUsageError), true);

    assert.equal(count, 2);
    assert.equal(Object.prototype.toString.call(staying), '[object StayingConnected]');
  });

  for (const [name, queue, message] of [
    ['maxBytes', { maxBytes: -1 }, /queue\.maxBytes is -1/],
    ['maxMessages', { maxMessages: 1.5 }, /queue\.maxMessages is 1\.5/],
    ['onFull', { onFull: 'drop' }, /queue\.onFull is "drop", expected 'reject' or 'dropOldest'/],
    ['an unknown option', { maxbytes: 1 }, /queue has no option "maxbytes"/],
    ['no object', 5, /queue is 5/],
  ] as const) {
    it(`refuses a queue with a wrong ${name}`, () => {
      const options = { queue };
      assert.throws(() => Reflect.apply(reconnect, undefined, ['ws://localhost', options]), message);
    });
  }
});

describe('The handle of reconnect', () => {
  it('is idle until it is iterated over, which it can be once', async (t) => {
    const server = new Restarted(t);
    await server.start();
    const connections = reconnect(server.url, QUEUED);
    assert.equal(connections.state, 'idle');
    const sent = connections.send('early');

    for await (const connection of connections) {
      assert.equal(connection, connections.connection);
      await sent;
      break;
    }

    assert.equal(await server.texts.take(), 'early');
    assert.equal(connections.state, 'ended');
    assert.throws(() => connections[Symbol.asyncIterator](), LocalUsageError);
  });

  it('can be closed before anybody iterates', async () => {
    const connections = reconnect('ws://localhost:1', QUEUED);
    const sent = connections.send('a');

    await connections.close();

    await assert.rejects(sent, hasFate('not sent'));
    assert.deepEqual(await connections[Symbol.asyncIterator]().next(), { done: true, value: undefined });
    assert.equal(connections.state, 'ended');
  });

  it('waits as long as its backoff says, on whatever clock, and not a moment longer', async (t) => {
    const clock = new VirtualClock();
    const server = await serveInMemory({}, { open: (connection) => void connection.close(1012) });
    t.after(() => server.close());
    const options: ReconnectOptions = { createConnection: () => server.dial(), backoff: { initial: 1000, jitter: 0 } };
    const surroundings = {
      now: () => clock.now,
      random: () => 0,
      wait: (milliseconds: number, signal: AbortSignal) => {
        const waited = createDeferred<undefined>();
        const cancel = clock.setAlarm(clock.now + milliseconds, () => waited.resolve(undefined));
        signal.addEventListener('abort', () => {
          cancel();
          waited.reject(signal.reason);
        });
        return waited.promise;
      },
    };
    const rules = resolveReconnectRules('ws://localhost', options);
    const connections = new IteratedConnections<undefined>('ws://localhost', options, rules, surroundings);
    const made: WebSocketConnection[] = [];
    const iterating = (async () => {
      for await (const connection of connections) {
        made.push(connection);
        await connection.closed;
      }
    })();

    for (const wait of [1000, 2000, 4000]) {
      await until(() => connections.state === 'waiting');
      const { length } = made;
      clock.advance(wait - 1);
      await turns();
      assert.equal(connections.state, 'waiting');
      clock.advance(1);
      await until(() => made.length === length + 1);
    }
    await until(() => connections.state === 'waiting');
    assert.equal(clock.nextAlarm - clock.now, 8000);
    connections.reconnectNow();
    await until(() => made.length === 5);
    await until(() => connections.state === 'waiting');
    assert.equal(clock.nextAlarm - clock.now, 16_000, 'the waits after it stay as they were');
    await connections.close();

    await iterating;
    assert.equal(clock.nextAlarm, Infinity, 'no alarm is left');
  });
});
