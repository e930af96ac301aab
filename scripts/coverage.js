// Runs all tests once, under coverage, and reports by source file; fails below the thresholds.
import './setup.js';

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { hasCode } from './support/has-code.js';
import { ROOT, displayPath, filesBelow } from './support/paths.js';
import { TOOLS, runNode } from './support/run.js';

const COMPILED = 'packages/millrace/dist/src';
const THRESHOLD = '95';

const typesOnly = filesBelow(join(ROOT, COMPILED)).filter(
  (file) => file.endsWith('.js') && !hasCode(readFileSync(file, 'utf8')),
);

process.exitCode = runNode(TOOLS.c8, [
  '--clean',
  '--temp-directory=coverage/raw',
  '--all', // files that no test loads count too
  `--src=${COMPILED}`,
  `--include=${COMPILED}/**`,
  '--extension=.js',
  ...typesOnly.map((file) => `--exclude=${displayPath(file)}`),
  '--reporter=text',
  '--reporter=html',
  '--check-coverage',
  `--lines=${THRESHOLD}`,
  `--branches=${THRESHOLD}`,
  '--functions=0',
  '--statements=0',
  process.execPath,
  'scripts/test.js',
]);
