import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { portableTextCodec as text } from '../../../src/protocol/wire/text-codec.ts';
import { hex, toHex } from '../../helpers/bytes.ts';

const TEXTS: [name: string, text: string, bytes: string][] = [
  ['nothing', '', ''],
  ['ASCII', 'Hello', '48 65 6c 6c 6f'],
  ['U+0000', '\0', '00'],
  ['code points of two, three and four bytes', 'é€😀', 'c3 a9 e2 82 ac f0 9f 98 80'],
  ['a leading U+FEFF, which is kept', '\ufeffa', 'ef bb bf 61'],
  ['noncharacters', '\ufffe\uffff', 'ef bf be ef bf bf'],
  ['the last code point', '\u{10ffff}', 'f4 8f bf bf'],
];

const NOT_UTF8: [name: string, bytes: string][] = [
  ['a byte that UTF-8 has not', '61 ff'],
  ['a continuation byte alone', '80'],
  ['an overlong form', 'c0 80'],
  ['a surrogate', 'ed a0 80'],
  ['a code point over U+10FFFF', 'f4 90 80 80'],
  ['a cut code point', 'f0 9f 98'],
];

describe('portableTextCodec', () => {
  for (const [name, string, bytes] of TEXTS) {
    it(`encodes and decodes ${name}`, () => {
      assert.equal(toHex(text.encode(string)), bytes);
      assert.equal(text.decode(hex(bytes)), string);
      assert.equal(text.isUtf8(hex(bytes)), true);
    });

    it(`encodes ${name} into an array at an offset, and touches nothing around`, () => {
      const target = new Uint8Array(2 + 3 * string.length + 2).fill(0xee);

      const size = text.encodeInto(string, target, 2);

      assert.equal(toHex(target.subarray(2, 2 + size)), bytes);
      assert.equal(toHex(target.subarray(0, 2)), 'ee ee');
      assert.ok(target.subarray(2 + size).every((byte) => byte === 0xee));
    });
  }

  for (const [name, bytes] of NOT_UTF8) {
    it(`says that ${name} is not UTF-8, each time it is asked`, () => {
      assert.equal(text.isUtf8(hex(bytes)), false);
      assert.equal(text.isUtf8(hex(bytes)), false);
      assert.equal(text.isUtf8(hex('61')), true);
    });
  }

  it('encodes a lone surrogate as U+FFFD', () => {
    const target = new Uint8Array(3);

    assert.equal(toHex(text.encode('\ud800')), 'ef bf bd');
    assert.equal(text.encodeInto('\udfff', target, 0), 3);
    assert.equal(toHex(target), 'ef bf bd');
  });

  it('remembers nothing of the bytes before', () => {
    assert.equal(text.isUtf8(hex('f0 9f')), false);
    assert.equal(text.isUtf8(hex('98 80')), false);
    assert.equal(text.decode(hex('61')), 'a');
  });
});
