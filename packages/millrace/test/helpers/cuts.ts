import { chunksBetween, splits } from './splits.ts';

/** Longest head that is cut at every place, in bytes. */
const SHORT = 1024;

/** Longest head that is cut byte by byte, in bytes: more than any limit lets through. */
const LONG = 24 * 1024;

/** So many line ends of a longer one are cut around: the first, the last, and some between. */
const LINE_ENDS = 20;

/**
 * Every way of cutting the head of a request or response that a test goes through: uncut, at every place or, if it is longer than 1 KiB, around the ends of its lines, and byte by byte.
 */
export function* cutsOfHead(text: string): Generator<Uint8Array[], void> {
  const bytes = Buffer.from(text, 'latin1');
  if (bytes.length <= SHORT) {
    yield* splits(bytes);
    return;
  }
  const ends = [...text.matchAll(/\r\n/g)].map(({ index }) => index);
  const step = Math.max(1, Math.floor(ends.length / LINE_ENDS));
  const some = ends.filter((_, n) => n % step === 0 || n >= ends.length - 3);
  const places = new Set([1, ...some.flatMap((at) => [at, at + 1, at + 2]), bytes.length - 1]);
  yield* splits(
    bytes,
    [...places].filter((at) => at > 0 && at < bytes.length).sort((one, other) => one - other),
  );
  if (bytes.length > LONG) return;
  yield chunksBetween(
    bytes,
    Array.from({ length: bytes.length - 1 }, (_, index) => index + 1),
  );
}
