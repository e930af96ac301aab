// Installs from the lock file, if what is installed is missing or older; says so on stderr only.
import { statSync } from 'node:fs';
import { join } from 'node:path';

import { ROOT } from './support/paths.js';
import { exitOnFailure, runNpm } from './support/run.js';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Millrace needs Node 20.19 or newer; this is ${process.versions.node}.`);
  process.exit(2);
}

// npm writes this file when all is in its place, and removes it first.
const installed = modifiedAt('node_modules/.package-lock.json');

if (installed < modifiedAt('package-lock.json')) {
  console.error('Installing …');
  exitOnFailure(runNpm(['ci', '--include=dev', '--no-audit', '--no-fund'], { stdio: ['ignore', 2, 2] }));
}

/**
 * @param {string} file relative to the repository
 * @returns {number} milliseconds; 0 if there is no such file
 */
function modifiedAt(file) {
  return statSync(join(ROOT, file), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
