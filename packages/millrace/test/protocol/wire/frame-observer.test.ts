import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { createFrameHeaderBuffer } from '../../../src/protocol/wire/frame-header.ts';
import { UNOBSERVED } from '../../../src/protocol/wire/frame-observer.ts';

describe('UNOBSERVED', () => {
  it('wants to be told of no frames', () => {
    assert.equal(UNOBSERVED.observesReceived, false);
    assert.equal(UNOBSERVED.observesSent, false);
  });

  it('takes what it is told nevertheless, and does nothing', () => {
    const header = Object.freeze(createFrameHeaderBuffer());

    assert.doesNotThrow(() => UNOBSERVED.onFrameReceived(header));
    assert.doesNotThrow(() => UNOBSERVED.onFrameSent(0x82, 2n ** 40n));
  });
});
