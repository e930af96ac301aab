import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { resolveCompressionOptions, type CompressionOptions } from '../../src/deflate/options.ts';
import { LocalUsageError } from '../../src/protocol/base/errors.ts';

const DEFAULTS = {
  serverNoContextTakeover: false,
  clientNoContextTakeover: false,
  serverMaxWindowBits: undefined,
  clientMaxWindowBits: undefined,
  level: 5,
  memLevel: 5,
  threshold: undefined,
  memoryBudget: 256 * 1024 * 1024,
};

describe('resolveCompressionOptions', () => {
  it('has all defaults for true, for nothing, and for an object without members', () => {
    for (const options of [true, undefined, {}, { level: undefined, threshold: undefined }] as const) {
      assert.deepEqual(resolveCompressionOptions(options), DEFAULTS);
    }
  });

  it('takes every value there is, and freezes them', () => {
    const options = {
      serverNoContextTakeover: true,
      clientNoContextTakeover: true,
      serverMaxWindowBits: 9,
      clientMaxWindowBits: 15,
      level: 9,
      memLevel: 1,
      threshold: Infinity,
      memoryBudget: 0,
    };

    const resolved = resolveCompressionOptions(options);

    assert.deepEqual(resolved, options);
    assert.ok(Object.isFrozen(resolved));
  });

  const INVALID: [options: unknown, message: string][] = [
    ['yes', 'option compression is "yes", expected true, false or an object'],
    [null, 'option compression is null, expected true, false or an object'],
    [1, 'option compression is 1, expected true, false or an object'],
    [{ serverNoContextTakeover: 1 }, 'option compression.serverNoContextTakeover is 1, expected true or false'],
    [{ clientNoContextTakeover: 'no' }, 'option compression.clientNoContextTakeover is "no", expected true or false'],
    [{ serverMaxWindowBits: 8 }, 'option compression.serverMaxWindowBits is 8, expected an integer from 9 to 15'],
    [{ clientMaxWindowBits: 16 }, 'option compression.clientMaxWindowBits is 16, expected an integer from 9 to 15'],
    [{ clientMaxWindowBits: true }, 'option compression.clientMaxWindowBits is true, expected an integer from 9 to 15'],
    [{ level: 0 }, 'option compression.level is 0, expected an integer from 1 to 9'],
    [{ level: 10 }, 'option compression.level is 10, expected an integer from 1 to 9'],
    [{ level: 1.5 }, 'option compression.level is 1.5, expected an integer from 1 to 9'],
    [{ memLevel: 0 }, 'option compression.memLevel is 0, expected an integer from 1 to 9'],
    [{ memLevel: '5' }, 'option compression.memLevel is "5", expected an integer from 1 to 9'],
    [{ threshold: -1 }, 'option compression.threshold is -1, expected a non-negative integer or Infinity'],
    [{ threshold: NaN }, 'option compression.threshold is NaN, expected a non-negative integer or Infinity'],
    [{ memoryBudget: '1' }, 'option compression.memoryBudget is "1", expected a non-negative integer or Infinity'],
  ];
  for (const [options, message] of INVALID) {
    it(`refuses ${JSON.stringify(options)}`, () => {
      assert.throws(
        () => resolveCompressionOptions(options as CompressionOptions),
        (error) => error instanceof LocalUsageError && error.message === message,
      );
    });
  }
});
