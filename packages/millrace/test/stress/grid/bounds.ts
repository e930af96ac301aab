import { KIB, MIB } from '../claim.ts';
import type { Cell } from './cell.ts';

/** What a cell may hold and do at most; see docs/memory.md. */
export interface Bounds {
  /** In bytes, when nothing moves. */
  readonly retained: number;
  /** In bytes, resident. */
  readonly peak: number;
  /** In milliseconds. */
  readonly stall: number;
}

const READ_AHEAD = 64 * KIB;
const LARGEST_READ = MIB;
const HIGH_WATER_MARK = 64 * KIB;
const MAX_BUFFERED = 16 * MIB;

/** What Node keeps of its own that was not there before the first connection: compiled code, for the most part. */
const OWN = 2 * MIB;

/** How far the heap of a process grows between two collections, and what the C library keeps. */
const GARBAGE = 96 * MIB;

/** What the contract of docs/memory.md comes to for a cell. */
export function boundsOf({ direction, slow, unit, size, facade }: Cell): Bounds {
  const stall = 100;
  if (slow === 'peer, unheeded') return { retained: MAX_BUFFERED + OWN, peak: 2 * MAX_BUFFERED + GARBAGE, stall };
  if (direction === 'sending') return { retained: HIGH_WATER_MARK + size + OWN, peak: GARBAGE, stall };
  // One message that has no end is collected, twice what was received at the most, where the application has asked for that.
  const collects = unit === 'frames' && (facade === 'classes, messages' || facade === 'callbacks' || isWhole(facade));
  const collected = collects ? 2 * 64 * MIB : 0;
  const retained = READ_AHEAD + LARGEST_READ + OWN + collected;
  return { retained, peak: GARBAGE + 2 * collected, stall };
}

function isWhole(facade: Cell['facade']): boolean {
  return ['async function, whole messages', 'duplex', 'WebSocketStream', 'WebSocket'].includes(facade);
}
