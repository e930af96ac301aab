import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const SOURCES = fileURLToPath(new URL('../../test/', import.meta.url));

/** Known attacks on opening handshakes and on lifetimes, of other implementations: from so many to so many. */
const ATTACKS = [
  [1, 33],
  [100, 112],
] as const;

/** Attacks that no test is named after, with the reason. */
const NOT_TESTED: Readonly<Record<string, string>> = {
  V027: 'compares credentials in constant time: the library compares none',
  V103: 'memory that a view keeps alive is measured: `npm run stress`, idle connections',
  V107: 'faults of system calls: Node.js makes them',
};

/** The names of all tests, as they stand in the sources. */
function sources(): string {
  return readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && file !== 'attacks.test.ts')
    .map((file) => readFileSync(join(SOURCES, file), 'utf8'))
    .join('\n');
}

describe('Each known attack', () => {
  const text = sources();
  for (const [from, to] of ATTACKS) {
    for (let number = from; number <= to; number++) {
      const id = `V${String(number).padStart(3, '0')}`;
      it(`${id} has a test, or a reason why not`, () => {
        const isTested = new RegExp(`['"\`][^'"\`\n]*\\b${id}\\b`).test(text);

        assert.equal(isTested, !(id in NOT_TESTED), NOT_TESTED[id]);
      });
    }
  }
});
