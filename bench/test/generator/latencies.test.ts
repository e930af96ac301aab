import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { Latencies } from '../../generator/latencies.ts';

describe('Latencies', () => {
  it('tells quantiles within 2.2 %', () => {
    const latencies = new Latencies();
    for (let each = 1; each <= 1000; each++) latencies.add(each / 100);

    for (const share of [0.01, 0.5, 0.99, 1]) {
      const exact = 10 * share;
      assert.ok(Math.abs(latencies.quantile(share) / exact - 1) < 0.022, String(share));
    }
  });

  it('tells 0 if there are none', () => {
    assert.equal(new Latencies().quantile(0.5), 0);
  });

  it('takes what is shorter than a microsecond, and longer than a quarter of an hour', () => {
    const latencies = new Latencies();
    latencies.add(0);
    latencies.add(1e9);

    assert.equal(latencies.quantile(0.5), 0.001);
    assert.equal(latencies.quantile(1), 2 ** 30 / 1000);
  });
});
