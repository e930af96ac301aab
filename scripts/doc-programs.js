// Compiles and runs every `ts` block of README.md and docs/*.md: each is a whole program that exits with 0, or part of an example,
// which is run as such.
import './setup.js';

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

import { findPrograms } from './support/included-code.js';
import { ROOT, displayPath, filesBelow } from './support/paths.js';
import { TOOLS, exitOnFailure, run, runNode } from './support/run.js';

/** In milliseconds, for one program. */
const TIME_LIMIT = 60_000;

// Inside the repository, so that `millrace` resolves as it does for a user.
const folder = join(ROOT, 'node_modules/.cache/millrace-doc-programs');
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });

const pages = [join(ROOT, 'README.md'), ...filesBelow(join(ROOT, 'docs'))].filter((file) => file.endsWith('.md'));
const programs = pages.flatMap((page) =>
  findPrograms(readFileSync(page, 'utf8')).map((source, index) => ({
    page: displayPath(page),
    name: `${basename(page, '.md')}-${index + 1}`,
    source,
  })),
);
if (programs.length === 0) {
  console.error('There are no programs in README.md and docs/.');
  process.exit(1);
}

for (const { name, source } of programs) writeFileSync(join(folder, `${name}.ts`), source);
writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
writeFileSync(
  join(folder, 'tsconfig.json'),
  JSON.stringify({
    extends: join(ROOT, 'tsconfig.base.json'),
    compilerOptions: {
      composite: false,
      incremental: false,
      isolatedDeclarations: false,
      declaration: false,
      declarationMap: false,
      types: ['node'],
      typeRoots: [join(ROOT, 'node_modules/@types')],
    },
    files: programs.map(({ name }) => `${name}.ts`),
  }),
);
exitOnFailure(runNode(TOOLS.tsc, ['-p', folder]));

for (const { page, name } of programs) {
  console.log(`== ${page}: ${name}`);
  const options = { timeout: TIME_LIMIT };
  if (run(process.execPath, ['--enable-source-maps', join(folder, `${name}.js`)], options) !== 0) {
    console.error(`A program of ${page} failed, or took longer than ${TIME_LIMIT} ms.`);
    process.exit(1);
  }
}
