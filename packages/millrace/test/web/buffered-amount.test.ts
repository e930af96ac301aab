import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { BufferedAmount } from '../../src/web/buffered-amount.ts';

/** Three messages of 10,000, 0 and 20,000 bytes, with headers of 8, 6 and 8. */
function withMessages(): BufferedAmount {
  const amount = new BufferedAmount();
  amount.addSent(10_000, 10_008);
  amount.addSent(0, 6);
  amount.addSent(20_000, 20_008);
  return amount;
}

describe('BufferedAmount', () => {
  for (const [rest, expected] of [
    [30_022, 30_000],
    // A part of a message counts as much as it has of the wire; what has begun to leave has not left.
    [25_018, 25_000],
    [20_015, 20_001],
    [20_014, 20_000],
    [20_008, 20_000],
    [10_004, 10_000],
    [1, 1],
    [0, 0],
    // A pong has come in between.
    [30_033, 30_000],
  ] as const) {
    it(`is ${String(expected)} with ${String(rest)} bytes left on the wire`, () => {
      const amount = withMessages();

      amount.settle(rest);

      assert.equal(amount.value, expected);
    });
  }

  it('counts small messages together, and all of them until the last has left', () => {
    const amount = new BufferedAmount();
    for (let sent = 0; sent < 1000; sent++) amount.addSent(1, 3);

    const seen = [3000, 1500, 3, 1, 0].map((rest) => {
      amount.settle(rest);
      return amount.value;
    });

    assert.deepEqual(seen, [1000, 500, 1, 1, 0]);
  });

  it('goes down step by step, and up again', () => {
    const amount = withMessages();

    const seen = [25_018, 20_014, 10_004].map((rest) => {
      amount.settle(rest);
      return amount.value;
    });
    amount.addSent(10, 16);
    amount.settle(10_020);

    assert.deepEqual(seen, [25_000, 20_000, 10_000]);
    assert.equal(amount.value, 10_010);
  });

  it('keeps what was lost', () => {
    const amount = withMessages();

    amount.addLost(5);
    amount.settle(0);

    assert.equal(amount.value, 5);
  });
});
