import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { ClosingHandshake } from '../../../src/protocol/connection/closing-handshake.ts';
import type { ClosingEvent, ClosingState } from '../../../src/protocol/connection/closing.ts';

const NO_LOSSES = { unsentBytes: 0, discardedBytes: 0 };

function moved(...events: ClosingEvent[]): { closing: ClosingHandshake; reached: readonly ClosingState[] } {
  const reached: ClosingState[] = [];
  const closing: ClosingHandshake = new ClosingHandshake({ onMove: () => reached.push(closing.state) });
  for (const event of events) closing.move(event);
  return { closing, reached };
}

describe('ClosingHandshake', () => {
  it('tells of each state that it reaches, and of nothing else', () => {
    const { closing, reached } = moved(
      'sendClose',
      'close',
      'close',
      'sendClose',
      'receiveClose',
      'fail',
      'transportEnd',
    );

    assert.deepEqual(reached, ['closing', 'closeSent', 'closeDone', 'closed']);
    assert.equal(closing.state, 'closed');
  });

  for (const event of ['close', 'receiveClose', 'violate', 'fail', 'transportEnd'] as const) {
    it(`is not open any more when it tells of ${event}`, () => {
      const states: string[] = [];
      const closing: ClosingHandshake = new ClosingHandshake({ onMove: () => states.push(closing.state) });

      closing.move(event);

      assert.equal(states.length, 1);
      assert.notEqual(states[0], 'open');
    });
  }

  it('keeps who began and the first error', () => {
    const { closing } = moved();
    const error = new Error('first');

    closing.begin('remote');
    closing.begin('engine', error);
    closing.begin('application', new Error('second'));
    const closure = closing.closure(false, NO_LOSSES);

    assert.equal(closing.error, error);
    assert.equal(closure.initiator, 'remote');
    assert.equal(closure.error, error);
    assert.equal(closure.reason, 'first');
  });

  it('keeps what the application has asked to close with, also when another began after that', () => {
    const { closing } = moved();
    assert.equal(closing.farewell, undefined);

    closing.sayFarewell({ code: 1000, reason: 'bye' });
    closing.begin('remote');

    assert.deepEqual(closing.farewell, { code: 1000, reason: 'bye' });
  });

  for (const initiator of ['application', 'remote', 'engine'] as const) {
    it(`keeps nothing that the application asks for after the end has begun, by ${initiator}`, () => {
      const { closing } = moved();
      closing.begin(initiator);

      closing.sayFarewell({ code: 1000, reason: 'too late' });

      assert.equal(closing.farewell, undefined);
    });
  }

  it('sums up a clean end by what the peer said', () => {
    const { closing } = moved();
    closing.begin('application');
    closing.body = { code: 1000, reason: 'ours' };
    closing.isSent = true;
    closing.received = { code: 3000, reason: 'theirs' };

    assert.deepEqual(closing.closure(true, NO_LOSSES), {
      code: 3000,
      reason: 'theirs',
      wasClean: true,
      sent: { code: 1000, reason: 'ours' },
      received: { code: 3000, reason: 'theirs' },
      initiator: 'application',
      unsentBytes: 0,
      discardedBytes: 0,
      error: undefined,
    });
  });

  it('says 1005 for a Close without a code', () => {
    const { closing } = moved();
    closing.received = { code: undefined, reason: '' };

    assert.equal(closing.closure(true, NO_LOSSES).code, 1005);
  });

  it('says 1006 where the end was not clean, whatever was received', () => {
    const { closing } = moved();
    closing.body = { code: 1000, reason: 'never left' };
    closing.received = { code: 1000, reason: 'bye' };

    assert.deepEqual(closing.closure(false, { unsentBytes: 5, discardedBytes: 7 }), {
      code: 1006,
      reason: 'the transport ended before the closing handshake',
      wasClean: false,
      sent: undefined,
      received: { code: 1000, reason: 'bye' },
      initiator: 'remote',
      unsentBytes: 5,
      discardedBytes: 7,
      error: undefined,
    });
  });

  it('gives a closure that cannot be changed', () => {
    assert.ok(Object.isFrozen(moved().closing.closure(false, NO_LOSSES)));
  });
});
