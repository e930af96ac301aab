import assert from 'node:assert/strict';
import { it } from 'node:test';

import { NOTHING } from '../../../src/protocol/base/nothing.ts';

it('has no bytes', () => {
  assert.equal(NOTHING.length, 0);
  assert.equal(NOTHING.buffer.byteLength, 0);
});
