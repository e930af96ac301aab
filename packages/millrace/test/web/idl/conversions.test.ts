import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';

import {
  memberOf,
  toClampedUnsignedShort,
  toDOMString,
  toEnforcedUnsignedShort,
  toStringList,
  toUSVString,
  toUnsignedShort,
} from '../../../src/web/idl/conversions.ts';

const LONE = '\ud83d';

describe('toDOMString and toUSVString', () => {
  for (const [name, value, expected] of [
    ['a string', 'text', 'text'],
    ['a pair of surrogates', '😀', '😀'],
    ['a number', 1.5, '1.5'],
    ['null', null, 'null'],
    ['undefined', undefined, 'undefined'],
    ['an object', { toString: () => 'own' }, 'own'],
  ] as const) {
    it(`convert ${name}`, () => {
      assert.equal(toDOMString(value), expected);
      assert.equal(toUSVString(value), expected);
    });
  }

  it('keep a lone surrogate, and replace it', () => {
    assert.equal(toDOMString(`a${LONE}`), `a${LONE}`);
    assert.equal(toUSVString(`a${LONE}`), 'a\ufffd');
  });

  it('refuse a symbol', () => {
    assert.throws(() => toDOMString(Symbol('s')), TypeError);
    assert.throws(() => toUSVString(Symbol('s')), TypeError);
  });
});

describe('Conversions to 16 bits', () => {
  const NOT_CONVERTED = 'TypeError';
  for (const [value, wrapped, clamped, enforced] of [
    [0, 0, 0, 0],
    [-0.9, 0, 0, 0],
    [1000, 1000, 1000, 1000],
    ['1000', 1000, 1000, 1000],
    [65_535, 65_535, 65_535, 65_535],
    [65_536, 0, 65_535, NOT_CONVERTED],
    [66_536, 1000, 65_535, NOT_CONVERTED],
    [-1, 65_535, 0, NOT_CONVERTED],
    [1000.5, 1000, 1000, 1000],
    [1001.5, 1001, 1002, 1001],
    [1000.6, 1000, 1001, 1000],
    [1000.4, 1000, 1000, 1000],
    [1e300, 0, 65_535, NOT_CONVERTED],
    [NaN, 0, 0, NOT_CONVERTED],
    [Infinity, 0, 65_535, NOT_CONVERTED],
    ['code', 0, 0, NOT_CONVERTED],
    [null, 0, 0, 0],
    [1n, NOT_CONVERTED, NOT_CONVERTED, NOT_CONVERTED],
  ] as const) {
    it(`give ${String(wrapped)}, ${String(clamped)} and ${String(enforced)} for ${String(value)}`, () => {
      const results = [toUnsignedShort, toClampedUnsignedShort, toEnforcedUnsignedShort].map((convert) => {
        try {
          return convert(value);
        } catch (error) {
          return error instanceof TypeError ? NOT_CONVERTED : error;
        }
      });

      assert.deepEqual(results, [wrapped, clamped, enforced]);
      assert.ok(results.every((result) => !Object.is(result, -0)));
    });
  }
});

describe('toStringList', () => {
  it('converts whatever can be iterated over', () => {
    assert.deepEqual(toStringList(['a', 1, null]), ['a', '1', 'null']);
    assert.deepEqual(toStringList(new Set(['a'])), ['a']);
  });

  for (const value of ['hi', 1, undefined, null, {}]) {
    it(`refuses ${inspect(value)}`, () => {
      assert.throws(() => toStringList(value), TypeError);
    });
  }
});

describe('memberOf', () => {
  it('reads objects, functions, and empty dictionaries', () => {
    assert.equal(memberOf({ code: 1 }, 'code'), 1);
    assert.equal(memberOf(memberOf, 'name'), 'memberOf');
    assert.equal(memberOf(undefined, 'code'), undefined);
    assert.equal(memberOf(null, 'code'), undefined);
  });

  for (const value of ['text', 1, true]) {
    it(`refuses ${JSON.stringify(value)}`, () => {
      assert.throws(() => memberOf(value, 'code'), TypeError);
    });
  }
});
