// Takes away one defence of the library at a time, and proves that a test notices. Words select rows by id or source:
//   npm run prove-defences -- utf8
import './setup.js';

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { DEFENCES } from './support/defences.js';
import { Proof } from './support/proof.js';

const PROCESSES = 2;

const words = process.argv.slice(2);
import { FACADES } from './support/defences/facades.js'; const selected = FACADES.filter(({id}) => words.length === 0 || words.some((w) => id.includes(w)));
if (selected.length === 0) {
  console.error(`No defence for: ${words.join(' ')}`);
  process.exit(2);
}

const temporary = mkdtempSync(join(tmpdir(), 'millrace-defences-'));
try {
  process.exitCode = (await proveAll()) ? 0 : 1;
} finally {
  rmSync(temporary, { recursive: true });
}

/** @returns {Promise<boolean>} whether every selected row turned a test red */
async function proveAll() {
  const proofs = Array.from({ length: PROCESSES }, (_, index) => new Proof(join(temporary, String(index)), selected));
  const [first] = proofs;
  const red = (await first?.listRed(PROCESSES)) ?? [];
  if (red.length > 0) {
    console.log(`Red without any change, which \`npm test\` may explain:\n${red.join('\n')}`);
    return false;
  }

  const left = [...selected];
  /** @type {string[]} */
  const failed = [];
  await Promise.all(
    proofs.map(async (proof) => {
      for (let row = left.shift(); row !== undefined; row = left.shift()) {
        const result = await proof.prove(row);
        console.log(`${result.padEnd(5)} ${row.id.padEnd(36)} ${row.file}`);
        if (result !== 'red') failed.push(row.id);
      }
    }),
  );
  console.log(`${String(selected.length - failed.length)} of ${String(selected.length)} defences proved`);
  if (failed.length > 0) console.log(`Not proved: ${failed.join(', ')}`);
  return failed.length === 0;
}
