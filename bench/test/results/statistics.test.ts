import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { estimate, median } from '../../results/statistics.ts';

describe('estimate', () => {
  it('takes the value in the middle, whatever the order', () => {
    assert.equal(estimate([9, 1, 5]).median, 5);
    assert.equal(estimate([4, 1, 2, 100]).median, 3);
    assert.equal(estimate([7]).median, 7);
  });

  // The probabilities are those of the binomial distribution with ½: two times the sum of the outer terms is left out.
  for (const [count, low, high, confidence] of [
    [1, 1, 1, 0],
    [3, 1, 3, 0.75],
    [5, 1, 5, 0.9375],
    [6, 1, 6, 0.96875],
    [8, 1, 8, 0.9921875],
    [9, 2, 8, 0.9609375],
    [20, 6, 15, 0.958610534667969],
  ] as const) {
    it(`of ${String(count)} values gives the interval from number ${String(low)} to number ${String(high)}`, () => {
      const values = Array.from({ length: count }, (_, index) => index + 1);

      const result = estimate(values);

      assert.deepEqual([result.low, result.high], [low, high]);
      assert.ok(Math.abs(result.confidence - confidence) < 1e-12, String(result.confidence));
    });
  }

  it('contains the true median as often as it says', () => {
    let state = 1;
    const random = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
    const trials = 20_000;
    let hits = 0;
    for (let trial = 0; trial < trials; trial++) {
      // A distribution with a long tail, whose median is 1.
      const values = Array.from({ length: 9 }, () => 1 / random() - 1);
      const { low, high } = estimate(values);
      if (low <= 1 && 1 <= high) hits++;
    }

    assert.ok(Math.abs(hits / trials - 0.961) < 0.01, String(hits / trials));
  });

  it('does not change what it is given', () => {
    const values = [3, 1, 2];

    estimate(values);

    assert.deepEqual(values, [3, 1, 2]);
  });

  it('refuses to estimate from nothing', () => {
    assert.throws(() => estimate([]), /no value/);
  });
});

describe('median', () => {
  it('is not a number if there is none', () => {
    assert.equal(median([]), NaN);
    assert.equal(median([2, 1]), 1.5);
  });
});
