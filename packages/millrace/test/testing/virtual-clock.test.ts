import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { VirtualClock } from '../../src/testing/index.ts';

describe('VirtualClock', () => {
  it('stands still until it is advanced', () => {
    const clock = new VirtualClock(100);

    assert.equal(clock.now, 100);
    clock.advance(5);
    assert.equal(clock.now, 105);
  });

  it('rings in order, each alarm at its own time, and those of the same time as they were set', () => {
    const clock = new VirtualClock();
    const rung: string[] = [];
    for (const [name, time] of [
      ['c', 30],
      ['a', 10],
      ['b', 20],
      ['b2', 20],
      ['later', 41],
    ] as const) {
      clock.setAlarm(time, () => rung.push(`${name} ${clock.now}`));
    }
    assert.equal(clock.nextAlarm, 10);

    clock.advance(40);

    assert.deepEqual(rung, ['a 10', 'b 20', 'b2 20', 'c 30']);
    assert.equal(clock.now, 40);
    assert.equal(clock.nextAlarm, 41);
  });

  it('rings what an alarm sets, if it becomes due', () => {
    const clock = new VirtualClock();
    const rung: number[] = [];
    const ring = (): void => {
      rung.push(clock.now);
      clock.setAlarm(clock.now + 10, ring);
    };
    clock.setAlarm(10, ring);

    clock.advance(35);

    assert.deepEqual(rung, [10, 20, 30]);
  });

  it('rings at once, when it is advanced, what is over', () => {
    const clock = new VirtualClock(50);
    const rung: number[] = [];
    clock.setAlarm(10, () => rung.push(clock.now));

    assert.deepEqual(rung, []);
    clock.advance(0);

    assert.deepEqual(rung, [50]);
  });

  it('never rings what was cancelled, nor at Infinity', () => {
    const clock = new VirtualClock();
    let rung = 0;
    clock.setAlarm(10, () => rung++)();
    clock.setAlarm(Infinity, () => rung++)();
    clock.setAlarm(Infinity, () => rung++);

    clock.advance(1e15);

    assert.equal(rung, 0);
    assert.equal(clock.nextAlarm, Infinity);
  });

  it('may be advanced by an alarm', () => {
    const clock = new VirtualClock();
    clock.setAlarm(10, () => clock.advance(100));

    clock.advance(20);

    assert.equal(clock.now, 110);
  });
});
