/**
 * Where a connection stands in its closing.
 *
 * `closing`: our Close waits for the end of our open message. `closeReceived`: so does our answer, for the end of a frame.
 * `closeDone`: both Close frames are there, what remains is to end the transport. `failed`: we gave up (RFC 6455 §7.1.7).
 */
export type ClosingState = 'open' | 'closing' | 'closeSent' | 'closeReceived' | 'closeDone' | 'failed' | 'closed';

/** What can happen to it. `close` is our decision, `sendClose` the moment when the Close frame can go out. */
export type ClosingEvent = 'close' | 'sendClose' | 'receiveClose' | 'fail' | 'transportEnd';

/**
 * The whole closing of a connection. A missing entry means that the event changes nothing in that state.
 *
 * Nothing else sets the state; the diagram in docs/closing.md is generated from this table.
 *
 * @see RFC 6455 §7.1
 */
export const CLOSING_TRANSITIONS: {
  readonly [State in ClosingState]: { readonly [Event in ClosingEvent]?: ClosingState };
} = {
  open: { close: 'closing', receiveClose: 'closeReceived', fail: 'failed', transportEnd: 'closed' },
  closing: { sendClose: 'closeSent', receiveClose: 'closeReceived', fail: 'failed', transportEnd: 'closed' },
  closeSent: { receiveClose: 'closeDone', fail: 'failed', transportEnd: 'closed' },
  closeReceived: { sendClose: 'closeDone', fail: 'failed', transportEnd: 'closed' },
  closeDone: { transportEnd: 'closed' },
  failed: { transportEnd: 'closed' },
  closed: {},
};

/** Says what state follows on `event`. */
export function nextClosingState(state: ClosingState, event: ClosingEvent): ClosingState {
  return CLOSING_TRANSITIONS[state][event] ?? state;
}
