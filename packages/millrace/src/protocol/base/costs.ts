/**
 * What an entry of a list costs in memory besides its payload, in bytes: the entry and its links, the call that is made for it, the `Uint8Array` that holds the
 * payload, and what the allocator adds. On Node 20 that is 400 to 470 bytes of heap; the test of this module measures it.
 *
 * A list that a peer or an application can make grow counts this for each entry. Otherwise a million empty messages would count for nothing.
 */
export const ENTRY_COST = 512;

/**
 * What somebody who waits for an entry costs, in bytes: a promise, those that follow from it, and the functions that settle it. Some 800 bytes of heap, and 1200
 * where an `AsyncLocalStorage` is in use.
 */
export const WAITER_COST = 1200;

/** What a payload costs in memory, in bytes; a string has up to two bytes for each UTF-16 unit. */
export function payloadCost(payload: string | Uint8Array): number {
  return typeof payload === 'string' ? 2 * payload.length : payload.length;
}
