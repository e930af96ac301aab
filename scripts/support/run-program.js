import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { ROOT } from './paths.js';

/**
 * Runs one of our compiled programs in this process, so that signals, output and exit code are its own.
 *
 * @param {string} program relative to the repository
 */
export async function runProgram(program) {
  const path = join(ROOT, program);
  if (!existsSync(path)) {
    console.error(`There is no ${program}.`);
    process.exit(1);
  }

  process.setSourceMapsEnabled(true);
  process.argv[1] = path;
  await import(pathToFileURL(path).href);
}
