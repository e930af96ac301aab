import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { Fifo, type FifoEntry } from '../../../src/protocol/base/fifo.ts';
import { createRandom } from '../../helpers/random.ts';

describe('Fifo', () => {
  it('does what an array does, whatever is put in, taken and removed', () => {
    const random = createRandom(7);
    const fifo = new Fifo<number>();
    let model: FifoEntry<number>[] = [];
    /** Entries that were taken out. */
    const gone: FifoEntry<number>[] = [];

    for (let step = 0; step < 30_000; step++) {
      // More is put in than taken at first, then less.
      const action = random(10) < (step < 10_000 ? 8 : 4) ? 'put' : random(20);
      if (action === 'put') {
        model.push(fifo.put(step));
      } else if (action === 0) {
        const isOdd = (item: number): boolean => item % 2 === 1;
        assert.deepEqual(
          fifo.takeAll(isOdd),
          model.map(({ item }) => item).filter((item) => isOdd(item)),
        );
        gone.push(...model.filter(({ item }) => isOdd(item)));
        model = model.filter(({ item }) => !isOdd(item));
      } else if (action < 8) {
        const [entry] = model.splice(random(model.length), 1);
        if (entry === undefined) continue;
        assert.equal(fifo.remove(entry), true);
        gone.push(entry);
      } else {
        const entry = model.shift();
        assert.equal(fifo.take(), entry?.item);
        if (entry !== undefined) gone.push(entry);
      }
      const old = gone[random(Math.max(gone.length, 1))];
      if (old !== undefined) assert.equal(fifo.remove(old), false, 'only once');
      assert.equal(fifo.size, model.length);
      assert.equal(fifo.peek(), model[0]?.item);
    }
  });

  it('gives out all, the first one first', () => {
    const fifo = new Fifo<string>();
    for (const item of ['a', 'b', 'c']) fifo.put(item);

    assert.deepEqual(fifo.takeAll(), ['a', 'b', 'c']);
    assert.equal(fifo.size, 0);
    assert.equal(fifo.take(), undefined);
    fifo.put('d');
    assert.deepEqual(fifo.takeAll(), ['d']);
  });

  it('lists all, the first one first, and keeps them', () => {
    const fifo = new Fifo<string>();
    assert.deepEqual([...fifo], []);
    fifo.put('a');
    const middle = fifo.put('b');
    fifo.put('c');

    assert.deepEqual([...fifo], ['a', 'b', 'c']);
    assert.equal(fifo.size, 3);
    fifo.remove(middle);
    assert.deepEqual([...fifo], ['a', 'c']);
  });

  it('leaves entries of another list alone', () => {
    const [one, other] = [new Fifo<string>(), new Fifo<string>()];
    const entry = one.put('a');

    assert.equal(other.remove(entry), false);
    assert.equal(one.peek(), 'a');
  });

  for (const [name, takeOut] of [
    ['taken', (fifo: Fifo<object>) => fifo.take()],
    ['removed', (fifo: Fifo<object>, entry: FifoEntry<object>) => fifo.remove(entry)],
    ['taken with all others', (fifo: Fifo<object>) => fifo.takeAll()],
  ] as const) {
    it(`has an entry that was ${name} hold no others`, () => {
      const fifo = new Fifo<object>();
      const entry = fifo.put({});
      fifo.put({});

      takeOut(fifo, entry);

      assert.deepEqual([entry.previous, entry.next, entry.list], [undefined, undefined, undefined]);
    });
  }

  it('takes and removes in constant time: a million entries, from the middle outwards', () => {
    const fifo = new Fifo<number>();
    const entries = Array.from({ length: 1_000_000 }, (_, index) => fifo.put(index));

    for (let index = 500_000; index < 1_000_000; index++) fifo.remove(entries[index]!);
    while (fifo.take() !== undefined);

    assert.equal(fifo.size, 0);
  });
});
