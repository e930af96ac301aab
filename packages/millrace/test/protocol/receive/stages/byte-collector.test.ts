import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { ByteCollector } from '../../../../src/protocol/receive/stages/byte-collector.ts';
import { countAllocations } from '../../../helpers/allocations.ts';
import { concat } from '../../../helpers/bytes.ts';
import { createRandom, randomBytes } from '../../../helpers/random.ts';
import { chunksBetween, splits } from '../../../helpers/splits.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

/**
 * What an announcement may be, for `size` bytes that come; and what may have been allocated, given up again included, for each byte that came: the
 * blocks, and twice what came once half of what was announced is there.
 */
const ANNOUNCEMENTS: [name: string, expected: (size: number) => number, factor: number][] = [
  ['their size', (size) => size, 3],
  ['too little', (size) => Math.floor(size / 3), 3],
  ['nothing', () => 0, 1],
  ['too much', (size) => 10 * size, 1],
  ['2^63−1', () => 2 ** 63, 1],
  ['an unknown size', () => Infinity, 1],
];

describe('ByteCollector', () => {
  for (const [name, expected, factor] of ANNOUNCEMENTS) {
    it(`joins what comes in pieces, when ${name} is announced`, () => {
      const bytes = randomBytes(700, 1);
      for (const chunks of splits(bytes)) {
        const collector = new ByteCollector();

        for (const chunk of chunks) collector.append(chunk, expected(bytes.length));

        assert.equal(collector.size, bytes.length);
        assert.deepEqual(collector.take(), bytes);
      }
    });

    it(`allocates ${factor === 1 ? 'what came' : 'three times what came'} and 64 KiB at most, when ${name} is announced`, () => {
      const random = createRandom(7);
      const collector = new ByteCollector();
      const piece = randomBytes(100 * KIB, 2);

      countAllocations((soFar) => {
        while (collector.size < 4 * MIB) {
          collector.append(piece.subarray(0, 1 + random(random(5) === 0 ? 100 * KIB : 300)), expected(4 * MIB));
          assert.ok(soFar().bytes <= factor * collector.size + 64 * KIB);
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

      assert.ok(bytes <= (factor === 1 ? 2 : 2.5) * 1_000_000 + 64 * KIB, `${bytes} bytes`);
      assert.ok(count < 40, `${count} blocks`);
    });
  }

  it('waits for half of what is announced, then makes room for all of it at once', () => {
    const collector = new ByteCollector();
    const piece = randomBytes(64 * KIB, 5);

    const early = countAllocations(() => {
      for (let count = 0; count < 7; count++) collector.append(piece, 1 * MIB);
    });
    const half = countAllocations(() => collector.append(piece, 1 * MIB));
    const late = countAllocations(() => {
      for (let count = 8; count < 16; count++) collector.append(piece, 1 * MIB);
      assert.equal(collector.take().length, 1 * MIB);
    });

    assert.ok(early.bytes <= 7 * 64 * KIB);
    assert.deepEqual(half, { count: 1, bytes: 1 * MIB });
    assert.deepEqual(late, { count: 0, bytes: 0 });
  });

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

  it('fills memory that may have held anything', () => {
    const dirty = (size: number): Uint8Array<ArrayBuffer> => new Uint8Array(size).fill(0xee);
    const bytes = randomBytes(700, 1);
    for (const expected of [Infinity, bytes.length]) {
      for (const chunks of splits(bytes)) {
        const collector = new ByteCollector(dirty);
        for (const chunk of chunks) collector.append(chunk, expected);
        assert.deepEqual(collector.take(), bytes);
      }
    }
  });
});
