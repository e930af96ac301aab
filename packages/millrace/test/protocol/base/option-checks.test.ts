import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';

import {
  checkFunction,
  checkLimit,
  checkPort,
  checkText,
  describeValue,
  invalidElement,
  invalidOption,
  quote,
  toList,
} from '../../../src/protocol/base/option-checks.ts';

type Check = (option: string, value: unknown) => unknown;

const CHECKS: [name: string, check: Check, valid: unknown[], invalid: unknown[]][] = [
  [
    'checkLimit',
    checkLimit,
    [0, 1, 2 ** 53 - 1, Infinity],
    [-1, 0.5, Number.NaN, -Infinity, 2 ** 53, '1', null, undefined, 1n],
  ],
  ['checkPort', checkPort, [undefined, 0, 65_535], [-1, 65_536, 1.5, Number.NaN, '80', null]],
  ['checkText', checkText, [undefined, 'a', ' '], ['', 'a\0', 1, null, {}]],
  ['toList', toList, [[], ['a']], ['a', { length: 0 }, undefined, null, new Set()]],
];

for (const [name, check, valid, invalid] of CHECKS) {
  describe(name, () => {
    for (const value of valid) {
      it(`accepts ${String(value)}`, () => {
        assert.equal(check('some', value), value);
      });
    }
    for (const value of invalid) {
      it(`refuses ${String(value)}, naming option, value and what was expected`, () => {
        assert.throws(() => check('some', value), {
          name: 'LocalUsageError',
          message: /^option some is .+, expected .+/,
        });
      });
    }
  });
}

describe('checkFunction', () => {
  it('accepts a function, and nothing', () => {
    const some = (): void => undefined;

    assert.equal(checkFunction('x', some), some);
    assert.doesNotThrow(() => checkFunction('x', undefined));
  });

  for (const value of [null, 1, 'f', {}]) {
    it(`refuses ${inspect(value)}`, () => {
      assert.throws(() => checkFunction('x', value), { name: 'LocalUsageError', message: /^option x is / });
    });
  }
});

describe('describeValue', () => {
  const rows: [value: unknown, text: string][] = [
    ['a\n', '"a\\n"'],
    [1, '1'],
    [null, 'null'],
    [undefined, 'undefined'],
    [{ secret: 1 }, 'an object'],
  ];
  for (const [value, text] of rows) {
    it(`says ${text}`, () => {
      assert.equal(describeValue(value), text);
      assert.equal(invalidOption('x', value, 'y').message, `option x is ${text}, expected y`);
    });
  }
});

describe('quote', () => {
  it('escapes control characters', () => {
    assert.equal(quote('a\r\nb"'), String.raw`"a\r\nb\""`);
  });

  it('cuts what is longer than 100 characters', () => {
    assert.equal(quote('a'.repeat(101)), `"${'a'.repeat(100)}…"`);
  });
});

describe('invalidElement', () => {
  it('names the option, the element and what was expected', () => {
    assert.equal(invalidElement('x', 'a', 'b').message, 'option x has "a", expected b');
  });
});
