import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { TotalBuffered, type DataHolder } from '../../src/engine/total-buffered.ts';
import type { LimitExceededError } from '../../src/protocol/base/errors.ts';
import { tick } from '../helpers/transforms.ts';

/** Holds what a test says. */
class Holder implements DataHolder {
  readonly #total: TotalBuffered;
  own = 0;
  shared: Uint8Array[] = [];
  error: LimitExceededError | undefined;
  /** What it goes on to hold when it was ended. */
  left = 0;

  constructor(total: TotalBuffered) {
    this.#total = total;
  }

  get cost(): number {
    return this.own + this.shared.reduce((size, { length }) => size + length, 0);
  }

  hold(own: number, ...shared: Uint8Array[]): void {
    this.own = own;
    this.shared = shared;
    this.#total.update(this);
  }

  visitShared(visit: (bytes: Uint8Array) => void): void {
    this.shared.forEach(visit);
  }

  shed(error: LimitExceededError): void {
    this.error = error;
    this.hold(this.left);
  }
}

function holders(total: TotalBuffered, count: number): Holder[] {
  return Array.from({ length: count }, () => new Holder(total));
}

function shed(all: readonly Holder[]): number[] {
  return all.flatMap(({ error }, index) => (error === undefined ? [] : [index]));
}

describe('TotalBuffered', () => {
  it('ends those that hold most, as many as it takes, with 1013', async () => {
    const total = new TotalBuffered(100);
    const all = holders(total, 4);
    for (const [index, holder] of all.entries()) holder.hold([10, 60, 20, 50][index] ?? 0);
    await tick();

    assert.deepEqual(shed(all), [1]);
    assert.equal(all[1]?.error?.closeCode, 1013);
    assert.match(all[1].error.message, /^140 bytes exceed maxTotalBuffered, 100 bytes/);
    assert.equal(total.isExceeded, false);
  });

  it('ends nobody at the limit, nor for what has left meanwhile', async () => {
    const total = new TotalBuffered(100);
    const [one, other] = holders(total, 2);
    one?.hold(60);
    other?.hold(40);
    one?.hold(0);
    for (let count = 0; count < 100; count++) {
      one?.hold(60);
      one?.hold(0);
    }
    await tick();

    assert.deepEqual([one?.error, other?.error], [undefined, undefined]);
  });

  it('counts memory that several hold once', async () => {
    const total = new TotalBuffered(100);
    const all = holders(total, 50);
    const memory = new Uint8Array(80);
    // Views of the same.
    for (const holder of all) holder.hold(0, memory.subarray());
    await tick();
    assert.deepEqual(shed(all), []);
    assert.equal(total.isExceeded, false);

    all[7]?.hold(30, memory);
    await tick();

    assert.deepEqual(shed(all), [7], 'that of the others is not freed by ending them');
  });

  it('tells views of one buffer apart', async () => {
    const total = new TotalBuffered(100);
    const all = holders(total, 2);
    const buffer = new ArrayBuffer(160);
    for (const [index, holder] of all.entries()) holder.hold(0, new Uint8Array(buffer, index * 80, 80));
    await tick();

    assert.equal(shed(all).length, 1);
  });

  it('has nobody else come while those that were ended still hold too much, and ends no others for them', async () => {
    const total = new TotalBuffered(100);
    const [large, small] = holders(total, 2);
    if (large === undefined || small === undefined) assert.fail();
    large.left = 90;
    small.hold(20);
    large.hold(200);
    await tick();

    assert.deepEqual(shed([large, small]), [0]);
    assert.equal(total.isExceeded, true);
    small.hold(30);
    await tick();
    assert.equal(small.error, undefined);
    total.leave(large);
    assert.equal(total.isExceeded, false);
  });

  it('frees what several hold with the last of them', async () => {
    const total = new TotalBuffered(100);
    const all = holders(total, 3);
    const memory = new Uint8Array(80);
    for (const holder of all.slice(0, 2)) holder.hold(40, memory);
    all[2]?.hold(50);
    await tick();

    assert.deepEqual(shed(all), [0, 1]);
  });

  it('forgets those that are gone', async () => {
    const total = new TotalBuffered(100);
    const all = holders(total, 10);
    for (const holder of all) {
      holder.hold(90);
      total.leave(holder);
      await tick();
    }
    assert.deepEqual(shed(all), []);
    assert.equal(total.isExceeded, false);
  });
});
