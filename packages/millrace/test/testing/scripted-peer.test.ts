import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { ScriptedPeer, createDuplexPair, createScriptedPair } from '../../src/testing/index.ts';
import { concat, hex, toHex } from '../helpers/bytes.ts';
import { splits } from '../helpers/splits.ts';

/** A peer whose transport writes down what it is told. */
function written(role: 'client' | 'server'): { peer: ScriptedPeer; bytes: () => string; calls: string[] } {
  const pieces: Uint8Array[] = [];
  const calls: string[] = [];
  const peer = new ScriptedPeer(role, {
    write: (bytes) => pieces.push(bytes),
    end: () => calls.push('end'),
    destroy: () => calls.push('destroy'),
  });
  return { peer, bytes: () => toHex(concat(pieces)), calls };
}

describe('ScriptedPeer', () => {
  it('says what it is told to, right or wrong', () => {
    const { peer, bytes, calls } = written('server');

    peer.sendText('a');
    peer.sendClose();
    peer.sendClose(65_535, 'x');
    peer.sendFrame({ opcode: 0xf, reservedBits: 7, fin: false, announced: 9 });
    peer.sendBytes(hex('ff fe'));
    peer.end();
    peer.destroy();

    assert.equal(bytes(), '81 01 61 88 00 88 03 ff ff 78 7f 09 ff fe');
    assert.deepEqual(calls, ['end', 'destroy']);
  });

  it('masks as a client, each frame with a key of its own', () => {
    const { peer, bytes } = written('client');

    peer.sendText('a');
    peer.sendText('a');
    peer.sendFrame({ maskingKey: 'none' });

    assert.match(bytes(), /^81 81 (.. .. .. ..) .. 81 81 (?!\1).. .. .. .. .. 82 00$/);
  });

  it('keeps what it was given to send', () => {
    const { peer, bytes } = written('server');
    const lent = hex('01 02');

    peer.sendBytes(lent);
    lent.fill(0);

    assert.equal(bytes(), '01 02');
  });

  it('writes down what it hears, frame by frame, however it is cut', () => {
    for (const chunks of splits(hex('c1 02 61 62 02 81 01 02 03 04 05 80 00'))) {
      const { peer } = written('client');

      for (const chunk of chunks) peer.receive(chunk);

      assert.deepEqual(
        peer.frames.map(({ fin, reservedBits, opcode, maskingKey, announced, payload }) => ({
          fin,
          reservedBits,
          opcode,
          maskingKey,
          announced,
          payload: toHex(payload),
        })),
        [
          { fin: true, reservedBits: 4, opcode: 1, maskingKey: undefined, announced: 2n, payload: '61 62' },
          { fin: false, reservedBits: 0, opcode: 2, maskingKey: 0x0102_0304, announced: 1n, payload: '04' },
          { fin: true, reservedBits: 0, opcode: 0, maskingKey: undefined, announced: 0n, payload: '' },
        ],
      );
    }
  });

  it('shows a frame that has not ended', () => {
    const { peer } = written('client');
    assert.equal(peer.takeUnfinished(), undefined);

    peer.receive(hex('02 7f 7f ff ff ff ff ff ff ff 01 02'));
    const unfinished = peer.takeUnfinished();

    assert.equal(unfinished?.announced, 2n ** 63n - 1n);
    assert.equal(toHex(unfinished.payload), '01 02');
    assert.deepEqual(peer.frames, []);
  });

  it('hands out events one by one, at once or as they come', async () => {
    const { peer } = written('client');
    peer.receive(hex('81 01 61'));

    assert.equal(peer.take()?.type, 'frame');
    assert.equal(peer.take(), undefined);
    const next = peer.next();
    const afterNext = next.then(() => peer.next());
    peer.receiveEnd();
    peer.failed(new Error('cut'));
    peer.closed();

    assert.deepEqual(await next, { type: 'end' });
    assert.equal((await afterNext).type, 'error');
    assert.deepEqual(await peer.next(), { type: 'close' });
    assert.equal(peer.events.length, 4);
  });

  it('waits for a frame, and complains when the transport ends instead', async () => {
    const { peer } = written('client');
    const frame = peer.nextFrame();
    peer.receive(hex('81 01 61'));
    assert.equal(toHex((await frame).payload), '61');

    peer.receiveEnd();

    await assert.rejects(peer.nextFrame(), /expected a frame, but the transport told 'end'/);
  });

  it('speaks over a duplex stream', async () => {
    const [near, far] = createDuplexPair();
    const server = ScriptedPeer.over('server', near);
    const client = ScriptedPeer.over('client', far);

    client.sendText('Hello');
    assert.equal(toHex((await server.nextFrame()).payload), '48 65 6c 6c 6f');
    client.end();
    assert.deepEqual(await server.next(), { type: 'end' });
    server.sendText('still');
    assert.equal((await client.nextFrame()).opcode, 1);
    server.end();

    assert.deepEqual(await client.next(), { type: 'end' });
    assert.deepEqual(await client.next(), { type: 'close' });
    assert.deepEqual(await server.next(), { type: 'close' });
  });

  it('hears of a stream that fails, and of one that it destroys', async () => {
    const [near, far] = createDuplexPair();
    const server = ScriptedPeer.over('server', near);
    const client = ScriptedPeer.over('client', far);
    near.fail(new Error('cut'));

    for (const peer of [server, client]) {
      assert.deepEqual(await peer.next(), { type: 'error', error: new Error('cut') });
      assert.deepEqual(await peer.next(), { type: 'close' });
    }

    const [one] = createDuplexPair();
    const destroyed = ScriptedPeer.over('client', one);
    destroyed.destroy();
    assert.deepEqual(await destroyed.next(), { type: 'close' });
  });

  it('hears a connection in memory', () => {
    const { connection, peer, settle } = createScriptedPair('server');

    connection.sender.sendMessage('a', { opcode: 1 });
    connection.close(1000);
    settle();

    assert.deepEqual(
      peer.frames.map(({ opcode }) => opcode),
      [1, 8],
    );
  });
});
