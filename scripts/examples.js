// Runs every example: examples/<name>.ts, examples/<name>/main.ts and examples/frameworks/<name>.ts. Each talks to itself and exits with 0.
import './setup.js';

import { join } from 'node:path';

import { ROOT, displayPath, filesBelow } from './support/paths.js';
import { runNode } from './support/run.js';

/** In milliseconds, for one example. */
const TIME_LIMIT = 60_000;

const programs = filesBelow(join(ROOT, 'examples'))
  .map(displayPath)
  .filter((file) => /^examples\/([^/]+|[^/]+\/main|frameworks\/[^/]+)\.ts$/.test(file));

if (programs.length === 0) {
  console.error('There are no examples.');
  process.exit(1);
}

for (const program of programs) {
  console.log(`== ${program}`);
  const compiled = program.replace(/^examples\/(.*)\.ts$/, 'examples/dist/$1.js');
  if (runNode(compiled, [], { timeout: TIME_LIMIT, killSignal: 'SIGKILL' }) !== 0) {
    console.error(`${program} failed, or took longer than ${TIME_LIMIT} ms.`);
    process.exit(1);
  }
}
