import type { Defects } from './behaviour.ts';

/** What a piece of text is: invalid, or valid up to a code point that is cut, whose start is `rest`. */
export type Scan = 'invalid' | { readonly rest: Uint8Array };

/** Looks at every code point, one after the other. */
export function scanUtf8(bytes: Uint8Array, defect: Defects['utf8']): Scan {
  let index = 0;
  while (index < bytes.length) {
    if (bytes[index]! < 0x80) {
      index++;
      continue;
    }
    const length = lengthOf(bytes[index]!, defect);
    if (length === 0) return 'invalid';
    const sequence = bytes.subarray(index, index + length);
    if (!isPossible(sequence, defect)) return 'invalid';
    if (sequence.length < length) return { rest: sequence.slice() };
    index += length;
  }
  return { rest: new Uint8Array(0) };
}

function lengthOf(first: number, defect: Defects['utf8']): number {
  if (first < 0xc0) return 0;
  if (first < 0xc2) return defect === 'overlong' ? 2 : 0;
  if (first < 0xe0) return 2;
  if (first < 0xf0) return 3;
  if (first < 0xf5) return 4;
  return first < 0xf8 && defect === 'beyond U+10FFFF' ? 4 : 0;
}

/** Whether a code point can begin like this. */
function isPossible(sequence: Uint8Array, defect: Defects['utf8']): boolean {
  const [first = 0, second] = sequence;
  if (sequence.subarray(1).some((byte) => byte < 0x80 || byte > 0xbf)) return false;
  if (second === undefined) return true;
  if (first === 0xe0 && second < 0xa0) return defect === 'overlong';
  if (first === 0xf0 && second < 0x90) return defect === 'overlong';
  if (first === 0xed && second > 0x9f) return defect === 'surrogates';
  if (first === 0xf4 && second > 0x8f) return defect === 'beyond U+10FFFF';
  return true;
}
