import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { MaskingKeyPool } from '../../src/transport/masking-keys.ts';
import { startClient } from '../helpers/hook-peers.ts';
import { PlainClient } from '../helpers/plain-protocols.ts';
import { listenRaw } from '../helpers/raw-peer.ts';

/** Enough for several fillings of the pool. */
const COUNT = 20_000;

describe('MaskingKeyPool', () => {
  const take = (pool: MaskingKeyPool): number[] => Array.from({ length: COUNT }, () => pool.next());

  it('gives signed 32-bit numbers, each once', () => {
    const keys = take(new MaskingKeyPool());

    assert.ok(keys.every((key) => key === (key | 0)));
    // Of 20 000 random keys, 0.05 are expected to be double.
    assert.ok(new Set(keys).size > COUNT - 5);
  });

  it('sets each bit as often as not', () => {
    const keys = take(new MaskingKeyPool());

    for (let bit = 0; bit < 32; bit++) {
      const share = keys.filter((key) => ((key >>> bit) & 1) === 1).length / COUNT;
      // Fourteen standard deviations.
      assert.ok(Math.abs(share - 0.5) < 0.05, `bit ${String(bit)}: ${String(share)}`);
    }
  });

  it('gives others than another pool', () => {
    const keys = new Set(take(new MaskingKeyPool()));

    assert.ok(take(new MaskingKeyPool()).filter((key) => keys.has(key)).length < 5);
  });

  it('gives each frame of a client a key of its own', async (t) => {
    const raw = await listenRaw(t);
    const client = await startClient(t, raw.url, PlainClient);
    const peer = await raw.peers.take();

    for (let count = 0; count < 100; count++) client.sendMessage('same', { fragmentSize: 2 });
    client.sendMessage(new Uint8Array(100_000));
    client.sendPing();

    const keys = (await peer.frames.takeAll(202)).map(({ key }) => key);
    assert.ok(new Set(keys).size > 200);
  });
});
