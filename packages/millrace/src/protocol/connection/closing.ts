/**
 * Where a connection stands in its closing.
 *
 * - `closing`: our Close was asked for, and waits for the end of our open message
 * - `closeSent`: our Close is on its way, and the peer's is still to come
 * - `closeReceived`: the peer's Close is there. Our answer waits until the application has returned from the messages before it; sending works as before
 * - `answering`: our Close was asked for after the peer's came, and waits for the end of a frame
 * - `closeDone`: both Close frames are there; what remains is to end the transport
 * - `failing`: the peer has broken a rule. Our Close waits a little, while the application deals with what came before
 * - `failed`: we gave up (RFC 6455 §7.1.7)
 */
export type ClosingState =
  'open' | 'closing' | 'closeSent' | 'closeReceived' | 'answering' | 'closeDone' | 'failing' | 'failed' | 'closed';

/** What can happen to it. `close` is our decision, `sendClose` the moment when the Close frame can go out, `violate` what the peer has done. */
export type ClosingEvent = 'close' | 'sendClose' | 'receiveClose' | 'violate' | 'fail' | 'transportEnd';

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
  open: {
    close: 'closing',
    receiveClose: 'closeReceived',
    violate: 'failing',
    fail: 'failed',
    transportEnd: 'closed',
  },
  closing: { sendClose: 'closeSent', receiveClose: 'answering', fail: 'failed', transportEnd: 'closed' },
  closeSent: { receiveClose: 'closeDone', fail: 'failed', transportEnd: 'closed' },
  closeReceived: { close: 'answering', fail: 'failed', transportEnd: 'closed' },
  answering: { sendClose: 'closeDone', fail: 'failed', transportEnd: 'closed' },
  closeDone: { transportEnd: 'closed' },
  failing: { fail: 'failed', transportEnd: 'closed' },
  failed: { transportEnd: 'closed' },
  closed: {},
};

/** Says what state follows on `event`. */
export function nextClosingState(state: ClosingState, event: ClosingEvent): ClosingState {
  return CLOSING_TRANSITIONS[state][event] ?? state;
}
