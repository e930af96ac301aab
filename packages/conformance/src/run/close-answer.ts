import { CloseCode } from 'millrace/protocol/wire';

import type { ReceivedCode } from '../model/case.ts';

/** Codes that say no more than that the connection ends. */
const NEUTRAL: readonly ReceivedCode[] = ['none', CloseCode.NORMAL_CLOSURE, CloseCode.GOING_AWAY];

/** Codes that say that the other side has done something wrong, or that something has failed. */
const ACCUSING: readonly ReceivedCode[] = [
  CloseCode.PROTOCOL_ERROR,
  CloseCode.UNSUPPORTED_DATA,
  CloseCode.INVALID_FRAME_PAYLOAD_DATA,
  CloseCode.POLICY_VIOLATION,
  CloseCode.MESSAGE_TOO_BIG,
  CloseCode.MANDATORY_EXTENSION,
  CloseCode.INTERNAL_ERROR,
];

/**
 * Judges the Close that answers a valid one of ours. RFC 6455 §5.5.1 demands a Close, and says that its code is "typically" the one that came; §7.1.5
 * knows that both sides may see different codes. So the code that came, no code, 1000 and 1001 are all right. Another code is worth a note, unless it says
 * that the connection has failed: then our Close was taken for an error.
 *
 * @param asked - the code of our Close
 * @param answer - the code of the peer's
 */
export function judgeAnswer(asked: ReceivedCode, answer: ReceivedCode): 'usual' | 'unusual' | 'failure' {
  if (answer === asked || NEUTRAL.includes(answer)) return 'usual';
  return ACCUSING.includes(answer) ? 'failure' : 'unusual';
}
