// Has brokers fail while servers use them, many times; exit code 1 if anything is not as it should be then.
//   npm run stress -- topics [part of the name of a fault] [--rounds 10] [--seed 1]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { FAULT_NAMES, carryOutFaults } from './faults.ts';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '10' }, seed: { type: 'string' } },
});
const words = positionals.join(' ');
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const rounds = Number(values.rounds);
if (!FAULT_NAMES.some((name) => name.includes(words)) || !Number.isInteger(rounds) || !Number.isInteger(seed)) {
  console.error(
    `usage: stress topics [part of a name] [--rounds number] [--seed number]; there are:\n${FAULT_NAMES.join('\n')}`,
  );
  process.exit(2);
}
const folder = mkdtempSync(join(tmpdir(), 'millrace-topics-'));
let failures = 0;
let count = 0;
for (const { name, act } of carryOutFaults({ folder, rounds, words, seed })) {
  const begin = performance.now();
  const details = await act().catch((error: unknown) => [error instanceof Error ? (error.stack ?? '') : String(error)]);
  console.log(`${details.length === 0 ? 'passed' : 'FAILED'} ${name}, ${Math.round(performance.now() - begin)} ms`);
  for (const detail of details) console.log(`  ${detail}`);
  if (details.length > 0) failures++;
  count++;
}
rmSync(folder, { recursive: true, force: true });
console.log(`${count - failures} of ${count} rounds are as they should be`);
// Clients of brokers may wait for what has ended.
process.exit(failures === 0 ? 0 : 1);
