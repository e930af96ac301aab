import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { ChunkEncoder } from '../../../src/connections/sending/chunk-encoder.ts';
import { concat, hex, toHex } from '../../helpers/bytes.ts';

const EURO = hex('e2 82 ac');
const GRIN = hex('f0 9f 98 80');

describe('ChunkEncoder', () => {
  for (const type of ['text', 'binary'] as const) {
    it(`encodes strings cut anywhere, also inside a surrogate pair, in a ${type} message`, () => {
      const text = 'aé€\u{1f600}\ufeffb';
      for (let first = 0; first <= text.length; first++) {
        for (let second = first; second <= text.length; second++) {
          const encoder = new ChunkEncoder(type);
          const pieces = [text.slice(0, first), text.slice(first, second), text.slice(second)];

          const bytes = [...pieces.map((piece) => encoder.encode(piece)), encoder.end()];

          assert.equal(toHex(concat(bytes)), toHex(new TextEncoder().encode(text)), `${first}, ${second}`);
        }
      }
    });
  }

  it('takes bytes as text, cut anywhere, and gives them back as they are', () => {
    const whole = concat([hex('61 c3 a9'), EURO, GRIN, hex('7a')]);
    for (let first = 0; first <= whole.length; first++) {
      for (let second = first; second <= whole.length; second++) {
        const encoder = new ChunkEncoder('text');
        const pieces = [whole.subarray(0, first), whole.subarray(first, second), whole.subarray(second)];

        assert.ok(pieces.every((piece) => encoder.encode(piece) === piece));
        assert.equal(encoder.end().length, 0);
      }
    }
  });

  it('refuses bytes that cannot be UTF-8, and takes others in their place', () => {
    for (const [before, bad, good] of [
      ['', 'ff', '61'],
      ['', '61 ed a0', '61'],
      ['e2', '61', '82 ac'],
      ['e2 82', 'e2', 'ac'],
      ['f0 9f', '98 ff', '98 80'],
      ['e0', '80', 'a0 80'],
    ] as const) {
      const encoder = new ChunkEncoder('text');
      encoder.encode(hex(before));

      assert.throws(() => encoder.encode(hex(bad)), { name: 'LocalUsageError', message: /not UTF-8/ }, bad);

      assert.equal(toHex(encoder.encode(hex(good))), good);
      assert.equal(encoder.end().length, 0);
    }
  });

  it('refuses a string inside a code point, bytes inside a surrogate pair, and an end inside a code point', () => {
    const encoder = new ChunkEncoder('text');
    encoder.encode(hex('e2 82'));
    assert.throws(() => encoder.encode('a'), { name: 'LocalUsageError' });
    assert.throws(() => encoder.encode(''), { name: 'LocalUsageError' });
    assert.throws(() => encoder.end(), { name: 'LocalUsageError' });
    encoder.encode(hex('ac'));
    encoder.encode('\ud83d');
    assert.throws(() => encoder.encode(hex('61')), { name: 'LocalUsageError' });
    assert.equal(encoder.encode(hex('')).length, 0);

    assert.equal(toHex(encoder.encode('\ude00')), toHex(GRIN));
    assert.equal(encoder.end().length, 0);
  });

  it('makes U+FFFD of half a surrogate pair: at the end, before other text, and before bytes of a binary message', () => {
    const atEnd = new ChunkEncoder('text');
    assert.equal(atEnd.encode('a\ud83d').length, 1);
    assert.equal(toHex(atEnd.end()), 'ef bf bd');
    assert.equal(atEnd.end().length, 0);

    const beforeText = new ChunkEncoder('text');
    beforeText.encode('\ud83d');
    assert.equal(toHex(beforeText.encode('a')), 'ef bf bd 61');
    assert.equal(toHex(beforeText.encode('\ude00')), 'ef bf bd');

    const beforeBytes = new ChunkEncoder('binary');
    beforeBytes.encode('\ud83d');
    assert.equal(toHex(beforeBytes.encode(hex('ff'))), 'ef bf bd ff');
    assert.equal(beforeBytes.end().length, 0);
  });

  it('takes any bytes in a binary message', () => {
    const encoder = new ChunkEncoder('binary');
    const bytes = hex('ff c0 80');

    assert.equal(encoder.encode(bytes), bytes);
    assert.equal(encoder.encode(new Uint16Array([0x0201])).length, 2);
    assert.equal(encoder.end().length, 0);
  });

  describe('with a room', () => {
    it('refuses what does not fit, in bytes, and remembers nothing of it', () => {
      const encoder = new ChunkEncoder('text');

      assert.throws(() => encoder.encode('€\ud83d', { size: 2, endsMessage: false }), {
        name: 'LocalUsageError',
        message: /3 bytes were given, and 2 remain/,
      });

      assert.equal(encoder.end().length, 0);
    });

    it('refuses to end the message inside a code point', () => {
      const encoder = new ChunkEncoder('text');
      const room = { size: 2, endsMessage: true };

      assert.throws(() => encoder.encode(hex('e2 82'), room), { name: 'LocalUsageError', message: /not UTF-8/ });
      assert.throws(() => encoder.encode('ab\ud83d', room), { name: 'LocalUsageError', message: /not UTF-8/ });
      assert.equal(encoder.encode(hex('e2 82'), { size: 2, endsMessage: false }).length, 2);
      assert.throws(() => encoder.encode(hex(''), { size: 0, endsMessage: true }), { name: 'LocalUsageError' });

      assert.equal(encoder.encode(hex('ac'), { size: 1, endsMessage: true }).length, 1);
    });
  });
});
