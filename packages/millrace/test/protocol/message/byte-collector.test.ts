import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { ByteCollector } from '../../../src/protocol/message/byte-collector.ts';
import { countAllocations } from '../../helpers/allocations.ts';
import { concat } from '../../helpers/bytes.ts';
import { createRandom, randomBytes } from '../../helpers/random.ts';
import { chunksBetween, splits } from '../../helpers/splits.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

/** What an announcement may be, for `size` bytes that come. */
const ANNOUNCEMENTS: [name: string, expected: (size: number) => number][] = [
  ['their size', (size) => size],
  ['too little', (size) => Math.floor(size / 3)],
  ['nothing', () => 0],
  ['too much', (size) => 10 * size],
  ['2^63−1', () => 2 ** 63],
  ['an unknown size', () => Infinity],
];

describe('ByteCollector', () => {
  for (const [name, expected] of ANNOUNCEMENTS) {
    it(`joins what comes in pieces, when ${name} is announced`, () => {
      const bytes = randomBytes(700, 1);
      for (const chunks of splits(bytes)) {
        const collector = new ByteCollector();

        for (const chunk of chunks) collector.append(chunk, expected(bytes.length));

        assert.equal(collector.size, bytes.length);
        assert.deepEqual(collector.take(), bytes);
      }
    });

    it(`never holds more than 64 KiB beyond what came, when ${name} is announced`, () => {
      const random = createRandom(7);
      const collector = new ByteCollector();
      const piece = randomBytes(100 * KIB, 2);

      countAllocations((soFar) => {
        while (collector.size < 4 * MIB) {
          collector.append(piece.subarray(0, 1 + random(random(5) === 0 ? 100 * KIB : 300)), expected(4 * MIB));
          assert.ok(soFar().bytes <= collector.size + 64 * KIB);
        }
      });
    });

    it(`packs a million pieces of one byte into few blocks, when ${name} is announced`, () => {
      const collector = new ByteCollector();
      const piece = Uint8Array.of(7);

      const { count, bytes } = countAllocations(() => {
        for (let index = 0; index < 1_000_000; index++) collector.append(piece, expected(1_000_000));
        assert.equal(collector.take().length, 1_000_000);
      });

      assert.ok(bytes <= 2_000_000 + 64 * KIB, `${bytes} bytes`);
      assert.ok(count < 40, `${count} blocks`);
    });
  }

  it('copies once, into exactly its size, what comes in one piece', () => {
    const bytes = randomBytes(100_000, 3);
    const lent = Uint8Array.from(bytes);
    const collector = new ByteCollector();

    const allocated = countAllocations(() => collector.append(lent, lent.length));
    lent.fill(0);
    const taken = collector.take();

    assert.deepEqual(allocated, { count: 1, bytes: 100_000 });
    assert.equal(taken.buffer.byteLength, 100_000);
    assert.deepEqual(taken, bytes);
  });

  it('hands over exactly what came, without spare room behind it', () => {
    const collector = new ByteCollector();

    collector.append(Uint8Array.of(1, 2), 1000);
    const taken = collector.take();

    assert.equal(taken.buffer.byteLength, 2);
    assert.deepEqual([...taken], [1, 2]);
  });

  it('starts anew after take', () => {
    const collector = new ByteCollector();
    const first = randomBytes(1000, 4);

    for (const chunk of chunksBetween(first, [1, 300])) collector.append(chunk, 1000);
    const taken = collector.take();
    collector.append(Uint8Array.of(9), 1);

    assert.deepEqual(taken, first);
    assert.equal(collector.size, 1);
    assert.deepEqual([...collector.take()], [9]);
    assert.deepEqual([...collector.take()], []);
  });

  it('takes an empty piece, and no piece at all', () => {
    const collector = new ByteCollector();

    collector.append(new Uint8Array(0), 0);

    assert.equal(collector.size, 0);
    assert.equal(collector.take().length, 0);
  });

  it('joins like a naive collector, whatever the pieces and announcements are', () => {
    const random = createRandom(11);
    const collector = new ByteCollector();
    for (let round = 0; round < 200; round++) {
      const pieces = Array.from({ length: random(20) }, () =>
        randomBytes(random(random(4) === 0 ? 3000 : 40), 1 + round),
      );

      for (const piece of pieces) collector.append(piece, random(5000));

      assert.deepEqual(collector.take(), concat(pieces));
    }
  });
});
