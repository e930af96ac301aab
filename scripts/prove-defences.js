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
const major = Number(process.versions.node.split('.')[0]);
const found = DEFENCES.filter(({ id, file }) => words.every((word) => id.includes(word) || file.includes(word)));
const selected = found.filter(({ since = 0 }) => since <= major);
for (const { id, since } of found)
  if (since !== undefined && since > major) console.log(`${id}: from Node.js ${String(since)} on`);
if (selected.length === 0) {
  console.error(`No defence for: ${words.join(' ')}`);
  process.exit(2);
}

const temporary = mkdtempSync(join(tmpdir(), 'millrace-defences-'));
try {
  const packages = [...new Set(selected.map(packageOf))];
  for (const name of packages) if (!(await proveAll(name))) process.exitCode = 1;
} finally {
  rmSync(temporary, { recursive: true });
}

/**
 * @param {import('./support/defences.js').Defence} row
 * @returns {string} the folder of its package, below packages
 */
function packageOf({ package: name = 'millrace' }) {
  return name;
}

/**
 * @param {string} name of the folder of a package
 * @returns {Promise<boolean>} whether every selected row of it turned a test red
 */
async function proveAll(name) {
  const rows = selected.filter((row) => packageOf(row) === name);
  const folders = Array.from({ length: PROCESSES }, (_, index) => join(temporary, `${name}-${String(index)}`));
  const proofs = folders.map((folder) => new Proof(folder, rows, name));
  const [first] = proofs;
  const red = (await first?.listRed(PROCESSES)) ?? [];
  if (red.length > 0) {
    console.log(`Red without any change, which \`npm test\` may explain:\n${red.join('\n')}`);
    return false;
  }

  const left = [...rows];
  /** @type {string[]} */
  const failed = [];
  await Promise.all(
    proofs.map(async (proof) => {
      for (let row = left.shift(); row !== undefined; row = left.shift()) {
        const { result, notice } = await proof.prove(row);
        console.log(`${result.padEnd(5)} ${row.id.padEnd(36)} ${row.file}${notice === '' ? '' : `: ${notice}`}`);
        if (result !== 'red') failed.push(row.id);
      }
    }),
  );
  console.log(`${String(rows.length - failed.length)} of ${String(rows.length)} defences of ${name} proved`);
  if (failed.length > 0) console.log(`Not proved: ${failed.join(', ')}`);
  return failed.length === 0;
}
