import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { KeepAlive } from '../../../src/protocol/connection/keep-alive.ts';

const OPTIONS = { interval: 20, timeout: 10, midFrameTimeout: 100 };

/** Checks at each deadline until there is a verdict, or until `end`. */
function run(keepAlive: KeepAlive, end: number, insideFrame = false): [time: number, verdict: string][] {
  const verdicts: [number, string][] = [];
  while (keepAlive.deadline <= end) {
    const now = keepAlive.deadline;
    const verdict = keepAlive.check(now, insideFrame);
    if (verdict !== 'alive') verdicts.push([now, verdict]);
    if (verdict === 'lost') break;
    assert.ok(keepAlive.deadline > now, 'time goes on');
  }
  return verdicts;
}

describe('KeepAlive', () => {
  it('does nothing when it is off', () => {
    const keepAlive = new KeepAlive(false, 5);

    assert.equal(keepAlive.deadline, Infinity);
    assert.equal(keepAlive.check(1e9, false), 'alive');
    assert.equal(keepAlive.check(1e9, true), 'alive');
  });

  it('pings after a silence, and gives up after a further one', () => {
    assert.deepEqual(run(new KeepAlive(OPTIONS, 1000), 2000), [
      [1020, 'ping'],
      [1030, 'lost'],
    ]);
  });

  it('pings at the interval after an answer, however long it would have waited for it', () => {
    const keepAlive = new KeepAlive({ interval: 20, timeout: 1000, midFrameTimeout: 5000 }, 0);

    assert.equal(keepAlive.check(20, false), 'ping');
    keepAlive.heard(21);

    assert.deepEqual(run(keepAlive, 45), [[41, 'ping']]);
  });

  it('takes the last sign of life, not the last check', () => {
    const keepAlive = new KeepAlive(OPTIONS, 0);

    keepAlive.heard(15);
    assert.equal(keepAlive.check(20, false), 'alive');
    assert.equal(keepAlive.deadline, 35);
    keepAlive.heard(34);
    assert.equal(keepAlive.check(35, false), 'alive');

    assert.deepEqual(run(keepAlive, 1000), [
      [54, 'ping'],
      [64, 'lost'],
    ]);
  });

  it('takes anything as the answer to a ping', () => {
    const keepAlive = new KeepAlive(OPTIONS, 0);
    assert.equal(keepAlive.check(20, false), 'ping');

    keepAlive.heard(29);

    assert.deepEqual(run(keepAlive, 1000), [
      [49, 'ping'],
      [59, 'lost'],
    ]);
  });

  it('does nothing when it is asked too early', () => {
    const keepAlive = new KeepAlive(OPTIONS, 0);

    assert.equal(keepAlive.check(19, false), 'alive');
    assert.equal(keepAlive.check(20, false), 'ping');
    assert.equal(keepAlive.check(21, false), 'alive');
    assert.equal(keepAlive.check(29, false), 'alive');
    assert.equal(keepAlive.check(30, false), 'lost');
  });

  it('tolerates a longer silence inside a frame, and pings nobody there', () => {
    assert.deepEqual(run(new KeepAlive(OPTIONS, 0), 1000, true), [[100, 'lost']]);
  });

  it('counts the silence inside a frame from its last byte', () => {
    const keepAlive = new KeepAlive(OPTIONS, 0);

    keepAlive.heard(99);
    assert.equal(keepAlive.check(100, true), 'alive');

    assert.deepEqual(run(keepAlive, 1000, true), [[199, 'lost']]);
  });

  for (const [interval, timeout] of [
    [500, 500],
    [Infinity, 10],
    [20, Infinity],
  ] as const) {
    it(`gives up in time inside a frame, with an interval of ${interval} and a timeout of ${timeout}`, () => {
      const keepAlive = new KeepAlive({ interval, timeout, midFrameTimeout: 100 }, 0);
      assert.deepEqual(run(keepAlive, 50).at(-1)?.[1], interval === 20 ? 'ping' : undefined);

      keepAlive.heard(50);

      assert.deepEqual(run(keepAlive, 1000, true), [[150, 'lost']]);
    });
  }

  it('finds in time a frame that begins and stops at once, where that takes less than the interval', () => {
    const keepAlive = new KeepAlive({ interval: 500, timeout: 500, midFrameTimeout: 100 }, 0);

    assert.equal(keepAlive.deadline, 100);
    assert.equal(keepAlive.check(100, false), 'alive');
    keepAlive.heard(101);

    assert.deepEqual(run(keepAlive, 1000, true), [[201, 'lost']]);
  });

  it('waits for ever where everything is Infinity', () => {
    const keepAlive = new KeepAlive({ interval: Infinity, timeout: Infinity, midFrameTimeout: Infinity }, 0);

    assert.equal(keepAlive.deadline, Infinity);
    assert.equal(keepAlive.check(1e15, false), 'alive');
    assert.equal(keepAlive.check(1e15, true), 'alive');
    assert.equal(keepAlive.deadline, Infinity);
  });
});
