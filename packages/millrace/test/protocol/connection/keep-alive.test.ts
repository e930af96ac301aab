import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { KeepAlive } from '../../../src/protocol/connection/keep-alive.ts';

const OPTIONS = { interval: 20, timeout: 10, midFrameTimeout: 100 };

/** Where the peer is when it is judged, and whether we read. */
const BETWEEN = { insideFrame: false, isBlind: false };
const INSIDE = { insideFrame: true, isBlind: false };
const BLIND = { insideFrame: false, isBlind: true };

/** Checks at each deadline until there is a verdict, or until `end`. */
function run(keepAlive: KeepAlive, end: number, where = BETWEEN): [time: number, verdict: string][] {
  const verdicts: [number, string][] = [];
  while (keepAlive.deadline <= end) {
    const now = keepAlive.deadline;
    const verdict = keepAlive.check(now, where);
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
    assert.equal(keepAlive.check(1e9, BETWEEN), 'alive');
    assert.equal(keepAlive.check(1e9, INSIDE), 'alive');
  });

  it('pings after a silence, and gives up after a further one', () => {
    assert.deepEqual(run(new KeepAlive(OPTIONS, 1000), 2000), [
      [1020, 'ping'],
      [1030, 'lost'],
    ]);
  });

  it('pings at the interval after an answer, however long it would have waited for it', () => {
    const keepAlive = new KeepAlive({ interval: 20, timeout: 1000, midFrameTimeout: 5000 }, 0);

    assert.equal(keepAlive.check(20, BETWEEN), 'ping');
    keepAlive.heard(21);

    assert.deepEqual(run(keepAlive, 45), [[41, 'ping']]);
  });

  it('takes the last sign of life, not the last check', () => {
    const keepAlive = new KeepAlive(OPTIONS, 0);

    keepAlive.heard(15);
    assert.equal(keepAlive.check(20, BETWEEN), 'alive');
    assert.equal(keepAlive.deadline, 35);
    keepAlive.heard(34);
    assert.equal(keepAlive.check(35, BETWEEN), 'alive');

    assert.deepEqual(run(keepAlive, 1000), [
      [54, 'ping'],
      [64, 'lost'],
    ]);
  });

  it('takes anything as the answer to a ping', () => {
    const keepAlive = new KeepAlive(OPTIONS, 0);
    assert.equal(keepAlive.check(20, BETWEEN), 'ping');

    keepAlive.heard(29);

    assert.deepEqual(run(keepAlive, 1000), [
      [49, 'ping'],
      [59, 'lost'],
    ]);
  });

  it('does nothing when it is asked too early', () => {
    const keepAlive = new KeepAlive(OPTIONS, 0);

    assert.equal(keepAlive.check(19, BETWEEN), 'alive');
    assert.equal(keepAlive.check(20, BETWEEN), 'ping');
    assert.equal(keepAlive.check(21, BETWEEN), 'alive');
    assert.equal(keepAlive.check(29, BETWEEN), 'alive');
    assert.equal(keepAlive.check(30, BETWEEN), 'lost');
  });

  it('tolerates a longer silence inside a frame, and pings nobody there', () => {
    assert.deepEqual(run(new KeepAlive(OPTIONS, 0), 1000, INSIDE), [[100, 'lost']]);
  });

  it('counts the silence inside a frame from its last byte', () => {
    const keepAlive = new KeepAlive(OPTIONS, 0);

    keepAlive.heard(99);
    assert.equal(keepAlive.check(100, INSIDE), 'alive');

    assert.deepEqual(run(keepAlive, 1000, INSIDE), [[199, 'lost']]);
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

      assert.deepEqual(run(keepAlive, 1000, INSIDE), [[150, 'lost']]);
    });
  }

  it('finds in time a frame that begins and stops at once, where that takes less than the interval', () => {
    const keepAlive = new KeepAlive({ interval: 500, timeout: 500, midFrameTimeout: 100 }, 0);

    assert.equal(keepAlive.deadline, 100);
    assert.equal(keepAlive.check(100, BETWEEN), 'alive');
    keepAlive.heard(101);

    assert.deepEqual(run(keepAlive, 1000, INSIDE), [[201, 'lost']]);
  });

  describe('while nothing is read', () => {
    it('pings at each interval, and gives up nobody, inside a frame or not', () => {
      for (const insideFrame of [false, true]) {
        const keepAlive = new KeepAlive(OPTIONS, 0);

        assert.deepEqual(run(keepAlive, 100, { insideFrame, isBlind: true }), [
          [20, 'ping'],
          [40, 'ping'],
          [60, 'ping'],
          [80, 'ping'],
          [100, 'ping'],
        ]);
      }
    });

    it('forgets that a ping was not answered, and counts afresh when reading goes on', () => {
      const keepAlive = new KeepAlive(OPTIONS, 0);
      assert.equal(keepAlive.check(20, BETWEEN), 'ping');
      assert.equal(keepAlive.check(30, BLIND), 'ping');

      assert.equal(keepAlive.check(40, BETWEEN), 'alive');

      assert.deepEqual(run(keepAlive, 1000), [
        [50, 'ping'],
        [60, 'lost'],
      ]);
    });

    it('pings nobody where the interval is Infinity, and finds a frame that has stopped afterwards', () => {
      const keepAlive = new KeepAlive({ interval: Infinity, timeout: 10, midFrameTimeout: 100 }, 0);

      assert.deepEqual(run(keepAlive, 450, BLIND), []);

      assert.deepEqual(run(keepAlive, 2000, INSIDE), [[500, 'lost']]);
    });

    it('does nothing when it is off', () => {
      const keepAlive = new KeepAlive(false, 0);

      assert.equal(keepAlive.check(1e9, BLIND), 'alive');
      assert.equal(keepAlive.deadline, Infinity);
    });
  });

  describe('the latency', () => {
    it('is the time from a ping to its pong, for the last that was answered', () => {
      const keepAlive = new KeepAlive(OPTIONS, 0);
      assert.equal(keepAlive.latency, undefined);
      assert.equal(keepAlive.check(20, BETWEEN), 'ping');
      assert.equal(keepAlive.latency, undefined);

      keepAlive.heard(27);
      keepAlive.answered(27);
      assert.equal(keepAlive.latency, 7);
      assert.equal(keepAlive.check(47, BETWEEN), 'ping');
      keepAlive.heard(50);
      keepAlive.answered(50);

      assert.equal(keepAlive.latency, 3);
    });

    it('is not changed by a pong that nobody waits for', () => {
      const keepAlive = new KeepAlive(OPTIONS, 0);

      keepAlive.answered(5);
      assert.equal(keepAlive.latency, undefined);
      assert.equal(keepAlive.check(20, BETWEEN), 'ping');
      keepAlive.answered(24);
      keepAlive.answered(29);

      assert.equal(keepAlive.latency, 4);
    });

    it('counts from the ping, though something else was heard before the pong', () => {
      const keepAlive = new KeepAlive(OPTIONS, 0);
      assert.equal(keepAlive.check(20, BETWEEN), 'ping');

      keepAlive.heard(22);
      keepAlive.heard(28);
      keepAlive.answered(28);

      assert.equal(keepAlive.latency, 8);
    });

    it('is not taken of a pong that may have waited to be read', () => {
      const keepAlive = new KeepAlive(OPTIONS, 0);
      assert.equal(keepAlive.check(20, BETWEEN), 'ping');
      assert.equal(keepAlive.check(30, BLIND), 'ping');

      keepAlive.answered(90);

      assert.equal(keepAlive.latency, undefined);
    });
  });

  it('waits for ever where everything is Infinity', () => {
    const keepAlive = new KeepAlive({ interval: Infinity, timeout: Infinity, midFrameTimeout: Infinity }, 0);

    assert.equal(keepAlive.deadline, Infinity);
    assert.equal(keepAlive.check(1e15, BETWEEN), 'alive');
    assert.equal(keepAlive.check(1e15, INSIDE), 'alive');
    assert.equal(keepAlive.deadline, Infinity);
  });
});
