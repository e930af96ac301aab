import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { toOwnBytes } from '../../../src/connections/receiving/own-bytes.ts';

describe('toOwnBytes', () => {
  it('gives what lies in a buffer of its own as it is', () => {
    const bytes = new Uint8Array([1, 2, 3]).subarray(1);

    assert.equal(toOwnBytes(bytes), bytes);
  });

  it('copies what lies in shared memory, which hashes, Blobs and text decoders of the platform do not take', () => {
    const shared = new Uint8Array(new SharedArrayBuffer(100)).fill(1);

    const own = toOwnBytes(shared.subarray(1));
    shared.fill(9);

    assert.ok(own.buffer instanceof ArrayBuffer);
    assert.deepEqual(own, new Uint8Array(99).fill(1));
  });
});
