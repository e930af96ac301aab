import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it, type TestContext } from 'node:test';

import WS from 'ws';

import { LimitExceededError, serve, type Closure, type ReceivedMessage, type ServeOptions } from '../../src/index.ts';
import { concat } from '../helpers/bytes.ts';
import { randomBytes } from '../helpers/random.ts';

const MIB = 1024 * 1024;

/** Pieces that become shorter when they are compressed, longer, and nothing at all. */
const PIECES = [new Uint8Array(MIB), randomBytes(100_000, 1), new Uint8Array(0), new Uint8Array(300_000).fill(7)];

/** A server that reads its first message, and a client that sends it in compressed fragments. */
async function read<Result>(
  t: TestContext,
  pieces: readonly Uint8Array[],
  readMessage: (message: ReceivedMessage) => Promise<Result>,
  options: ServeOptions = {},
): Promise<{ readonly result: Promise<Result>; readonly closed: Promise<Closure> }> {
  const settled: { resolve: (value: { result: Promise<Result>; closed: Promise<Closure> }) => void } = {
    resolve: () => undefined,
  };
  const both = new Promise<{ result: Promise<Result>; closed: Promise<Closure> }>(
    (resolve) => (settled.resolve = resolve),
  );
  const server = await serve({ port: 0, host: '127.0.0.1', compression: true, ...options }, async (connection) => {
    const message = await connection.receive();
    assert.ok(message !== undefined);
    const result = readMessage(message);
    settled.resolve({ result, closed: connection.closed });
    await result.catch(() => undefined);
  });
  t.after(() => server.close({ timeout: 100 }));
  const socket = new WS(server.url, { perMessageDeflate: { threshold: 0 } });
  t.after(() => socket.terminate());
  await once(socket, 'open');
  assert.match(socket.extensions, /permessage-deflate/);
  for (const [index, piece] of pieces.entries()) socket.send(piece, { fin: index === pieces.length - 1 });
  return both;
}

async function sizesByFrame(message: ReceivedMessage, readFrame: 'whole' | 'chunks'): Promise<Uint8Array[]> {
  const payloads: Uint8Array[] = [];
  for await (const frame of message.frames()) {
    if (readFrame === 'whole') {
      payloads.push(await frame.bytes());
      continue;
    }
    const chunks: Uint8Array[] = [];
    for await (const chunk of frame) chunks.push(chunk);
    payloads.push(concat(chunks));
  }
  return payloads;
}

describe('The frames of a compressed message', () => {
  for (const readFrame of ['whole', 'chunks'] as const) {
    it(`have all of their payload, which is not as long as they announce (${readFrame})`, async (t) => {
      const { result } = await read(t, PIECES, (message) => sizesByFrame(message, readFrame));

      const payloads = await result;
      assert.deepEqual(
        payloads.map(({ length }) => length),
        PIECES.map(({ length }) => length),
      );
      for (const [index, piece] of PIECES.entries()) assert.ok(Buffer.compare(piece, payloads[index]!) === 0);
    });
  }

  it('are discarded to their end when the next one is asked for', async (t) => {
    const { result } = await read(t, PIECES, async (message) => {
      const frames = message.frames();
      const lengths: number[] = [];
      for (let next = await frames.next(); next.done !== true; next = await frames.next())
        lengths.push(next.value.length);
      return lengths;
    });

    assert.equal((await result).length, PIECES.length);
  });

  it('are judged by what comes out, when they are collected: 1009', async (t) => {
    const options = { maxFrameSize: MIB - 1 };
    const { result, closed } = await read(t, PIECES, (message) => sizesByFrame(message, 'whole'), options);

    await assert.rejects(result, LimitExceededError);
    assert.match(String((await closed).error), /maxFrameSize/);
  });

  it('are judged so when the message is collected, too', async (t) => {
    const { result, closed } = await read(t, PIECES, (message) => message.bytes(), { maxFrameSize: MIB - 1 });

    await assert.rejects(result, LimitExceededError);
    assert.deepEqual((await closed).sent?.code, 1009);
  });
});
