import type { Place } from './broker.ts';

/** Longer is no position of ours. */
const MAX_LENGTH = 80;

const POSITION = /^(0|[1-9a-z][0-9a-z]{0,10})\.([A-Za-z0-9_-]{1,32})\.([A-Za-z0-9_-]{0,32})$/;

/** Writes where a message stands as a string that nobody looks into. */
export function formatPosition({ epoch, offset, id }: Place): string {
  return `${offset.toString(36)}.${epoch}.${id}`;
}

/** Reads a position, which may come from a peer; `undefined` for anything else. */
export function parsePosition(position: unknown): Place | undefined {
  if (typeof position !== 'string' || position.length > MAX_LENGTH) return undefined;
  const [, digits, epoch, id] = POSITION.exec(position) ?? [];
  if (digits === undefined || epoch === undefined || id === undefined) return undefined;
  const offset = Number.parseInt(digits, 36);
  if (!Number.isSafeInteger(offset) || (offset === 0) !== (id === '')) return undefined;
  return { epoch, offset, id };
}

/** What was found where a subscriber, or a process, stood. */
export type Check = 'intact' | 'lost';

/** What is known of a topic, and of the entry that stands where somebody stood. */
export interface Evidence {
  readonly top: Place;
  /** The id at that offset; `undefined` where the broker has it no more. */
  readonly idThere: string | undefined;
  /** The lowest offset that the broker still has; `undefined` for none. */
  readonly lowest: number | undefined;
}

/**
 * Says whether all that came behind a place is still there. It is lost when the epoch is another, the broker has less than was seen, another message has the
 * offset, or the message at the place is there no more.
 */
export function checkPlace(place: Place, { top, idThere, lowest }: Evidence): Check {
  if (top.epoch !== place.epoch || top.offset < place.offset) return 'lost';
  if (top.offset === place.offset) return top.id === place.id ? 'intact' : 'lost';
  if (place.offset === 0) return lowest === 1 ? 'intact' : 'lost';
  return idThere === place.id ? 'intact' : 'lost';
}
