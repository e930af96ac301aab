import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { PieceMemory } from '../../../src/deflate/codec/piece-memory.ts';
import { randomBytes } from '../../helpers/random.ts';

describe('PieceMemory', () => {
  it('keeps what it was given, whatever its size and however much follows', () => {
    const memory = new PieceMemory();
    const source = new Uint8Array(65_536);
    const sizes = [
      1,
      4095,
      4096,
      4097,
      65_536,
      ...Array.from({ length: 200 }, (_, index) => 1 + ((index * 977) % 4096)),
    ];

    const pieces = sizes.map((size, seed) => {
      source.set(randomBytes(size, seed));
      return memory.keep(source, size);
    });
    source.fill(0);

    pieces.forEach((piece, seed) => assert.deepEqual(piece, randomBytes(sizes[seed]!, seed)));
  });

  it('packs small pieces, and gives large ones memory of their own', () => {
    const memory = new PieceMemory();
    const source = new Uint8Array(65_536);

    const small = Array.from({ length: 16 }, () => memory.keep(source, 4096));
    const large = memory.keep(source, 4097);

    assert.equal(new Set(small.map(({ buffer }) => buffer)).size, 1);
    assert.equal(large.buffer.byteLength, 4097);
    assert.notEqual(memory.keep(source, 1).buffer, small[0]!.buffer);
  });

  it('goes on in another block when one was transferred', () => {
    const memory = new PieceMemory();
    const first = memory.keep(Uint8Array.of(1, 2, 3), 3);
    structuredClone(first.buffer, { transfer: [first.buffer] });

    assert.deepEqual(memory.keep(Uint8Array.of(4, 5, 6), 2), Uint8Array.of(4, 5));
  });
});
