import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';

import {
  checkFunction,
  checkLimit,
  checkOrigin,
  checkPort,
  checkSubprotocols,
  checkText,
  describeValue,
  invalidOption,
  toList,
} from '../../../src/protocol/handshake/option-checks.ts';

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

describe('checkSubprotocols', () => {
  it('copies and freezes the list', () => {
    const checked = checkSubprotocols(['a', 'b']);

    assert.deepEqual(checked, ['a', 'b']);
    assert.ok(Object.isFrozen(checked));
  });

  for (const value of ['a', undefined, [1], [''], ['a b'], ['a', 'a'], ['a\r\nX: 1'], [{ toString: () => 'a' }]]) {
    it(`refuses ${inspect(value)}`, () => {
      assert.throws(() => checkSubprotocols(value), { name: 'LocalUsageError', message: /^option subprotocols / });
    });
  }
});

describe('checkOrigin', () => {
  it('accepts what can stand in a header', () => {
    assert.equal(checkOrigin('https://example.com'), 'https://example.com');
  });

  for (const value of ['', 'a\r\nb', '\u0100', 1, undefined]) {
    it(`refuses ${inspect(value)}`, () => {
      assert.throws(() => checkOrigin(value), { name: 'LocalUsageError', message: /^option origin is / });
    });
  }
});

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
