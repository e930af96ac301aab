import { randomBytes, randomInt } from 'node:crypto';

import type { Payload } from '../workloads/workload.ts';

/** Of one to four bytes each, as they come in texts of many languages. */
const CHARACTERS = Array.from('the quick brown fox äöüßéèñçåø жизньмир 日本語漢字 한국어 ελληνικά €„“ 🎈🚀');

/** The longest character, in bytes. */
const LONGEST = 4;

const MAKERS: Readonly<Record<Payload, (size: number) => Uint8Array>> = {
  binary: (size) => randomBytes(size),
  ascii: (size) =>
    Buffer.from(
      randomBytes(Math.ceil(size / 2))
        .toString('hex')
        .slice(0, size),
    ),
  unicode: createUnicode,
  json: createJson,
};

/** A payload of exactly `size` bytes, unlike all others. */
export function createPayload(kind: Payload, size: number): Uint8Array {
  return MAKERS[kind](size);
}

function createUnicode(size: number): Uint8Array {
  const bytes = Buffer.alloc(size, 'a');
  let length = 0;
  while (length + LONGEST <= size) length += bytes.write(CHARACTERS[randomInt(CHARACTERS.length)]!, length);
  return bytes;
}

/** An array of objects that are alike, filled with blanks behind the last one that fits. */
function createJson(size: number): Uint8Array {
  const rows: string[] = [];
  for (;;) {
    const row = JSON.stringify({
      ...{ id: randomInt(1e9), user: `user-${String(randomInt(1000))}`, active: randomInt(2) === 1 },
      ...{ amount: randomInt(1e6) / 100, tags: ['alpha', 'beta'], time: `2026-11-30T12:${String(randomInt(10, 60))}` },
    });
    const length = rows.reduce((sum, each) => sum + each.length + 1, 1 + row.length);
    if (length + 1 > size) break;
    rows.push(row);
  }
  return Buffer.from(`[${rows.join(',')}]`.padEnd(size));
}
