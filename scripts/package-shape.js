// Packs the library as it would be published, looks at the tarball, installs it elsewhere and uses it.
import './setup.js';

import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ROOT } from './support/paths.js';
import { TOOLS, run, runNode, runNpm } from './support/run.js';

const packageFolder = join(ROOT, 'packages/millrace');
const temporary = mkdtempSync(join(tmpdir(), 'millrace-package-'));

try {
  process.exitCode = check();
} finally {
  rmSync(temporary, { recursive: true, force: true });
}

/** @returns {number} the exit code */
function check() {
  if (runNpm(['pack', '--loglevel=warn', `--pack-destination=${temporary}`], { cwd: packageFolder }) !== 0) return 1;
  const tarball = join(temporary, readdirSync(temporary)[0] ?? '');

  const consumer = createConsumer();
  const steps = [
    () => runNode(TOOLS.publint, [tarball, '--strict']),
    () => runNode(TOOLS.attw, [tarball, '--profile', 'esm-only']),
    () => runNpm(['install', '--offline', '--no-audit', '--no-fund', tarball], { cwd: consumer }),
    () => runNode(TOOLS.tsc, ['-p', consumer]),
    () => run(process.execPath, ['import.mjs'], { cwd: consumer }),
    () => run(process.execPath, ['require.cjs'], { cwd: consumer }),
  ];
  return steps.every((step) => step() === 0) ? 0 : 1;
}

/**
 * A project that takes every entry point, in each way it can be taken.
 *
 * @returns {string} its folder
 */
function createConsumer() {
  const folder = join(temporary, 'consumer');
  const names = entryPoints();
  const compilerOptions = {
    target: 'ES2023',
    module: 'NodeNext',
    strict: true,
    noEmit: true,
    types: ['node'],
    typeRoots: [join(ROOT, 'node_modules/@types')],
  };

  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['types.mts', 'types.cts'] }));
  writeFileSync(
    join(folder, 'types.mts'),
    lines(names, (name) => `export type * from '${name}';`),
  );
  writeFileSync(
    join(folder, 'types.cts'),
    lines(names, (name) => `import '${name}';`),
  );
  writeFileSync(
    join(folder, 'import.mjs'),
    lines(names, (name) => `await import('${name}');`),
  );
  writeFileSync(
    join(folder, 'require.cjs'),
    lines(names, (name) => `require('${name}');`),
  );
  return folder;
}

/** @returns {string[]} what an application may import */
function entryPoints() {
  /** @type {{ name: string, exports: Record<string, unknown> }} */
  const manifest = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8'));
  return Object.keys(manifest.exports).map((path) => manifest.name + path.slice(1));
}

/**
 * @param {string[]} names
 * @param {(name: string) => string} statement
 * @returns {string}
 */
function lines(names, statement) {
  return names.map((name) => `${statement(name)}\n`).join('');
}
