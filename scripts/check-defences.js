// Checks that each defence of `npm run prove-defences` can be taken away: its place is there, what is left can be compiled, and there are tests for it.
// Whether a test notices, only `npm run prove-defences` says.
import './setup.js';

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { change, compile } from './support/defence-change.js';
import { DEFENCES } from './support/defences.js';
import { ROOT, filesBelow } from './support/paths.js';

const faults = [...DEFENCES.flatMap(listFaults), ...listTwins()];
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
  const all = filesBelow(join(folder, 'test')).filter((path) => path.endsWith('.test.ts'));
  for (const pattern of tests) {
    if (!all.some((path) => path.startsWith(join(folder, 'test', pattern)))) {
      faults.push(`${id}: no test file begins with ${pattern}`);
    }
  }
  return faults;
}

/** @returns {string[]} what is told of defences that have the same id */
function listTwins() {
  const ids = DEFENCES.map(({ id }) => id);
  return [...new Set(ids.filter((id, index) => ids.indexOf(id) !== index))].map(
    (id) => `${id}: several defences have this id`,
  );
}
