import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { ImmediateOutput } from '../../../src/protocol/send/message-output.ts';

class Immediate extends ImmediateOutput {}

/** What an output says of what waits in it. */
function waitingIn({ pendingSize, pendingCost, lostSize, deadline }: ImmediateOutput): Record<string, number> {
  return { pendingSize, pendingCost, lostSize, deadline };
}

const NOTHING_WAITS = { pendingSize: 0, pendingCost: 0, lostSize: 0, deadline: Infinity };

describe('ImmediateOutput', () => {
  it('has nothing wait, get lost, or take too long', () => {
    assert.deepEqual(waitingIn(new Immediate()), NOTHING_WAITS);
  });

  it('is done with any payload when the call returns', () => {
    assert.equal(new Immediate().takesAtOnce(), true);
  });

  it('has nothing to go on with when output has left, nor when the connection has ended', () => {
    const output = new Immediate();

    output.proceed();
    assert.deepEqual(waitingIn(output), NOTHING_WAITS);
    output.end();
    assert.deepEqual(waitingIn(output), NOTHING_WAITS);
  });
});
