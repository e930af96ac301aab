import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';

import { DuplexEnd, ScriptedPeer, createDuplexPair, type DuplexEndOptions } from '../../src/testing/index.ts';
import { concat, hex, toHex } from '../helpers/bytes.ts';
import { drive } from '../helpers/driving.ts';

/** Reads a stream to its end. */
async function readAll(stream: DuplexEnd): Promise<string[]> {
  const chunks: string[] = [];
  stream.on('data', (chunk: Uint8Array) => chunks.push(toHex(chunk)));
  await once(stream, 'end');
  return chunks;
}

describe('createDuplexPair', () => {
  const WAYS: [chunking: DuplexEndOptions['chunking'], chunks: string[]][] = [
    [undefined, ['01 02 03 04 05']],
    [2, ['01 02', '03 04', '05']],
    [
      [1, 4],
      ['01', '02 03 04', '05'],
    ],
  ];
  for (const [chunking, chunks] of WAYS) {
    it(`cuts what is written by ${String(chunking ?? 'default')}`, async () => {
      const [near, far] = createDuplexPair([{}, { chunking }]);

      near.end(hex('01 02 03 04 05'));

      assert.deepEqual(await readAll(far), chunks);
      assert.equal(far.chunking, chunking ?? 'whole');
    });
  }

  it('carries both ways, and closes when both have ended', async () => {
    const [near, far] = createDuplexPair([{ allowHalfOpen: true }, { allowHalfOpen: true }]);
    near.end(hex('01'));
    assert.deepEqual(await readAll(far), ['01']);
    assert.equal(near.destroyed, false);

    far.end(hex('02'));

    assert.deepEqual(await readAll(near), ['02']);
  });

  it('delivers by hand, and then as it is told', async () => {
    const [near, far] = createDuplexPair([{}, { chunking: 'by hand' }]);
    const chunks: string[] = [];
    far.on('data', (chunk: Uint8Array) => chunks.push(toHex(chunk)));
    near.end(hex('01 02 03 04'));

    far.deliver(3);
    await new Promise(setImmediate);
    assert.deepEqual(chunks, ['01 02 03']);
    far.chunking = 'whole';
    await once(far, 'end');

    assert.deepEqual(chunks, ['01 02 03', '04']);
  });

  it('counts as written what the other side has read, no earlier', async () => {
    const [near, far] = createDuplexPair();
    const size = 200_000;
    near.write(new Uint8Array(size / 2));
    near.write(new Uint8Array(size / 2));
    await new Promise(setImmediate);
    assert.ok(near.writableLength > 0);

    let read = 0;
    far.on('data', (chunk: Uint8Array) => (read += chunk.length));
    await once(near, 'drain');
    await new Promise(setImmediate);

    assert.equal(read, size);
    assert.equal(near.writableLength, 0);
  });

  it('ends the other side when one is destroyed, and loses what is for it', async () => {
    const [near, far] = createDuplexPair();
    far.write(hex('01'));
    near.destroy();
    far.write(hex('02'));

    assert.deepEqual(await readAll(far), []);
    assert.equal(far.writableLength, 0);
  });

  it('fails on both sides', async () => {
    const [near, far] = createDuplexPair();
    const errors = Promise.all([once(near, 'error'), once(far, 'error')]);

    near.fail(new Error('cut'));

    assert.deepEqual((await errors).flat().map(String), ['Error: cut', 'Error: cut']);
  });

  it('throws away what is written to an end without another', async () => {
    const end = new DuplexEnd();
    end.fail(new Error('alone'));
    await once(end, 'error');

    const alone = new DuplexEnd();
    alone.end(hex('01'));
    await once(alone, 'finish');
  });

  it('serves a SocketDriver, however it is cut', async (t) => {
    for (const chunking of ['whole', 1, 3] as const) {
      const [socket, far] = createDuplexPair([{ chunking }, { chunking }]);
      const peer = ScriptedPeer.over('client', far);
      const { connection, log } = drive(t, socket);

      peer.sendText('Hello');
      connection.sender.sendMessage(new Uint8Array(100_000), { opcode: 2 });
      connection.close(1000);
      const frames = [await peer.nextFrame(), await peer.nextFrame()];
      peer.sendClose(1000);
      peer.end();
      await once(socket, 'close');

      assert.deepEqual(
        frames.map(({ opcode }) => opcode),
        [2, 8],
      );
      assert.equal(concat(frames.map(({ payload }) => payload)).length, 100_002);
      assert.deepEqual(log.lines.slice(-2), ['ended 1000', 'closed 1000']);
      assert.deepEqual(log.lines.slice(0, -2).sort(), ['closing', 'high water', 'text: Hello']);
    }
  });
});
