import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { ImmediateOutput } from '../../../src/protocol/send/message-output.ts';

class Immediate extends ImmediateOutput {}

/** What an output says of what waits in it. */
function waitingIn(output: ImmediateOutput): Record<string, number | boolean> {
  const { pendingSize, pendingCost, lostSize, deadline, isIdle } = output;
  return { pendingSize, pendingCost, lostSize, deadline, isIdle };
}

const NOTHING_WAITS = { pendingSize: 0, pendingCost: 0, lostSize: 0, deadline: Infinity, isIdle: true };

describe('ImmediateOutput', () => {
  it('has nothing wait, get lost, or take too long', () => {
    assert.deepEqual(waitingIn(new Immediate()), NOTHING_WAITS);
  });

  it('is done with any payload when the call returns', () => {
    assert.equal(new Immediate().takesAtOnce(), true);
  });

  it('has no message that waits, which could be taken back', () => {
    assert.equal(new Immediate().withdrawOpen(), false);
  });

  it('has nothing to go on with when output has left, nor when the connection has ended', () => {
    const output = new Immediate();

    output.proceed();
    assert.deepEqual(waitingIn(output), NOTHING_WAITS);
    output.end();
    assert.deepEqual(waitingIn(output), NOTHING_WAITS);
  });
});
