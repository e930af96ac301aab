import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { BufferedAmount } from '../../src/web/buffered-amount.ts';

/** Three messages of 100, 0 and 200 bytes, with headers of 6 and 8. */
function withMessages(): BufferedAmount {
  const amount = new BufferedAmount();
  amount.addSent(100, 106);
  amount.addSent(0, 6);
  amount.addSent(200, 208);
  return amount;
}

describe('BufferedAmount', () => {
  for (const [rest, expected] of [
    [320, 300],
    // Headers leave first, and count for nothing.
    [314, 300],
    [313, 299],
    [215, 201],
    [214, 200],
    [208, 200],
    [200, 200],
    [1, 1],
    [0, 0],
    // A pong has come in between.
    [330, 300],
  ] as const) {
    it(`is ${String(expected)} with ${String(rest)} bytes left on the wire`, () => {
      const amount = withMessages();

      amount.settle(rest);

      assert.equal(amount.value, expected);
    });
  }

  it('goes down step by step, and up again', () => {
    const amount = withMessages();

    const seen = [300, 214, 100].map((rest) => {
      amount.settle(rest);
      return amount.value;
    });
    amount.addSent(10, 16);
    amount.settle(116);

    assert.deepEqual(seen, [286, 200, 100]);
    assert.equal(amount.value, 110);
  });

  it('keeps what was lost', () => {
    const amount = withMessages();

    amount.addLost(5);
    amount.settle(0);

    assert.equal(amount.value, 5);
  });
});
