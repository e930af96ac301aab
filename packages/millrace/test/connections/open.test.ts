import assert from 'node:assert/strict';
import { it } from 'node:test';

import {
  ConnectionClosedError,
  type Closure,
  type ConnectionHandler,
  type WebSocketConnection,
} from '../../src/index.ts';
import { concat, hex } from '../helpers/bytes.ts';
import { describeInBothWays } from '../helpers/hook-peers.ts';
import { Inbox } from '../helpers/inbox.ts';
import { Journal } from '../helpers/journal.ts';
import { CLOSE, acceptRaw, sent, startServing, turns } from '../helpers/message-peers.ts';
import { connectRaw, type RawPeer } from '../helpers/raw-peer.ts';
import type { TestContext } from 'node:test';

const SECRET = new Error('a secret');

describeInBothWays('A connection', (reading) => {
  const options = { ...reading, keepAlive: false as const };

  async function run(
    t: TestContext,
    handler: ConnectionHandler<undefined>,
    more: object = {},
  ): Promise<{ peer: RawPeer; errors: Inbox<Error> }> {
    const errors = new Inbox<Error>();
    const onError = (error: Error): void => errors.put(error);
    const server = await startServing(t, handler, { ...options, onError, ...more });
    return { peer: await connectRaw(t, server.url), errors };
  }

  it('is closed with 1000 when its handler is done', async (t) => {
    const { peer, errors } = await run(t, async (connection) => {
      await connection.send('bye');
    });

    assert.deepEqual(await peer.describe(2), ['81: 62 79 65', '88: 03 e8']);
    assert.equal(errors.size, 0);
  });

  it('is closed when its handler is no async function', async (t) => {
    const { peer } = await run(t, (() => undefined) as unknown as ConnectionHandler<undefined>);

    assert.deepEqual(await peer.describe(1), ['88: 03 e8']);
  });

  for (const [name, handler] of [
    [
      'throws',
      () => {
        throw SECRET;
      },
    ],
    ['rejects', () => Promise.reject(SECRET)],
    [
      'fails in the middle of a message',
      async (connection: WebSocketConnection) => {
        for await (const message of connection) {
          for await (const chunk of message) if (chunk.length > 0) throw SECRET;
        }
      },
    ],
  ] as const) {
    it(`fails with 1011 and no details when its handler ${name}, and onError learns of it`, async (t) => {
      const { peer, errors } = await run(t, handler);
      peer.send(sent('abc', 0x01));

      assert.deepEqual(await peer.describe(1), ['88: 03 f3']);
      assert.equal(await errors.take(), SECRET);
    });
  }

  it('is no error of its handler when it ends', async (t) => {
    for (const end of [
      (peer: RawPeer) => peer.socket.resetAndDestroy(),
      (peer: RawPeer) => peer.send(hex('f1 80 01 02 03 04')),
    ]) {
      const journal = new Journal();
      const { peer, errors } = await run(t, async (connection) => {
        try {
          for await (const message of connection) await message.text();
        } finally {
          journal.write('over');
        }
      });
      peer.send(sent('abc', 0x01));
      end(peer);
      await journal.has('over');
      await turns();

      assert.equal(errors.size, 0);
    }
  });

  it('is no error of its handler when the peer exceeds a limit', async (t) => {
    const { peer, errors } = await run(
      t,
      async (connection) => {
        for await (const message of connection) await message.text();
      },
      { maxMessageSize: 1 },
    );
    peer.send(sent('abc'));

    assert.match((await peer.describe(1))[0] ?? '', /^88: 03 f1/);
    await turns();
    assert.equal(errors.size, 0);
  });

  it('fails for the end of another connection, which is an error of its handler', async (t) => {
    const other = await acceptRaw(t, options);
    const { peer, errors } = await run(t, async () => {
      await other.connection.receive();
    });
    other.peer.socket.resetAndDestroy();

    assert.deepEqual(await peer.describe(1), ['88: 03 f3']);
    assert.ok((await errors.take()) instanceof ConnectionClosedError);
  });

  it('calls open, message and close in order, with what came right behind the handshake', async (t) => {
    const journal = new Journal();
    const server = await startServing(
      t,
      {
        open: () => journal.write('open'),
        message: (_, data) => journal.write(typeof data === 'string' ? `text ${data}` : `bytes ${String(data.length)}`),
        close: (_, { code, wasClean }) => journal.write(`close ${String(code)} ${String(wasClean)}`),
      },
      options,
    );
    const behind = concat([sent('a', 0x01), sent('b', 0x80), sent('', 0x82), CLOSE]);
    await connectRaw(t, server.url, { behind });
    await journal.has('close');

    assert.deepEqual(journal.lines, ['open', 'text ab', 'bytes 0', 'close 1000 true']);
  });

  it('waits for the promises of callbacks', async (t) => {
    const journal = new Journal();
    const releases = new Inbox<() => void>();
    const held = (line: string): Promise<void> => {
      journal.write(line);
      return new Promise((resolve) => releases.put(resolve));
    };
    const { peer } = await run(t, {
      open: () => held('open'),
      message: (_, data) => held(`message ${String(data)}`),
      close: () => held('close'),
    });
    peer.send(concat([sent('a'), sent('b'), CLOSE]));

    for (const [index, line] of ['open', 'message a', 'message b', 'close'].entries()) {
      await journal.has(line);
      await turns();
      assert.equal(journal.lines.length, index + 1);
      (await releases.take())();
    }
  });

  for (const place of ['open', 'message', 'drain', 'close'] as const) {
    for (const way of ['throws', 'rejects'] as const) {
      it(`fails with 1011 when the callback ${place} ${way}, and the callback error learns of it`, async (t) => {
        const told = new Inbox<unknown>();
        const closures = new Inbox<Closure>();
        const { peer, errors } = await run(t, {
          message: (connection) => void connection.send(new Uint8Array(200_000)),
          close: (_, closure) => closures.put(closure),
          error: (connection, error) => told.put([connection.state, error]),
          [place]: () => {
            if (way === 'throws') throw SECRET;
            return Promise.reject(SECRET);
          },
        });
        if (place === 'close') peer.send(CLOSE);
        else peer.send(sent('a'));

        assert.deepEqual(await told.take(), [place === 'close' ? 'closed' : 'closing', SECRET]);
        assert.equal(errors.size, 0);
        const last = (await peer.describeAll()).at(-1);
        assert.equal(last, place === 'close' ? '88: 03 e8' : '88: 03 f3');
        if (place !== 'close') assert.equal((await closures.take()).error, SECRET);
      });
    }
  }

  it('tells onError where there is no callback error, and the process where that one fails', async (t) => {
    const { peer, errors } = await run(t, { message: () => Promise.reject(SECRET) });
    peer.send(sent('a'));
    assert.equal(await errors.take(), SECRET);

    const warned = new Promise((resolve) => process.once('warning', resolve));
    const other = await run(t, {
      message: () => Promise.reject(SECRET),
      error: () => {
        throw new Error('error fails');
      },
    });
    other.peer.send(sent('a'));
    assert.equal(((await warned) as Error).message, 'error fails');
    assert.equal(other.errors.size, 0);
  });

  it('is no error of its callbacks when it ends while they wait', async (t) => {
    const journal = new Journal();
    const { peer, errors } = await run(t, {
      message: async (connection) => {
        journal.write('message');
        connection.drop();
        await connection.send('too late');
      },
      close: () => journal.write('close'),
    });
    peer.send(sent('a'));
    await journal.has('message');
    await journal.has('close');
    await turns();

    assert.equal(errors.size, 0);
  });

  it('has no messages to ask for where they go to callbacks', async (t) => {
    const opened = new Inbox<WebSocketConnection>();
    await run(t, { open: (connection) => opened.put(connection) });
    const connection = await opened.take();

    await assert.rejects(connection.receive(), { name: 'LocalUsageError', message: /go to callbacks/ });
    await assert.rejects(connection.expectMessage(), { name: 'LocalUsageError', message: /go to callbacks/ });
    assert.throws(() => connection[Symbol.asyncIterator](), { name: 'LocalUsageError' });
  });

  it('may be dropped or closed before it has begun to receive', async (t) => {
    for (const end of ['drop', 'close'] as const) {
      const journal = new Journal();
      const { peer } = await run(t, {
        open: (connection) => void connection[end](),
        close: () => journal.write('close'),
      });
      if (end === 'close') peer.send(CLOSE);
      await journal.has('close');
    }
  });
});
