import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { ImmediateOutput, formatOfCopy } from '../../../src/protocol/send/message-output.ts';

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

describe('formatOfCopy', () => {
  const onTaken = (): void => undefined;
  const onFramed = (): void => undefined;
  const plain = { opcode: 1, reservedBits: 0b100, fragmentSize: 7, compress: false };

  it('leaves out what is about the memory of the payload', () => {
    assert.deepEqual(formatOfCopy({ ...plain, onTaken, onLost: onTaken }), plain);
  });

  it('keeps all else', () => {
    assert.deepEqual(formatOfCopy({ ...plain, masks: true }), { ...plain, masks: true, onFramed: undefined });
    assert.deepEqual(formatOfCopy({ ...plain, onTaken, onFramed }), { ...plain, masks: undefined, onFramed });
  });
});
