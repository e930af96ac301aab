import type { Defects } from './behaviour.ts';
import type { IncomingFrame } from './frame.ts';

/** Longest message that it takes, in bytes. */
const LIMIT = 32 * 1024 * 1024;

/** What a header is judged by. */
export interface Situation {
  readonly role: 'client' | 'server';
  readonly insideMessage: boolean;
  /** Bytes of the message so far. */
  readonly size: number;
  readonly defects: Defects;
}

/** The close code that a header deserves, or `undefined` if it is fine. */
export function judgeHeader(frame: IncomingFrame, situation: Situation): number | undefined {
  if (breaksLayout(frame, situation)) return 1002;
  if (frame.opcode >= 8) return breaksControl(frame, situation.defects) ? 1002 : undefined;
  if (breaksFragmentation(frame, situation)) return 1002;
  const limited = situation.defects.readsLengthAs === undefined;
  return limited && frame.length + BigInt(situation.size) > LIMIT ? 1009 : undefined;
}

function breaksLayout({ rsv, opcode, key, length, minimal }: IncomingFrame, { role, defects }: Situation): boolean {
  const control = opcode >= 8;
  const kind = control ? 'control' : 'data';
  if ((role === 'server') !== (key !== undefined) && defects.acceptsWrongMasking !== true) return true;
  if (rsv !== 0 && defects.ignoresReservedBits !== kind) return true;
  if ((opcode & 7) > 2 && defects.acceptsReservedOpcodes !== kind) return true;
  if (length >= 2n ** 63n && defects.readsLengthAs !== 'signed') return true;
  return !minimal && defects.acceptsNonMinimalLengths !== true;
}

function breaksControl({ fin, opcode, length }: IncomingFrame, defects: Defects): boolean {
  if (!fin && defects.acceptsFragmentedControlFrames !== true) return true;
  if (length > 125n && defects.acceptsLongControlFrames !== true) return true;
  return opcode === 8 && length === 1n && defects.closes !== 'with one byte accepted';
}

function breaksFragmentation({ opcode }: IncomingFrame, { insideMessage, defects }: Situation): boolean {
  if (defects.ignoresFin === true) return false;
  if (opcode === 0) return !insideMessage && defects.acceptsStrayContinuations !== true;
  return insideMessage && defects.acceptsInterleavedMessages !== true;
}
