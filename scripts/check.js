// All that CI checks, in order; stops at the first failure and shows its output.
//   npm run check -- lint imports       only these steps
import './setup.js';

import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { TOOLS, runNode } from './support/run.js';

/** @type {Record<string, [program: string, ...args: string[]][]>} */
const STEPS = {
  types: [
    [TOOLS.tsc, '-b'],
    [TOOLS.tsc, '-p', 'scripts'],
  ],
  format: [[TOOLS.prettier, '--check', '--log-level=warn', '.']],
  lint: [[TOOLS.eslint, '.', '--max-warnings=0']],
  imports: [[TOOLS.depcruise, 'packages', 'examples', 'interop', 'bench'], ['scripts/house-rules.js']],
  defences: [['scripts/check-defences.js']],
  generated: [
    ['scripts/build-kernels.js', '--check'],
    ['scripts/generate-docs.js', '--check'],
  ],
  tests: [['scripts/coverage.js'], ['scripts/own-coverage.js']],
  package: [['scripts/package-shape.js']],
  matrix: [['scripts/types-matrix.js']],
  examples: [['scripts/examples.js'], ['scripts/doc-programs.js']],
};

const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(STEPS);
const unknown = names.filter((name) => !(name in STEPS));
if (unknown.length > 0) {
  console.error(`No such step: ${unknown.join(', ')}. There are: ${Object.keys(STEPS).join(', ')}`);
  process.exit(2);
}

const temporary = mkdtempSync(join(tmpdir(), 'millrace-check-'));
const failed = names.some((name) => !passes(name));
rmSync(temporary, { recursive: true });
process.exitCode = failed ? 1 : 0;

/**
 * Runs one step and prints one line about it; all of its output if it fails.
 *
 * @param {string} name
 * @returns {boolean}
 */
function passes(name) {
  const log = join(temporary, name);
  const output = openSync(log, 'w');
  const start = performance.now();
  const passed = (STEPS[name] ?? []).every(([program, ...args]) => {
    return runNode(program, args, { stdio: ['ignore', output, output] }) === 0;
  });
  closeSync(output);

  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${passed ? 'ok    ' : 'FAILED'} ${name.padEnd(10)} ${seconds.padStart(6)} s`);
  if (!passed) console.log(readFileSync(log, 'utf8'));
  return passed;
}
