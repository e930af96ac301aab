import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';

import {
  ConnectionClosedError,
  HandshakeError,
  LocalUsageError,
  TransportError,
  reconnect,
  serve,
  type Closure,
  type ConnectionAttempt,
  type ConnectionHandler,
  type ReconnectOptions,
  type WebSocketConnection,
  type WebSocketServer,
} from '../../../src/index.ts';
import { listenAnswering } from '../../helpers/answering-server.ts';
import { hex } from '../../helpers/bytes.ts';
import { until } from '../../helpers/message-peers.ts';
import { listenRaw, type RawPeer } from '../../helpers/raw-peer.ts';

/** Waits that take no time worth mentioning. */
const SOON: ReconnectOptions = { backoff: { initial: 1, max: 5 } };

async function start(t: TestContext, handler: ConnectionHandler<undefined>, port = 0): Promise<WebSocketServer> {
  const server = await serve({ port, host: '127.0.0.1' }, handler);
  t.after(() => server.close({ timeout: 0 }));
  return server;
}

/** Reads a connection to its end, however it ends. */
async function readAll(connection: WebSocketConnection): Promise<string[]> {
  const texts: string[] = [];
  try {
    for await (const message of connection) texts.push(await message.text());
  } catch (error) {
    assert.ok(error instanceof ConnectionClosedError);
  }
  return texts;
}

async function drain(connections: AsyncIterable<WebSocketConnection>): Promise<number> {
  let count = 0;
  for await (const connection of connections) {
    count++;
    await readAll(connection);
  }
  return count;
}

const isAborted = (reason: unknown) => (error: unknown) => error === reason;

describe('reconnect', () => {
  it('goes on with a new connection when the server is started again', async (t) => {
    let server = await start(t, async (connection) => connection.send('first'));
    const { port, url } = server;
    await server.close();
    server = await start(t, async (connection) => readAll(connection).then(() => undefined), port);
    const contexts: unknown[] = [];
    let count = 0;

    for await (const connection of reconnect(url, { ...SOON, onConnect: () => ({ context: 'mine' }) })) {
      contexts.push(connection.context);
      count++;
      if (count === 3) break;
      await server.close();
      await readAll(connection);
      server = await start(t, async (other) => readAll(other).then(() => undefined), port);
    }

    assert.deepEqual(contexts, ['mine', 'mine', 'mine']);
  });

  it('goes on when nobody listens, until somebody does', async (t) => {
    const server = await start(t, () => Promise.resolve());
    const { port, url } = server;
    await server.close();
    const causes: (Error | undefined)[] = [];
    let later: Promise<unknown> = Promise.resolve();

    const onConnecting = ({ cause }: ConnectionAttempt): void => {
      causes.push(cause);
      if (causes.length === 3) later = start(t, (connection) => connection.send('there'), port);
    };
    for await (const connection of reconnect(url, { ...SOON, onConnecting })) {
      assert.deepEqual(await readAll(connection), ['there']);
    }

    await later;
    assert.ok(causes.length >= 3);
    assert.equal(causes[0], undefined);
    assert.ok(causes.slice(1).every((cause) => cause instanceof TransportError));
  });

  it('goes on when the socket is lost', async (t) => {
    const { url, peers } = await listenRaw(t);
    let count = 0;

    for await (const connection of reconnect(url, SOON)) {
      count++;
      const peer = await peers.take();
      if (count < 3) peer.socket.resetAndDestroy();
      else peer.socket.end(hex('88 02 03 e8'));
      await readAll(connection);
    }

    assert.equal(count, 3);
  });

  it('ends at the end of the body, and closes the connection', async (t) => {
    const closures: Promise<Closure>[] = [];
    const server = await start(t, async (connection) => {
      closures.push(connection.closed);
      await readAll(connection);
    });
    let count = 0;

    for await (const connection of reconnect(server.url, SOON)) {
      count++;
      await connection.send('all that there is to say');
    }
    for await (const connection of reconnect(server.url, SOON)) {
      assert.equal(connection.state, 'open');
      break;
    }

    assert.equal(count, 1);
    await server.close();
    const codes = (await Promise.all(closures)).map(({ code }) => code);
    assert.deepEqual(codes, [1000, 1000]);
  });

  it('does not wait for the answer of the peer to end', async (t) => {
    const { url, peers } = await listenRaw(t);
    const connections: WebSocketConnection[] = [];

    for await (const connection of reconnect(url, SOON)) connections.push(connection);

    assert.equal(connections[0]?.state, 'closing');
    const peer = await peers.take();
    assert.deepEqual(await peer.describe(1), ['88: 03 e8']);
    peer.socket.destroy();
    await connections[0].closed;
  });

  it('closes the connection when the body throws, and fails with that', async (t) => {
    const server = await start(t, async (connection) => readAll(connection).then(() => undefined));
    const connections: WebSocketConnection[] = [];

    const iterating = (async () => {
      for await (const connection of reconnect(server.url, SOON)) {
        connections.push(connection);
        throw new Error('of the body');
      }
    })();

    await assert.rejects(iterating, /of the body/);
    assert.equal((await connections[0]?.closed)?.sent?.code, 1000);
  });

  it('ends when we have closed it for good, and goes on when we have closed or dropped it to come back', async (t) => {
    const server = await start(t, async (connection) => readAll(connection).then(() => undefined));
    const WAYS: ((connection: WebSocketConnection) => unknown)[] = [
      (connection) => connection.close(4000, 'again'),
      (connection) => connection.drop(),
      (connection) => void connection.close(4001),
      (connection) => connection.close(1001),
    ];
    let count = 0;

    for await (const connection of reconnect(server.url, SOON)) {
      await WAYS[count]?.(connection);
      count++;
    }

    assert.equal(count, WAYS.length);
  });

  /** What peers do in place of an answer to our Close. */
  const ANSWERS: Readonly<Record<string, (peer: RawPeer) => void>> = {
    'ends the transport': (peer) => peer.socket.end(),
    'resets the transport': (peer) => peer.socket.resetAndDestroy(),
    'stays silent': () => undefined,
    'answers with another code': (peer) => peer.sendFrame({ byte0: 0x88, payload: hex('0f a0'), key: '' }),
  };
  for (const [what, answer] of Object.entries(ANSWERS)) {
    for (const code of [1000, 1001, 1011]) {
      it(`ends when we have closed with ${String(code)}, also where the peer ${what}`, async (t) => {
        const { url, peers } = await listenRaw(t);
        let count = 0;

        for await (const connection of reconnect(url, { ...SOON, closeTimeout: 50 })) {
          count++;
          const peer = await peers.take();
          const closed = connection.close(code);
          await peer.frames.take();
          answer(peer);
          await closed;
        }

        assert.equal(count, 1);
      });
    }
  }

  it('ends when we have closed it for good, though our Close could not be sent', async (t) => {
    const { url, peers } = await listenRaw(t);
    let count = 0;

    for await (const connection of reconnect(url, { ...SOON, closeTimeout: 50 })) {
      count++;
      const peer = await peers.take();
      peer.socket.pause();
      const writer = await connection.beginMessage('binary');
      // Inside a frame that is not finished, there is no room for a Close.
      void writer.beginFrame(1_000_000).write(hex('01'));
      const closed = connection.close(1001);
      peer.socket.resetAndDestroy();
      assert.equal((await closed).sent, undefined);
    }

    assert.equal(count, 1);
  });

  it('goes on when the peer has gone away before we close, whatever we say then', async (t) => {
    let count = 0;
    const server = await start(t, async (connection) => {
      await connection.send('unread');
      await connection.close(1001);
    });

    for await (const connection of reconnect(server.url, SOON)) {
      count++;
      if (count === 2) break;
      // Its Close is there, and not answered before the message is read.
      await until(() => connection.stats.framesReceived === 2);
      assert.equal(connection.state, 'open');
      await connection.close(1000);
    }

    assert.equal(count, 2);
  });

  it('ends when the peer has closed with 1000', async (t) => {
    const server = await start(t, async (connection) => connection.send('bye'));

    assert.equal(await drain(reconnect(server.url, SOON)), 1);
  });

  const FINAL_CODES = [1002, 1003, 1007, 1008, 1009, 3000, 4401];
  for (const code of FINAL_CODES) {
    it(`fails when the peer has closed with ${String(code)}`, async (t) => {
      let count = 0;
      const server = await start(t, async (connection) => {
        count++;
        await connection.close(code, 'no');
      });

      await assert.rejects(
        drain(reconnect(server.url, SOON)),
        (error: unknown) => error instanceof ConnectionClosedError && error.closure.code === code,
      );
      assert.equal(count, 1);
    });
  }

  it('fails with the refusal of the server, unless it may pass', async (t) => {
    const { url, requests } = await listenAnswering(t, [
      ['503 Service Unavailable'],
      ['429 Too Many Requests', 'Retry-After: 0'],
      ['401 Unauthorized'],
    ]);

    await assert.rejects(
      drain(reconnect(url, SOON)),
      (error: unknown) => error instanceof HandshakeError && error.status === 401,
    );
    assert.equal(requests.length, 3);
  });

  it('makes no more attempts than it may', async (t) => {
    const { url, requests } = await listenAnswering(t, [['503 Service Unavailable']]);

    await assert.rejects(drain(reconnect(url, { ...SOON, maxAttempts: 3 })), HandshakeError);
    assert.equal(requests.length, 3);
  });

  it('counts connections that were not stable as attempts', async (t) => {
    let count = 0;
    const server = await start(t, async (connection) => {
      count++;
      await connection.close(1011);
    });

    await assert.rejects(
      drain(reconnect(server.url, { ...SOON, maxAttempts: 4 })),
      (error: unknown) => error instanceof ConnectionClosedError && error.closure.code === 1011,
    );
    assert.equal(count, 4);
  });

  it('asks whether to try again, and says what is usual', async (t) => {
    const { url, requests } = await listenAnswering(t, [['401 Unauthorized'], ['503 Service Unavailable']]);
    const asked: [number | undefined, boolean][] = [];
    const retry = (cause: Error, usual: boolean): boolean => {
      asked.push([cause instanceof HandshakeError ? cause.status : undefined, usual]);
      return !usual;
    };

    await assert.rejects(drain(reconnect(url, { ...SOON, retry })), HandshakeError);
    assert.equal(requests.length, 2);
    assert.deepEqual(asked, [
      [401, false],
      [503, true],
    ]);
  });

  it('comes back after 1000 of the peer if it is told to', async (t) => {
    const server = await start(t, () => Promise.resolve());
    let count = 0;

    const connections = reconnect(server.url, { ...SOON, retry: () => ++count < 3 });

    assert.equal(await drain(connections), 3);
  });
});

describe('reconnect: onConnecting', () => {
  it('changes URL and header fields for one attempt', async (t) => {
    const refusing = await listenAnswering(t, [['401 Unauthorized']]);
    const requests: (string | undefined)[][] = [];
    const server = await serve(
      {
        port: 0,
        host: '127.0.0.1',
        onConnect: ({ headers, path }) => {
          requests.push([path, headers['authorization'], headers['x-fixed']]);
        },
      },
      () => Promise.resolve(),
    );
    t.after(() => server.close());
    const attempts: Omit<ConnectionAttempt, 'signal' | 'cause'>[] = [];
    const headers = { 'X-Fixed': 'yes' };

    const connections = reconnect(refusing.url, {
      ...SOON,
      headers,
      retry: (cause, usual) => usual || (cause instanceof HandshakeError && cause.status === 401),
      onConnecting: async ({ attempt, url, headers: fields, signal, cause }) => {
        attempts.push({ attempt, url, headers: fields });
        assert.equal(signal.aborted, false);
        if (cause === undefined) return {};
        const token = await Promise.resolve('fresh');
        return { url: new URL('/chat', server.url), headers: { Authorization: token } };
      },
    });
    await drain(connections);

    assert.match(refusing.requests[0] ?? '', /^X-Fixed: yes\r$/m);
    assert.deepEqual(requests, [['/chat', 'fresh', undefined]]);
    assert.deepEqual(attempts, [
      { attempt: 1, url: refusing.url, headers },
      { attempt: 2, url: refusing.url, headers },
    ]);
  });

  it('ends everything when it throws, unless it is told to go on', async (t) => {
    const server = await start(t, () => Promise.resolve());
    let count = 0;
    const onConnecting = (): void => {
      count++;
      if (count < 3) throw new Error('no token');
    };

    await assert.rejects(drain(reconnect(server.url, { ...SOON, onConnecting })), /no token/);
    assert.equal(count, 1);
    assert.equal(
      await drain(reconnect(server.url, { ...SOON, onConnecting, retry: (_, usual) => usual || count < 3 })),
      1,
    );
    assert.equal(count, 3);
  });
});

describe('reconnect: signal', () => {
  const reason = new Error('enough');

  it('ends a connection with 1001, and the iteration with its reason', async (t) => {
    const server = await start(t, async (connection) => readAll(connection).then(() => undefined));
    const controller = new AbortController();
    const connections: WebSocketConnection[] = [];

    const iterating = (async () => {
      for await (const connection of reconnect(server.url, { ...SOON, signal: controller.signal })) {
        connections.push(connection);
        controller.abort(reason);
        assert.deepEqual(await readAll(connection), []);
      }
    })();

    await assert.rejects(iterating, isAborted(reason));
    assert.equal(connections.length, 1);
    assert.equal((await connections[0]?.closed)?.sent?.code, 1001);
  });

  it('ends a wait', async (t) => {
    const { url, requests } = await listenAnswering(t, [['503 Service Unavailable', 'Retry-After: 3600']]);
    const controller = new AbortController();
    const retry = (): boolean => {
      setImmediate(() => controller.abort(reason));
      return true;
    };

    await assert.rejects(
      drain(reconnect(url, { backoff: { max: 3_600_000 }, signal: controller.signal, retry })),
      isAborted(reason),
    );
    assert.equal(requests.length, 1);
  });

  it('ends an opening handshake', async (t) => {
    const server = await serve(
      {
        port: 0,
        host: '127.0.0.1',
        onConnect: async () => {
          controller.abort(reason);
          await new Promise(() => undefined);
        },
      },
      () => Promise.resolve(),
    );
    t.after(() => server.close());
    const controller = new AbortController();

    await assert.rejects(drain(reconnect(server.url, { ...SOON, signal: controller.signal })), isAborted(reason));
  });

  it('ends onConnecting, and onConnect', async (t) => {
    const server = await start(t, () => Promise.resolve());
    for (const place of ['onConnecting', 'onConnect']) {
      const controller = new AbortController();
      const hook = (): Promise<undefined> => {
        setImmediate(() => controller.abort(reason));
        return place === 'onConnecting'
          ? new Promise(() => undefined)
          : new Promise((done) => setImmediate(() => setImmediate(() => done(undefined))));
      };

      const { signal } = controller;
      await assert.rejects(drain(reconnect(server.url, { ...SOON, signal, [place]: hook })), isAborted(reason));
    }
    await server.close();
  });

  it('connects to nobody when it was aborted before', async (t) => {
    const { url, requests } = await listenAnswering(t, [['503 Service Unavailable']]);

    await assert.rejects(drain(reconnect(url, { signal: AbortSignal.abort(reason) })), isAborted(reason));
    assert.deepEqual(requests, []);
  });
});

describe('reconnect: options', () => {
  const WRONG: [name: string, url: string, options: object, message: RegExp][] = [
    ['a URL that is none', 'example.com', {}, /^URL is/],
    ['an option of connections', 'ws://localhost', { highWaterMark: -1 }, /highWaterMark/],
    ['an option of clients', 'ws://localhost', { headers: 5 }, /headers/],
    ['an option of transports', 'ws://localhost', { sharedReadBuffer: 'no' }, /sharedReadBuffer/],
    ['no attempt at all', 'ws://localhost', { maxAttempts: 0 }, /maxAttempts is 0, expected at least 1/],
    ['half an attempt', 'ws://localhost', { maxAttempts: 0.5 }, /maxAttempts is 0\.5/],
    ['a time that is none', 'ws://localhost', { stableAfter: -1 }, /stableAfter is -1/],
    ['waits that are none', 'ws://localhost', { backoff: { initial: -1 } }, /backoff\.initial/],
    ['a rule that is no function', 'ws://localhost', { retry: true }, /retry is true, expected a function/],
    ['a hook that is no function', 'ws://localhost', { onConnecting: {} }, /onConnecting is an object/],
  ];
  for (const [name, url, options, message] of WRONG) {
    it(`refuses ${name} at once`, () => {
      assert.throws(
        () => reconnect(url, options),
        (error: unknown) => error instanceof LocalUsageError && message.test(error.message),
      );
    });
  }
});
