import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import {
  SMALL_PIECE,
  lostSizeOf,
  ownPiece,
  split,
  toWrite,
  type OutputPiece,
} from '../../../src/protocol/send/output-pieces.ts';
import { hex, toHex } from '../../helpers/bytes.ts';
import { losablePayload, LOSSES } from '../../helpers/lost-payload.ts';

function piece(bytes: Uint8Array): OutputPiece {
  return ownPiece(bytes, bytes.length);
}

/** What is written for pieces, each in hexadecimal digits, or its size if that is large. */
function written(pieces: readonly OutputPiece[]): (string | number)[] {
  const size = pieces.reduce((sum, one) => sum + one.size, 0);
  return toWrite(pieces, size).map((bytes) => (bytes.length > 100 ? bytes.length : toHex(bytes)));
}

describe('toWrite', () => {
  it('gives nothing for nothing, and one piece as it is', () => {
    const bytes = hex('01 02');

    assert.deepEqual(toWrite([], 0), []);
    assert.equal(toWrite([piece(bytes)], 2)[0], bytes);
  });

  it('joins small pieces, and those around large ones', () => {
    const [small, large] = [piece(hex('01')), piece(new Uint8Array(SMALL_PIECE))];

    assert.deepEqual(written([small, small, small]), ['01 01 01']);
    assert.deepEqual(written([small, small, large, small, small]), ['01 01', SMALL_PIECE, '01 01']);
    assert.deepEqual(written([large, large]), [SMALL_PIECE, SMALL_PIECE]);
  });

  it('masks copies', () => {
    const bytes = hex('01 02 03 04');
    const masked = { ...piece(bytes), maskingKey: 0x01010101 };

    assert.deepEqual(written([piece(hex('09')), masked, piece(hex('0a')), piece(hex('0b'))]), [
      '09',
      '00 03 02 05',
      '0a 0b',
    ]);
    assert.deepEqual(bytes, hex('01 02 03 04'));
  });

  it('joins the same pieces once, and others anew', () => {
    const [one, two, three] = [piece(hex('01')), piece(hex('02')), piece(hex('03'))];

    const [first] = toWrite([one, two], 2);

    assert.equal(toWrite([{ ...one }, { ...two }], 2)[0], first);
    assert.deepEqual(written([one, three]), ['01 03']);
    assert.deepEqual(written([one, two, three]), ['01 02 03']);
  });
});

describe('lostSizeOf', () => {
  it('says nothing of what is as it was given, or of nothing', () => {
    assert.equal(lostSizeOf(piece(hex('01'))), undefined);
    assert.equal(lostSizeOf(undefined), undefined);
  });

  for (const loss of LOSSES) {
    it(`says how large a payload was that is ${loss}`, () => {
      const { bytes, lose } = losablePayload(loss, 10);
      const given = piece(bytes);

      lose();

      assert.equal(lostSizeOf(given), 10);
    });
  }
});

describe('split', () => {
  it('cuts a piece where its last frame ends', () => {
    const [whole, rest] = split(ownPiece(hex('01 02 03'), 2));

    assert.deepEqual([toHex(whole.bytes), whole.endsFrame, whole.frameEnd], ['01 02', true, 2]);
    assert.deepEqual([toHex(rest.bytes), rest.endsFrame, rest.frameEnd], ['03', false, 0]);
  });
});
