import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import {
  checkBoolean,
  checkNumber,
  checkObject,
  checkString,
  describe as describeValue,
} from '../../../src/protocol/base/argument-checks.ts';
import { LocalUsageError } from '../../../src/protocol/base/errors.ts';

describe('describe', () => {
  for (const [value, expected] of [
    ['text', 'string "text"'],
    ['x'.repeat(40), `string "${'x'.repeat(32)}"`],
    [7, 'number 7'],
    [undefined, 'undefined undefined'],
    [null, 'object null'],
    [{ a: 1 }, '[object Object]'],
    [[], '[object Array]'],
    [new Uint8Array(1), '[object Uint8Array]'],
  ] as const) {
    it(`writes ${expected}`, () => {
      assert.equal(describeValue(value), expected);
    });
  }
});

for (const [check, valid, invalid, expected] of [
  [checkObject, [{}, []], [null, 'a', undefined], 'an object'],
  [checkBoolean, [true, false, undefined], [null, 0, 'true'], 'true or false'],
  [checkNumber, [0, NaN], [undefined, '1', 1n], 'a number'],
  [checkString, ['', 'a', undefined], [null, 1, {}], 'a string'],
] as const) {
  describe(check.name, () => {
    for (const value of valid) {
      it(`takes ${describeValue(value)}`, () => {
        assert.doesNotThrow(() => check('reason', value));
      });
    }

    for (const value of invalid) {
      it(`refuses ${describeValue(value)}, and says what it expects`, () => {
        assert.throws(() => check('reason', value), {
          constructor: LocalUsageError,
          message: `reason is ${describeValue(value)}, expected ${expected}`,
        });
      });
    }
  });
}
