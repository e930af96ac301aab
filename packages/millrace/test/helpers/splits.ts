/**
 * Every way of cutting `bytes` that a parser test goes through: uncut, cut once at each place, and byte by byte.
 *
 * Each yield is a list of chunks, none empty and each memory of its own, for parsers unmask in place. Use it on short
 * inputs; for a long one name the places in `cuts`, and the last, byte by byte, is left out.
 *
 * @param bytes - the whole input
 * @param cuts - offsets to cut at; every one there is unless told otherwise
 */
export function* splits(bytes: Uint8Array, cuts?: Iterable<number>): Generator<Uint8Array<ArrayBuffer>[], void> {
  yield chunksBetween(bytes, []);
  for (const cut of cuts ?? places(bytes)) yield chunksBetween(bytes, [cut]);
  if (cuts === undefined) yield chunksBetween(bytes, places(bytes));
}

/** Cuts `bytes` at `cuts`, which ascend, into chunks that are memory of their own; empty ones are left out. */
export function chunksBetween(bytes: Uint8Array, cuts: readonly number[]): Uint8Array<ArrayBuffer>[] {
  const edges = [0, ...cuts, bytes.length];
  const chunks = edges.slice(1).map((end, index) => Uint8Array.from(bytes.subarray(edges[index], end)));
  return chunks.filter((chunk) => chunk.length > 0);
}

function places(bytes: Uint8Array): number[] {
  return Array.from({ length: Math.max(0, bytes.length - 1) }, (_, index) => index + 1);
}
