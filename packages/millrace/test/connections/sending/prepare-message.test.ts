import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it, type TestContext } from 'node:test';

import {
  ConnectionClosedError,
  LocalUsageError,
  prepareMessage,
  serve,
  type Chunk,
  type WebSocketConnection,
} from '../../../src/index.ts';
import { hex } from '../../helpers/bytes.ts';
import { Inbox } from '../../helpers/inbox.ts';
import { connectRaw, type RawPeer } from '../../helpers/raw-peer.ts';

/** A connection of a server, and its peer that reads only what it is told to. */
async function open(t: TestContext): Promise<{ connection: WebSocketConnection; peer: RawPeer }> {
  const joined = new Inbox<WebSocketConnection>();
  const server = await serve({ port: 0, host: '127.0.0.1', fragmentSize: Infinity }, async (connection) => {
    joined.put(connection);
    await connection.closed;
  });
  t.after(() => server.close({ timeout: 0 }));
  const peer = await connectRaw(t, server.url);
  return { connection: await joined.take(), peer };
}

describe('prepareMessage', () => {
  it('makes a message for any number of connections, from text or bytes in any view', async (t) => {
    const [one, other] = [await open(t), await open(t)];
    const messages = [
      prepareMessage('Grüße'),
      prepareMessage(Uint8Array.of(1, 2)),
      prepareMessage(new DataView(new ArrayBuffer(1))),
      prepareMessage(hex('48 69'), { type: 'text' }),
      prepareMessage('Hi', { type: 'binary' }),
    ];

    for (const message of messages) {
      for (const { connection } of [one, other]) await connection.send(message);
    }

    for (const { peer } of [one, other]) {
      assert.deepEqual(await peer.describe(5), [
        '81: 47 72 c3 bc c3 9f 65',
        '82: 01 02',
        '82: 00',
        '81: 48 69',
        '82: 48 69',
      ]);
    }
  });

  it('copies what it is given', async (t) => {
    const { connection, peer } = await open(t);
    const bytes = Uint8Array.of(1, 2);

    const message = prepareMessage(bytes);
    bytes.fill(9);
    await connection.send(message);

    assert.deepEqual(await peer.describe(1), ['82: 01 02']);
  });

  it('waits for its turn behind a message in pieces', async (t) => {
    const { connection, peer } = await open(t);
    const writer = await connection.beginMessage('binary');
    await writer.writeFrame(Uint8Array.of(1));

    const sent = connection.send(prepareMessage('behind'));
    await writer.end();
    await sent;

    assert.deepEqual(await peer.describe(2), ['82: 01', '81: 62 65 68 69 6e 64']);
  });

  const wrong: readonly (readonly [what: string, data: unknown, options: unknown, message: RegExp])[] = [
    ['a number', 1, undefined, /message is 1, expected a string or bytes/],
    ['a stream', [], undefined, /message is .*, expected a string or bytes/],
    ['bytes that are no text', hex('ff'), { type: 'text' }, /UTF-8/],
    ['a type that there is not', 'text', { type: 'json' }, /type is "json", expected 'text' or 'binary'/],
    ['an unknown option', 'text', { binary: true }, /prepareMessage has no option "binary"/],
    ['options that are none', 'text', 'binary', /argument options of prepareMessage is "binary", expected an object/],
  ];
  for (const [what, data, options, message] of wrong) {
    it(`refuses ${what}`, () => {
      const call = (): unknown => Reflect.apply(prepareMessage, undefined, [data, options]);

      assert.throws(call, (error) => error instanceof LocalUsageError && message.test(error.message));
    });
  }

  it('is not sent when the connection has ended', async (t) => {
    const { connection, peer } = await open(t);
    peer.socket.destroy();
    await connection.closed;

    await assert.rejects(connection.send(prepareMessage('late')), ConnectionClosedError);
  });
});

/** More than the operating system takes for a peer that does not read. */
const MUCH: Chunk = new Uint8Array(8_000_000);

describe('isSlow and drained', () => {
  it('say when more than highWaterMark is on its way, and when that has left', async (t) => {
    const { connection, peer } = await open(t);
    peer.socket.pause();
    assert.equal(connection.isSlow, false);
    await connection.drained();

    const sent = connection.send(MUCH);
    assert.equal(connection.isSlow, true);
    const drained = connection.drained();
    peer.socket.resume();
    await drained;

    assert.equal(connection.isSlow, false);
    assert.equal(connection.bufferedAmount, 0);
    await sent;
  });

  it('heed what waits for its turn, too', async (t) => {
    const { connection } = await open(t);
    const writer = await connection.beginMessage('binary');
    const sent = connection.send(new Uint8Array(100_000));

    assert.equal(connection.isSlow, true);
    const drained = connection.drained();
    await writer.end();
    await drained;

    assert.equal(connection.isSlow, false);
    await sent;
  });

  it('fail when the connection ends before', async (t) => {
    const { connection, peer } = await open(t);
    peer.socket.pause();
    const sent = connection.send(MUCH);
    const drained = connection.drained();

    peer.socket.destroy();

    await assert.rejects(drained, ConnectionClosedError);
    await assert.rejects(sent, ConnectionClosedError);
    await assert.rejects(connection.drained(), ConnectionClosedError);
    assert.ok((await connection.closed).unsentBytes > 0);
  });

  it('wait no longer than the signal says', async (t) => {
    const { connection, peer } = await open(t);
    peer.socket.pause();
    void connection.send(MUCH);
    const controller = new AbortController();
    const drained = connection.drained({ signal: controller.signal });

    controller.abort(new Error('enough'));

    await assert.rejects(drained, { message: 'enough' });
    assert.equal(connection.isSlow, true);
    peer.socket.resume();
    await once(peer.socket, 'data');
  });
});
