import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { ContextPool } from '../../src/deflate/context-pool.ts';
import type { Deflater } from '../../src/deflate/codec/codec.ts';
import { CODECS, DEFAULT_SETTINGS, deflateMessage } from '../helpers/deflate.ts';
import { randomBytes } from '../helpers/random.ts';

const data = randomBytes(300, 1).map((byte) => byte & 7);

for (const { name, codec } of CODECS) {
  const createPool = (): ContextPool<Deflater> => new ContextPool(() => codec.createDeflater(DEFAULT_SETTINGS));

  describe(`ContextPool with ${name}`, () => {
    it('gives contexts without history, used ones before new ones', async () => {
      const pool = createPool();
      const first = pool.take();
      const sizes = [(await deflateMessage(first, data)).length, (await deflateMessage(first, data)).length];
      pool.give(first);
      assert.equal(pool.hasFree, true);

      const second = pool.take();
      const third = pool.take();

      assert.equal(second, first);
      assert.notEqual(third, first);
      assert.equal(pool.size, 2);
      assert.equal(pool.hasFree, false);
      assert.ok(sizes[1]! < sizes[0]!);
      assert.equal((await deflateMessage(second, data)).length, sizes[0]);
      for (const context of [second, third]) pool.discard(context);
      assert.equal(pool.size, 0);
    });

    it('keeps eight at most, and none that nobody took between two sweeps', () => {
      const pool = createPool();
      const taken = Array.from({ length: 20 }, () => pool.take());
      assert.equal(pool.size, 20);
      for (const context of taken) pool.give(context);
      assert.equal(pool.size, 8);

      pool.sweep();
      assert.equal(pool.size, 8);
      const used = [pool.take(), pool.take()];
      for (const context of used) pool.give(context);
      pool.sweep();
      assert.equal(pool.size, 2);
      pool.sweep();
      assert.equal(pool.size, 0);
    });
  });
}

describe('ContextPool', () => {
  it('counts no context that could not be made', () => {
    const pool = new ContextPool<Deflater>(() => {
      throw new Error('no memory');
    });

    assert.throws(() => pool.take(), /no memory/);
    assert.equal(pool.size, 0);
  });
});
