import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { LocalUsageError } from '../../../src/index.ts';
import { Backoff, resolveBackoffOptions, type BackoffOptions } from '../../../src/connections/reconnecting/backoff.ts';
import { randomFraction } from '../../../src/connections/reconnecting/node-port.ts';

/** The first waits, with `random` in place of chance. */
function waits(options: BackoffOptions, random: number, count = 6): number[] {
  const backoff = new Backoff(resolveBackoffOptions(options), () => random);
  return Array.from({ length: count }, () => backoff.next());
}

describe('Backoff', () => {
  it('waits longer each time, up to the longest', () => {
    assert.deepEqual(waits({ initial: 100, max: 1000 }, 0), [100, 200, 400, 800, 1000, 1000]);
    assert.deepEqual(waits({ initial: 100, max: 1000, factor: 3 }, 0, 4), [100, 300, 900, 1000]);
    assert.deepEqual(waits({ initial: 100, factor: 1 }, 0, 3), [100, 100, 100]);
    assert.deepEqual(waits({ initial: 100, max: 10 }, 0, 2), [10, 10]);
  });

  it('leaves as much to chance as it is told', () => {
    assert.deepEqual(waits({ initial: 100 }, 0.75, 3), [25, 50, 100]);
    assert.deepEqual(waits({ initial: 100, jitter: 0.5 }, 0.5, 3), [75, 150, 300]);
    assert.deepEqual(waits({ initial: 100, jitter: 0 }, 0.5, 3), [100, 200, 400]);
  });

  it('begins anew', () => {
    const backoff = new Backoff(resolveBackoffOptions(), () => 0);
    backoff.next();
    assert.equal(backoff.next(), 2000);

    backoff.reset();

    assert.equal(backoff.next(), 1000);
  });

  it('waits half a minute at most unless told otherwise, and never longer than a timer can', () => {
    assert.equal(waits({}, 0, 20).at(-1), 30_000);
    assert.equal(waits({ max: Infinity }, 0, 40).at(-1), 2 ** 31 - 1);
  });
});

describe('resolveBackoffOptions', () => {
  const WRONG: [options: object, message: RegExp][] = [
    [{ initial: -1 }, /backoff\.initial is -1/],
    [{ initial: NaN }, /backoff\.initial is NaN/],
    [{ max: '1' }, /backoff\.max is "1"/],
    [{ factor: 0.5 }, /backoff\.factor is 0\.5, expected a number from 1 to/],
    [{ factor: NaN }, /backoff\.factor is NaN/],
    [{ factor: Infinity, initial: 1 }, /backoff\.factor is Infinity/],
    [{ jitter: 1.5 }, /backoff\.jitter is 1\.5, expected a number from 0 to 1/],
    [{ jitter: -1 }, /backoff\.jitter is -1/],
  ];
  for (const [options, message] of WRONG) {
    it(`refuses ${JSON.stringify(options)}`, () => {
      assert.throws(
        () => resolveBackoffOptions(options),
        (error: unknown) => error instanceof LocalUsageError && message.test(error.message),
      );
    });
  }

  it('refuses what has no members', () => {
    assert.throws(() => resolveBackoffOptions(5 as never), LocalUsageError);
    assert.throws(() => resolveBackoffOptions(null as never), LocalUsageError);
  });
});

describe('randomFraction', () => {
  it('gives numbers from 0 up to but not 1, spread over all of it', () => {
    const numbers = Array.from({ length: 1000 }, randomFraction);

    assert.ok(numbers.every((number) => number >= 0 && number < 1));
    for (const tenth of Array(10).keys()) {
      assert.ok(numbers.some((number) => Math.floor(number * 10) === tenth));
    }
  });
});
