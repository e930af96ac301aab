// Checks that each defence of `npm run prove-defences` can be taken away: its place is there, what is left can be compiled, and there are tests for it;
// and that there are a defence and a test for each known attack. Whether a test notices, only `npm run prove-defences` says.
import './setup.js';

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { ATTACKS, NOT_APPLICABLE, attackOf } from './support/attacks.js';
import { change, compile } from './support/defence-change.js';
import { DEFENCES } from './support/defences.js';
import { ROOT, filesBelow } from './support/paths.js';

const faults = [...DEFENCES.flatMap(listFaults), ...listTwins(), ...ATTACKS.flatMap(listUndefended)];
for (const fault of faults) console.error(fault);
console.log(`${String(DEFENCES.length)} defences, ${String(faults.length)} faults`);
process.exitCode = faults.length > 0 ? 1 : 0;

/**
 * @param {import('./support/defences.js').Defence} defence
 * @returns {string[]}
 */
function listFaults(defence) {
  const { id, package: name = 'millrace', file, tests } = defence;
  const folder = join(ROOT, 'packages', name);
  /** @type {string[]} */
  const faults = [];
  const source = join(folder, 'src', file);
  if (!existsSync(source)) return [`${id}: there is no ${file}`];
  try {
    compile(change(readFileSync(source, 'utf8'), defence), file);
  } catch (error) {
    faults.push(`${id}: ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
  for (const pattern of tests) {
    if (findTests(folder, pattern).length === 0) faults.push(`${id}: no test file begins with ${pattern}`);
  }
  return faults;
}

/**
 * @param {string} folder of a package
 * @param {string} pattern the beginning of paths below its tests
 * @returns {string[]}
 */
function findTests(folder, pattern) {
  const start = join(folder, 'test', pattern);
  return filesBelow(join(folder, 'test')).filter((path) => path.endsWith('.test.ts') && path.startsWith(start));
}

/**
 * @param {string} attack
 * @returns {string[]}
 */
function listUndefended(attack) {
  const rows = DEFENCES.filter(({ id }) => attackOf(id) === attack);
  if (attack in NOT_APPLICABLE) return rows.length === 0 ? [] : [`${attack}: it applies, for there is a defence`];
  if (rows.length === 0) return [`${attack}: there is no defence whose id begins with it, and no reason why not`];
  // The name of a test may be made of the table that its file, or one beside it, goes through.
  const name = new RegExp(`['"\`][^'"\`\n]*\\b${attack}\\b`);
  return rows
    .filter(({ package: folder = 'millrace', tests }) => {
      const files = tests.flatMap((pattern) => findTests(join(ROOT, 'packages', folder), pattern));
      return !files.some((file) => name.test(readFileSync(file, 'utf8')));
    })
    .map(({ id }) => `${id}: none of its tests is named after ${attack}`);
}

/** @returns {string[]} what is told of defences that have the same id */
function listTwins() {
  const ids = DEFENCES.map(({ id }) => id);
  return [...new Set(ids.filter((id, index) => ids.indexOf(id) !== index))].map(
    (id) => `${id}: several defences have this id`,
  );
}
