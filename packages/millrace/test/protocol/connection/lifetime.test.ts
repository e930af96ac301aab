import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { Lifetime, createLifetime } from '../../../src/protocol/connection/lifetime.ts';
import { BARE_HOST } from '../../helpers/bare.ts';

const OLD = { maxLifetime: 1000, idleTimeout: Infinity };
const IDLE = { maxLifetime: Infinity, idleTimeout: 100 };
const BOTH = { maxLifetime: 1000, idleTimeout: 100 };

describe('Lifetime', () => {
  for (const [random, end] of [
    [0, 900],
    [0.25, 950],
    [0.5, 1000],
    [1, 1100],
  ] as const) {
    it(`spreads the end by a tenth in both directions: ${end} for ${random}`, () => {
      const lifetime = new Lifetime(OLD, 5, random);

      assert.equal(lifetime.deadline, 5 + end);
      assert.equal(lifetime.judge(4 + end), undefined);
      assert.equal(lifetime.judge(5 + end), 'maxLifetime');
    });
  }

  it('ends what is idle, at the time', () => {
    const lifetime = new Lifetime(IDLE, 5, 0.5);

    assert.equal(lifetime.deadline, 105);
    assert.equal(lifetime.judge(104), undefined);
    assert.equal(lifetime.judge(105), 'idleTimeout');
  });

  it('counts from when data came or went, not from when the same was noted again', () => {
    const lifetime = new Lifetime(IDLE, 0, 0.5);

    lifetime.note(50, 0);
    assert.equal(lifetime.deadline, 100, 'nothing has come');
    lifetime.note(60, 7);
    assert.equal(lifetime.deadline, 160);
    lifetime.note(90, 7);
    assert.equal(lifetime.deadline, 160);
    lifetime.note(95, 8);

    assert.equal(lifetime.judge(194), undefined);
    assert.equal(lifetime.judge(195), 'idleTimeout');
  });

  it('counts from when it was in use', () => {
    const lifetime = new Lifetime(IDLE, 0, 0.5);

    lifetime.renew(80);

    assert.equal(lifetime.judge(179), undefined);
    assert.equal(lifetime.judge(180), 'idleTimeout');
  });

  it('ends what is old, however busy it is', () => {
    const lifetime = new Lifetime(BOTH, 0, 0.5);
    for (let now = 50; now < 1000; now += 50) {
      assert.equal(lifetime.deadline, now + 50);
      lifetime.note(now, now);
      assert.equal(lifetime.judge(now), undefined);
    }

    assert.equal(lifetime.deadline, 1000, 'sooner than it is idle');
    assert.equal(lifetime.judge(1000), 'maxLifetime');
  });

  it('tells of its age first, where it is idle, too', () => {
    assert.equal(new Lifetime(BOTH, 0, 0.5).judge(1000), 'maxLifetime');
  });
});

describe('createLifetime', () => {
  const host = (maskingKey: number): typeof BARE_HOST => ({
    ...BARE_HOST,
    now: () => 2000,
    maskingKey: () => maskingKey,
  });

  it('makes nothing where there is no limit', () => {
    assert.equal(createLifetime({ maxLifetime: Infinity, idleTimeout: Infinity }, host(0)), undefined);
  });

  for (const [key, end] of [
    [0, 900],
    [2 ** 30, 950],
    [-(2 ** 31), 1000],
    [-(2 ** 30), 1050],
  ] as const) {
    it(`spreads the end by the random bits ${key}, from now on`, () => {
      const lifetime = createLifetime(OLD, host(key));

      assert.equal(lifetime?.deadline, 2000 + end);
    });
  }

  it('holds a limit of idleness alone', () => {
    const lifetime = createLifetime(IDLE, host(0));

    assert.equal(lifetime?.deadline, 2100);
    assert.equal(lifetime.judge(2100), 'idleTimeout');
  });
});
