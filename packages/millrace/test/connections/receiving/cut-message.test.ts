import assert from 'node:assert/strict';
import { it } from 'node:test';

import { ConnectionClosedError, type WebSocketConnection } from '../../../src/index.ts';
import { concat } from '../../helpers/bytes.ts';
import { describeInBothWays } from '../../helpers/hook-peers.ts';
import { Inbox } from '../../helpers/inbox.ts';
import { CLOSE, acceptRaw, sendCut, sent, startServing, turns } from '../../helpers/message-peers.ts';
import { connectRaw } from '../../helpers/raw-peer.ts';

/** Two fragments of a message that never ends. */
const PIECES = concat([sent('ab', 0x01), sent('cd', 0x00)]);
const ANSWER = '88: 03 e8';

describeInBothWays('A Close of the peer inside a message', (reading) => {
  // The deadlines are far away: nothing here may wait for one.
  const options = { ...reading, keepAlive: false as const, closeTimeout: 120_000 };

  /** Handlers that read a message in each way. */
  const readers: Readonly<Record<string, (connection: WebSocketConnection) => Promise<void>>> = {
    'text()': async (connection) => {
      for await (const message of connection) await message.text();
    },
    'a loop over the chunks': async (connection) => {
      for await (const message of connection) for await (const chunk of message) assert.ok(chunk);
    },
    'a loop over the frames': async (connection) => {
      for await (const message of connection) for await (const received of message.frames()) await received.bytes();
    },
    'receive()': async (connection) => {
      while ((await (await connection.receive())?.bytes()) !== undefined);
    },
    'the stream of its messages': async (connection) => {
      for await (const message of connection.readable) assert.ok(message);
    },
    'an echo of what comes': async (connection) => {
      for await (const message of connection) await connection.send(message);
    },
    'duplex()': async (connection) => {
      for await (const chunk of connection.duplex()) assert.ok(chunk);
    },
  };

  for (const [name, reader] of Object.entries(readers)) {
    it(`fails ${name} at once, is answered, and is no error of the handler`, async (t) => {
      const outcomes = new Inbox<unknown>();
      const errors = new Inbox<Error>();
      const handler = async (connection: WebSocketConnection): Promise<void> => {
        try {
          await reader(connection);
        } catch (error) {
          outcomes.put(error);
          throw error;
        }
        outcomes.put(undefined);
      };
      const server = await startServing(t, handler, { ...options, onError: (error) => errors.put(error) });
      const peer = await connectRaw(t, server.url);

      peer.send(concat([PIECES, CLOSE]));

      // What an echo has sent of the message comes before it.
      assert.equal((await peer.describeAll()).at(-1), ANSWER);
      const outcome = await outcomes.take();
      assert.ok(outcome instanceof ConnectionClosedError);
      assert.deepEqual(outcome.closure.received, { code: 1000, reason: '' });
      assert.equal(errors.size, 0);
    });
  }

  it('is answered though a handler is busy with that message, and does not read it', async (t) => {
    const { connection, peer } = await acceptRaw(t, options);
    const receiving = connection.receive();
    peer.send(sent('ab', 0x01));
    const message = await receiving;

    peer.send(CLOSE);

    assert.deepEqual(await peer.describe(1), [ANSWER]);
    assert.equal((await connection.closed).wasClean, true);
    const chunks: Uint8Array[] = [];
    await assert.rejects(async () => {
      for await (const chunk of message ?? []) chunks.push(chunk);
    }, ConnectionClosedError);
    assert.deepEqual(chunks.map(String), ['97,98']);
  });

  it('is answered though nobody has asked for that message', async (t) => {
    const { peer } = await acceptRaw(t, options);

    peer.send(concat([PIECES, CLOSE]));

    assert.deepEqual(await peer.describe(1), [ANSWER]);
  });

  it('is not answered while a message that was complete before it waits for its reader', async (t) => {
    const { connection, peer } = await acceptRaw(t, options);
    await sendCut({ connection, peer }, [concat([sent('one'), PIECES, CLOSE])]);
    await turns();
    assert.deepEqual([connection.state, peer.frames.size], ['open', 0]);

    assert.equal(await (await connection.expectMessage()).text(), 'one');
    await assert.rejects((await connection.expectMessage()).text(), ConnectionClosedError);

    assert.deepEqual(await peer.describe(1), [ANSWER]);
  });

  it('is answered behind the answers to the messages that came before it', async (t) => {
    const started = new Inbox<() => void>();
    const server = await startServing(
      t,
      async (connection) => {
        for await (const message of connection) {
          const text = await message.text();
          await new Promise<void>((resolve) => started.put(resolve));
          await connection.send(text);
        }
      },
      options,
    );
    const peer = await connectRaw(t, server.url);
    peer.send(concat([sent('one'), sent('two'), PIECES, CLOSE]));

    for (let count = 0; count < 2; count++) (await started.take())();

    assert.deepEqual(await peer.describe(3), ['81: 6f 6e 65', '81: 74 77 6f', ANSWER]);
  });

  it('waits for another loop that is still at work with a message that was complete', async (t) => {
    const { connection, peer } = await acceptRaw(t, options);
    const [one, other] = [connection[Symbol.asyncIterator](), connection[Symbol.asyncIterator]()];
    peer.send(sent('one'));
    const first = await one.next();
    assert.equal(await first.value?.text(), 'one');
    peer.send(concat([PIECES, CLOSE]));
    const second = await other.next();

    await assert.rejects(second.value?.text() ?? Promise.resolve(), ConnectionClosedError);
    assert.equal(connection.state, 'open');
    await connection.send('answer');
    void one.next();

    assert.deepEqual(await peer.describe(2), ['81: 61 6e 73 77 65 72', ANSWER]);
  });

  it('lets a loop that catches the error go on to its end', async (t) => {
    const { connection, peer } = await acceptRaw(t, options);
    peer.send(concat([PIECES, CLOSE]));

    let failures = 0;
    for await (const message of connection) await message.text().catch(() => failures++);

    assert.equal(failures, 1);
    assert.deepEqual(await peer.describe(1), [ANSWER]);
  });
});
