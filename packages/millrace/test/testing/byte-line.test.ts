import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { ByteLine, type Chunking } from '../../src/testing/byte-line.ts';
import { concat, hex, toHex } from '../helpers/bytes.ts';

function takeAll(line: ByteLine): string[] {
  const chunks: string[] = [];
  for (let chunk = line.take(); chunk !== undefined; chunk = line.take()) chunks.push(toHex(chunk));
  return chunks;
}

const WAYS: [chunking: Chunking | undefined, chunks: string[]][] = [
  [undefined, ['01 02 03 04 05 06 07']],
  ['whole', ['01 02 03 04 05 06 07']],
  [1, ['01', '02', '03', '04', '05', '06', '07']],
  [3, ['01 02 03', '04 05 06', '07']],
  [100, ['01 02 03 04 05 06 07']],
  [[], ['01 02 03 04 05 06 07']],
  [
    [1, 6],
    ['01', '02 03 04 05 06', '07'],
  ],
  [[7, 9], ['01 02 03 04 05 06 07']],
  ['by hand', []],
];

describe('ByteLine', () => {
  for (const [chunking, chunks] of WAYS) {
    it(`cuts by ${String(chunking ?? 'default')}, whatever pieces were written`, () => {
      const line = new ByteLine(chunking);
      for (const piece of ['01 02', '', '03', '04 05 06 07']) line.write(hex(piece));
      assert.equal(line.size, 7);

      assert.deepEqual(takeAll(line), chunks);

      assert.equal(line.size, chunks.length === 0 ? 7 : 0);
    });
  }

  it('counts offsets from the start of the stream', () => {
    const line = new ByteLine([2, 5]);

    line.write(hex('01 02 03'));
    assert.deepEqual(takeAll(line), ['01 02', '03']);
    line.write(hex('04 05 06'));

    assert.deepEqual(takeAll(line), ['04 05', '06']);
  });

  it('gives what is ordered by hand first, as far as it is there', () => {
    const line = new ByteLine('by hand');
    line.write(hex('01 02 03 04'));
    line.order(1);
    line.order(2);
    line.order(5);
    line.order(1);

    assert.deepEqual(takeAll(line), ['01', '02 03', '04']);
    line.write(hex('05 06'));
    assert.deepEqual(takeAll(line), ['05']);
    line.chunking = 'whole';
    assert.deepEqual(takeAll(line), ['06']);
  });

  it('gives copies, which do not change with what was written', () => {
    const line = new ByteLine();
    const written = hex('01 02');
    line.write(written);

    const chunk = line.take() ?? hex('');
    chunk.fill(0xee);

    assert.equal(toHex(written), '01 02');
  });

  it('forgets what is on its way', () => {
    const line = new ByteLine();
    line.write(hex('01'));

    line.clear();

    assert.equal(line.size, 0);
    assert.equal(line.take(), undefined);
    line.write(hex('02'));
    assert.deepEqual(takeAll(line), ['02']);
  });

  it('joins many pieces', () => {
    const line = new ByteLine(1000);
    const pieces = Array.from({ length: 500 }, (_, index) => new Uint8Array(index % 17).fill(index));
    for (const piece of pieces) line.write(piece);

    const chunks: Uint8Array[] = [];
    for (let chunk = line.take(); chunk !== undefined; chunk = line.take()) chunks.push(chunk);

    assert.deepEqual(concat(chunks), concat(pieces));
  });
});
