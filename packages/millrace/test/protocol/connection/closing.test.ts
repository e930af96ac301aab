import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import {
  CLOSING_TRANSITIONS,
  nextClosingState,
  type ClosingEvent,
  type ClosingState,
} from '../../../src/protocol/connection/closing.ts';

const EVENTS: ClosingEvent[] = ['close', 'sendClose', 'receiveClose', 'violate', 'fail', 'transportEnd'];

// Every state with what follows on each event, in the order of EVENTS; a dot where nothing changes.
const TABLE: [
  state: ClosingState,
  close: string,
  sendClose: string,
  receiveClose: string,
  violate: string,
  fail: string,
  end: string,
][] = [
  ['open', 'closing', '.', 'closeReceived', 'failing', 'failed', 'closed'],
  ['closing', '.', 'closeSent', 'answering', '.', 'failed', 'closed'],
  ['closeSent', '.', '.', 'closeDone', '.', 'failed', 'closed'],
  ['closeReceived', 'answering', '.', '.', '.', 'failed', 'closed'],
  ['answering', '.', 'closeDone', '.', '.', 'failed', 'closed'],
  ['closeDone', '.', '.', '.', '.', '.', 'closed'],
  ['failing', '.', '.', '.', '.', 'failed', 'closed'],
  ['failed', '.', '.', '.', '.', '.', 'closed'],
  ['closed', '.', '.', '.', '.', '.', '.'],
];

describe('nextClosingState', () => {
  for (const [state, ...following] of TABLE) {
    for (const [index, event] of EVENTS.entries()) {
      const next = following[index] === '.' ? state : following[index];
      it(`goes from '${state}' to '${next ?? ''}' on ${event}`, () => {
        assert.equal(nextClosingState(state, event), next);
      });
    }
  }

  it('knows all states', () => {
    assert.deepEqual(
      Object.keys(CLOSING_TRANSITIONS),
      TABLE.map(([state]) => state),
    );
  });

  it('leads from every state to the end, and never back', () => {
    const order = TABLE.map(([state]) => state);
    for (const state of order) {
      assert.equal(nextClosingState(state, 'transportEnd'), 'closed');
      for (const event of EVENTS) {
        assert.ok(order.indexOf(nextClosingState(state, event)) >= order.indexOf(state));
      }
    }
  });
});
