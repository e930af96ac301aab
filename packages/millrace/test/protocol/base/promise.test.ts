import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { isPromise } from '../../../src/protocol/base/promise.ts';

describe('isPromise', () => {
  const rows: [value: unknown, answer: boolean][] = [
    [Promise.resolve(), true],
    [{ then: () => undefined }, true],
    [{ then: undefined }, false],
    [{}, false],
    [null, false],
    [undefined, false],
    [() => undefined, false],
  ];
  for (const [index, [value, answer]] of rows.entries()) {
    it(`says ${String(answer)} of row ${String(index)}`, () => assert.equal(isPromise(value), answer));
  }
});
