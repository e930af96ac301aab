// Each module of the protocol is covered by its own tests: all branches of protocol/wire/mask.ts by test/protocol/wire/mask.test.ts (and mask.….test.ts).
//   npm run own-coverage -- mask        only modules whose path contains the word
import './setup.js';

import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

import { ROOT, displayPath, filesBelow } from './support/paths.js';
import { hasCode } from './support/has-code.js';
import { TOOLS, run } from './support/run.js';

const SOURCES = 'packages/millrace/src/protocol';
const DIST = 'packages/millrace/dist';

const words = process.argv.slice(2);
const modules = filesBelow(join(ROOT, SOURCES))
  .map(displayPath)
  .filter((file) => file.endsWith('.ts') && !/(\.d|\.generated|\/index)\.ts$/.test(file))
  .filter((file) => words.every((word) => file.includes(word)))
  .filter((file) => hasCode(readFileSync(join(ROOT, compiled(file)), 'utf8')));

const failed = modules.filter((file) => !isCovered(file));
for (const file of failed) console.error(`${file} is not covered by its own tests.`);
console.log(`${modules.length - failed.length} of ${modules.length} modules are covered by their own tests.`);
if (failed.length > 0 || modules.length === 0) process.exitCode = 1;

/**
 * @param {string} file relative to the repository
 * @returns {boolean} whether its own tests take every branch of it
 */
function isCovered(file) {
  const tests = ownTests(file);
  if (tests.length === 0) return false;
  const coverage = ['--clean', '--temp-directory=coverage/own', `--include=${compiled(file)}`, '--reporter=text'];
  const thresholds = ['--check-coverage', '--branches=100', '--lines=100', '--functions=0', '--statements=0'];
  const command = [join(ROOT, TOOLS.c8), ...coverage, ...thresholds, process.execPath, '--test', ...tests];
  return run(process.execPath, command, { stdio: ['ignore', 'ignore', 'inherit'] }) === 0;
}

/**
 * @param {string} file
 * @returns {string[]} the compiled tests that bear its name
 */
function ownTests(file) {
  const name = basename(file, '.ts');
  const folder = dirname(file).replace('packages/millrace/src', 'packages/millrace/test');
  return filesBelow(join(ROOT, folder))
    .map(displayPath)
    .filter((test) => dirname(test) === folder && new RegExp(`^${name}(\\.[a-z-]+)?\\.test\\.ts$`).test(basename(test)))
    .map((test) => test.replace('packages/millrace', DIST).replace(/\.ts$/, '.js'));
}

/**
 * @param {string} file
 * @returns {string} what the compiler makes of it
 */
function compiled(file) {
  return file.replace('packages/millrace', DIST).replace(/\.ts$/, '.js');
}
