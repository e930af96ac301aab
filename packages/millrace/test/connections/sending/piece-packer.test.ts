import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { PiecePacker } from '../../../src/connections/sending/piece-packer.ts';
import { hex, toHex } from '../../helpers/bytes.ts';

describe('PiecePacker', () => {
  it('hands over copies as one, and a reference as it is', () => {
    const packer = new PiecePacker();
    const piece = hex('01 02');

    packer.refer(piece);
    assert.equal(packer.size, 2);
    assert.equal(packer.take(), piece);
    packer.add(piece);
    piece.fill(0);
    assert.equal(toHex(packer.take()), '01 02');
    for (const bytes of ['01', '', '02 03', '04']) packer.add(hex(bytes));
    assert.equal(packer.size, 4);
    assert.equal(toHex(packer.take()), '01 02 03 04');

    assert.equal(packer.size, 0);
    assert.equal(packer.take().length, 0);
  });

  it('tells an empty piece from none', () => {
    const packer = new PiecePacker();
    assert.equal(packer.isEmpty, true);

    packer.add(hex(''));
    assert.equal(packer.isEmpty, false);
    packer.take();

    assert.equal(packer.isEmpty, true);
  });
});
