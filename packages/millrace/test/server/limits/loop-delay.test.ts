import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { LoopDelay } from '../../../src/server/limits/loop-delay.ts';

function block(milliseconds: number): void {
  for (const end = performance.now() + milliseconds; performance.now() < end;);
}

describe('LoopDelay', () => {
  it('says how late the event loop is, while it is and at the next look', async () => {
    const delay = new LoopDelay(true);
    assert.equal(delay.current(), 0);
    delay.watch();

    block(200);
    assert.ok(delay.current() >= 100);
    await new Promise((resolve) => setTimeout(resolve, 0));
    await new Promise(setImmediate);
    assert.ok(delay.current() >= 100);

    delay.rest();
    assert.equal(delay.current(), 0);
  });

  it('measures nothing unless somebody wants to know', () => {
    const delay = new LoopDelay(false);
    delay.watch();

    block(80);

    assert.equal(delay.current(), 0);
  });
});
