import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { TailCutter } from '../../src/deflate/tail-cutter.ts';
import { concat, hex, toHex } from '../helpers/bytes.ts';
import { splits } from '../helpers/splits.ts';

describe('TailCutter', () => {
  it('takes off the last four bytes, however the pieces are cut, and is used again', () => {
    const cutter = new TailCutter();

    for (const pieces of splits(hex('01 02 03 04 05 06 07 00 00 ff ff'))) {
      const given = pieces.map((piece) => cutter.cut(piece));
      cutter.clear();

      assert.equal(toHex(concat(given)), '01 02 03 04 05 06 07');
    }
  });

  it('gives no piece that is longer than what it got', () => {
    const cutter = new TailCutter();

    cutter.cut(new Uint8Array(65_536));
    const { length } = cutter.cut(new Uint8Array(65_536));

    assert.equal(length, 65_536);
  });
});
