// Runs the tests. A word selects the test files whose path contains it; options go to Node:
//   npm test -- mask --test-name-pattern='every cut'
import './setup.js';

import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

import { displayPath, filesBelow, outputFolders } from './support/paths.js';
import { run } from './support/run.js';

/** In milliseconds, for one test file; a test that hangs must fail. */
const TIME_LIMIT = 120_000;

const options = process.argv.slice(2).filter((arg) => arg.startsWith('-'));
const words = process.argv.slice(2).filter((arg) => !arg.startsWith('-'));

const files = outputFolders()
  .flatMap((folder) => filesBelow(join(folder, 'test')))
  .filter((file) => file.endsWith('.test.js'));
const selected = files.filter((file) => words.every((word) => displayPath(file).includes(word)));
const orphans = files.filter((file) => !existsSync(sourceOf(file)));

if (orphans.length > 0) fail(`No source for ${orphans.map(displayPath).join(', ')}: npm run build`);
if (selected.length === 0) fail(words.length === 0 ? 'There are no tests.' : `No test file for: ${words.join(' ')}`);

// Node leaves one processor free, which is half of those of a small machine; the tests wait more than they work.
const processes = `--test-concurrency=${availableParallelism()}`;
const limits = ['--enable-source-maps', '--test-reporter=spec', `--test-timeout=${TIME_LIMIT}`, processes];
process.exitCode = run(process.execPath, ['--test', ...limits, ...options, ...selected], {});

/**
 * @param {string} file a compiled test
 * @returns {string}
 */
function sourceOf(file) {
  return file.replace(/[\\/]dist([\\/]test[\\/].*)\.js$/, '$1.ts');
}

/**
 * @param {string} message
 * @returns {never}
 */
function fail(message) {
  console.error(message);
  process.exit(1);
}
