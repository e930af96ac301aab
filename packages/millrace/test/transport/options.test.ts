import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { LocalUsageError } from '../../src/index.ts';
import { resolveTransportOptions } from '../../src/transport/options.ts';

describe('resolveTransportOptions', () => {
  it('reads into the shared buffer unless told otherwise', () => {
    assert.deepEqual(resolveTransportOptions({}), { sharedReadBuffer: true });
    assert.deepEqual(resolveTransportOptions({ sharedReadBuffer: undefined }), { sharedReadBuffer: true });
    assert.deepEqual(resolveTransportOptions({ sharedReadBuffer: false }), { sharedReadBuffer: false });
  });

  it('names an option that is wrong, and its value', () => {
    for (const value of [1, 'yes', null]) {
      assert.throws(() => resolveTransportOptions({ sharedReadBuffer: value as never }), {
        constructor: LocalUsageError,
        message: /option sharedReadBuffer is .+, expected true or false/,
      });
    }
  });
});
