import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { PoolGate } from '../../../src/deflate/codec/pool-gate.ts';

describe('PoolGate', () => {
  it('lets so many in, and the others in their order as those leave', async () => {
    const gate = new PoolGate(2);
    const order: number[] = [];
    const enter = async (number: number): Promise<void> => {
      await gate.enter();
      order.push(number);
    };

    const entering = [1, 2, 3, 4, 5].map(enter);
    await Promise.all(entering.slice(0, 2));
    assert.deepEqual(order, [1, 2]);
    gate.leave();
    await entering[2];
    assert.deepEqual(order, [1, 2, 3]);
    for (let count = 0; count < 4; count++) gate.leave();
    await Promise.all(entering);

    assert.deepEqual(order, [1, 2, 3, 4, 5]);
    assert.equal(gate.enter(), undefined);
  });
});
