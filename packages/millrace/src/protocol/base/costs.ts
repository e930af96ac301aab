/**
 * What an entry of a list costs in memory besides its payload, in bytes: the object, its links, and the buffer object that holds the payload.
 * Measured on Node 20 (`docs/memory.md` says how): 64 for the object and its links, 184 for a `Uint8Array` with its buffer, and what the allocator adds.
 *
 * A list that a peer or an application can make grow counts this for each entry. Otherwise a million empty messages would count for nothing.
 */
export const ENTRY_COST = 320;

/** What somebody who waits for an entry costs, in bytes: a promise and the functions that settle it. */
export const WAITER_COST = 320;

/** What a payload costs in memory, in bytes; a string has up to two bytes for each UTF-16 unit. */
export function payloadCost(payload: string | Uint8Array): number {
  return typeof payload === 'string' ? 2 * payload.length : payload.length;
}
