import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { keepFreedMemory } from '../../../src/transport/reading/allocator.ts';

describe('keepFreedMemory', () => {
  it('maps a block that glibc adapts to, and touches none of it', () => {
    const before = process.memoryUsage.rss();

    const size = keepFreedMemory();

    assert.ok(size > 1024 * 1024 && size <= 32 * 1024 * 1024);
    assert.ok(process.memoryUsage.rss() - before < size, 'it would be resident otherwise');
  });
});
