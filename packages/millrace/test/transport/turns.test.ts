import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { Turns, turns, type TurnTaker } from '../../src/transport/turns.ts';

const immediate = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Turns whose time is what a test says, with a log of who had one. */
class Taking {
  readonly log: string[] = [];
  time = 0;
  readonly turns: Turns = new Turns(() => this.time);

  /** Somebody who works for some time, and asks again as often as told. */
  taker(name: string, work: number, times = 1): TurnTaker {
    let left = times;
    const taker: TurnTaker = {
      takeTurn: () => {
        this.log.push(name);
        this.time += work;
        if (--left > 0) this.turns.request(taker);
      },
    };
    return taker;
  }
}

describe('Turns', () => {
  it('come one after the other, behind everything else', async () => {
    const taking = new Taking();
    for (const name of ['a', 'b', 'c']) taking.turns.request(taking.taker(name, 1));
    assert.deepEqual(taking.log, []);

    await immediate();

    assert.deepEqual(taking.log, ['a', 'b', 'c']);
  });

  it('come again in the turn after, to whoever asks again', async () => {
    const taking = new Taking();
    taking.turns.request(taking.taker('a', 1, 3));
    taking.turns.request(taking.taker('b', 1, 2));

    await immediate();
    assert.deepEqual(taking.log, ['a', 'b']);
    await immediate();
    assert.deepEqual(taking.log.slice(2), ['a', 'b']);
    await immediate();

    assert.deepEqual(taking.log.slice(4), ['a']);
  });

  it('let the event loop turn when many have worked for 20 ms, and go on with the others then', async () => {
    const taking = new Taking();
    for (let index = 0; index < 25; index++) taking.turns.request(taking.taker(String(index), 2));

    await immediate();
    assert.equal(taking.log.length, 10);
    await immediate();
    assert.equal(taking.log.length, 20);
    await immediate();

    assert.deepEqual(
      taking.log,
      Array.from({ length: 25 }, (_, index) => String(index)),
    );
  });

  it('give each 2 ms, and but a little when all together have worked for long', () => {
    const taking = new Taking();
    assert.equal(taking.turns.time, 2);
    taking.turns.request(taking.taker('a', 0));
    assert.equal(taking.turns.time, 2);
    taking.time = 18.5;
    assert.equal(taking.turns.time, 1.5);

    taking.time = 30;

    assert.equal(taking.turns.time, 0.2);
  });

  it('know whether several want them', async () => {
    const taking = new Taking();
    assert.equal(taking.turns.isContended, false);
    taking.turns.request(taking.taker('a', 1));
    taking.turns.request(taking.taker('b', 1, 2));
    await immediate();
    assert.equal(taking.turns.isContended, true);

    await immediate();

    assert.equal(taking.turns.isContended, false);
  });

  it('come to the others though somebody throws', async () => {
    const taking = new Taking();
    const uncaught: unknown[] = [];
    const listener = (error: unknown): void => void uncaught.push(error);
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', listener);
    taking.turns.request({
      takeTurn: () => {
        throw new Error('bad');
      },
    });
    taking.turns.request(taking.taker('b', 1));

    for (let count = 0; count < 3; count++) await immediate();
    process.off('uncaughtException', listener);
    for (const each of listeners) process.on('uncaughtException', each);

    assert.equal(uncaught.length, 1);
    assert.deepEqual(taking.log, ['b']);
    taking.turns.request(taking.taker('c', 1));
    await immediate();
    assert.deepEqual(taking.log, ['b', 'c']);
  });

  it('are those of the process, by its clock', async () => {
    const had = new Promise<void>((resolve) => turns.request({ takeTurn: resolve }));

    await had;

    assert.equal(turns.time, 2);
  });
});
