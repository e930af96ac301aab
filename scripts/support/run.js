import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

import { ROOT } from './paths.js';

/** The programs of the tools, so that they can be started by the Node that runs the script. */
export const TOOLS = {
  attw: 'node_modules/@arethetypeswrong/cli/dist/index.js',
  c8: 'node_modules/c8/bin/c8.js',
  depcruise: 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs',
  eslint: 'node_modules/eslint/bin/eslint.js',
  prettier: 'node_modules/prettier/bin/prettier.cjs',
  publint: 'node_modules/publint/src/cli.js',
  tsc: 'node_modules/typescript/bin/tsc',
};

/**
 * Runs a Node program to its end, with our own output and, unless told otherwise, in the repository.
 *
 * @param {string} program relative to the repository
 * @param {string[]} [args]
 * @param {import('node:child_process').SpawnSyncOptions} [options]
 * @returns {number} its exit code; 1 when a signal or the time limit ended it
 */
export function runNode(program, args = [], options = {}) {
  return run(process.execPath, [join(ROOT, program), ...args], options);
}

/**
 * Runs npm to its end, with our own output and, unless told otherwise, in the repository.
 *
 * @param {string[]} args
 * @param {import('node:child_process').SpawnSyncOptions} [options]
 * @returns {number} its exit code
 */
export function runNpm(args, options = {}) {
  return run('npm', args, { shell: process.platform === 'win32', ...options });
}

/**
 * Runs a program to its end.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {import('node:child_process').SpawnSyncOptions} options
 * @returns {number} its exit code; 1 when a signal or the time limit ended it
 */
export function run(command, args, options) {
  const { status, error } = spawnSync(command, args, { cwd: ROOT, stdio: 'inherit', ...options });
  if (error !== undefined) console.error(error.message);
  return status ?? 1;
}

/**
 * Ends this process unless the step before it succeeded.
 *
 * @param {number} exitCode
 */
export function exitOnFailure(exitCode) {
  if (exitCode !== 0) process.exit(exitCode);
}
