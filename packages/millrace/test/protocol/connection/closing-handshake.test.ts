import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { ClosingHandshake } from '../../../src/protocol/connection/closing-handshake.ts';
import type { ClosingEvent, ClosingState } from '../../../src/protocol/connection/closing.ts';

function moved(...events: ClosingEvent[]): { closing: ClosingHandshake; left: readonly ClosingState[] } {
  const left: ClosingState[] = [];
  const closing = new ClosingHandshake({ onMove: (before) => left.push(before) });
  for (const event of events) closing.move(event);
  return { closing, left };
}

describe('ClosingHandshake', () => {
  it('tells of each state that it leaves, and of nothing else', () => {
    const { closing, left } = moved('sendClose', 'close', 'close', 'sendClose', 'receiveClose', 'fail', 'transportEnd');

    assert.deepEqual(left, ['open', 'closing', 'closeSent', 'closeDone']);
    assert.equal(closing.state, 'closed');
  });

  for (const event of ['close', 'receiveClose', 'fail', 'transportEnd'] as const) {
    it(`is not open any more when it tells of ${event}`, () => {
      const states: string[] = [];
      const closing: ClosingHandshake = new ClosingHandshake({ onMove: () => states.push(closing.state) });

      closing.move(event);

      assert.equal(states.length, 1);
      assert.notEqual(states[0], 'open');
    });
  }

  it('notes that our Close is on its way, and goes on', () => {
    const { closing, left } = moved('close');

    closing.onCloseSent();

    assert.equal(closing.isSent, true);
    assert.equal(closing.state, 'closeSent');
    assert.deepEqual(left, ['open', 'closing']);
  });

  it('keeps who began and the first error', () => {
    const { closing } = moved();
    const error = new Error('first');

    closing.begin('remote');
    closing.begin('local', error);
    closing.begin('local', new Error('second'));
    const closure = closing.closure(false);

    assert.equal(closure.initiator, 'remote');
    assert.equal(closure.error, error);
    assert.equal(closure.reason, 'first');
  });

  it('sums up a clean end by what the peer said', () => {
    const { closing } = moved();
    closing.begin('local');
    closing.body = { code: 1000, reason: 'ours' };
    closing.isSent = true;
    closing.received = { code: 3000, reason: 'theirs' };

    assert.deepEqual(closing.closure(true), {
      code: 3000,
      reason: 'theirs',
      wasClean: true,
      sent: { code: 1000, reason: 'ours' },
      received: { code: 3000, reason: 'theirs' },
      initiator: 'local',
      error: undefined,
    });
  });

  it('says 1005 for a Close without a code', () => {
    const { closing } = moved();
    closing.received = { code: undefined, reason: '' };

    assert.equal(closing.closure(true).code, 1005);
  });

  it('says 1006 where the end was not clean, whatever was received', () => {
    const { closing } = moved();
    closing.body = { code: 1000, reason: 'never left' };
    closing.received = { code: 1000, reason: 'bye' };

    assert.deepEqual(closing.closure(false), {
      code: 1006,
      reason: 'the transport ended before the closing handshake',
      wasClean: false,
      sent: undefined,
      received: { code: 1000, reason: 'bye' },
      initiator: 'remote',
      error: undefined,
    });
  });

  it('gives a closure that cannot be changed', () => {
    assert.ok(Object.isFrozen(moved().closing.closure(false)));
  });
});
