import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { Fifo } from '../../../src/protocol/base/fifo.ts';
import { createRandom } from '../../helpers/random.ts';

describe('Fifo', () => {
  it('does what an array does, at every length', () => {
    const random = createRandom(7);
    const fifo = new Fifo<number>();
    const model: number[] = [];

    for (let step = 0; step < 30_000; step++) {
      // More is put than taken at first, then less.
      if (random(10) < (step < 10_000 ? 8 : 4)) {
        fifo.put(step);
        model.push(step);
      } else assert.equal(fifo.take(), model.shift());
      assert.equal(fifo.size, model.length);
      assert.equal(fifo.peek(), model[0]);
    }
  });
});
