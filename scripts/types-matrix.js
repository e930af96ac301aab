// Compiles programs against the types of the packed library, as its users do: with several versions of TypeScript, ways to find modules, and libraries.
//   npm run types-matrix                what CI compiles, and runs what comes out
//   npm run types-matrix -- --all       each version in each project
import './setup.js';

import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { ROOT } from './support/paths.js';
import { exitOnFailure, run, runNode, runNpm } from './support/run.js';

/** The oldest that we support, to the newest. @type {Record<string, string>} */
const VERSIONS = { ts57: '5.7.3', ts58: '5.8.3', ts59: '5.9.3', ts60: '6.0.3', ts70: '7.0.2' };

/** In milliseconds, for one run of the compiler. */
const TIME_LIMIT = 180_000;

/** @typedef {{ version: string, lib: 'dom' | 'node' | 'browser', resolution: string, strict: boolean }} Project */

/** What CI compiles: each value beside each other one that it may not go well with, in its strictest form. @type {Project[]} */
const CHOSEN = [
  { version: 'ts57', lib: 'dom', resolution: 'node16', strict: true },
  { version: 'ts57', lib: 'node', resolution: 'bundler', strict: true },
  { version: 'ts58', lib: 'node', resolution: 'nodenext', strict: true },
  { version: 'ts59', lib: 'dom', resolution: 'bundler', strict: true },
  { version: 'ts60', lib: 'dom', resolution: 'nodenext', strict: true },
  { version: 'ts60', lib: 'node', resolution: 'node16', strict: false },
  { version: 'ts70', lib: 'dom', resolution: 'node16', strict: true },
  { version: 'ts70', lib: 'node', resolution: 'nodenext', strict: true },
];

const temporary = mkdtempSync(join(tmpdir(), 'millrace-types-'));
try {
  process.exitCode = await main();
} finally {
  rmSync(temporary, { recursive: true, force: true });
}

/** @returns {Promise<number>} the exit code */
async function main() {
  const packed = join(ROOT, 'packages/millrace/dist/package');
  exitOnFailure(runNode('scripts/package.js'));
  const compilers = installCompilers();
  cpSync(packed, join(temporary, 'node_modules/millrace'), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules/@types'), join(temporary, 'node_modules/@types'));
  symlinkSync(join(ROOT, 'node_modules/undici-types'), join(temporary, 'node_modules/undici-types'));

  const projects = process.argv.includes('--all') ? allProjects() : CHOSEN;
  const faults = await inParallel(projects.map((project) => () => compile(project, compilers)));
  for (const fault of faults.filter((each) => each !== '')) console.error(fault);
  if (faults.some((fault) => fault !== '')) return 1;
  console.log(`${String(projects.length)} projects compile`);
  return runPrograms(projects);
}

/** @returns {Project[]} each version in each kind of project */
function allProjects() {
  return Object.keys(VERSIONS).flatMap((version) =>
    /** @type {const} */ (['dom', 'node']).flatMap((lib) =>
      ['nodenext', 'node16', 'bundler'].flatMap((resolution) =>
        [true, false].map((strict) => ({ version, lib, resolution, strict })),
      ),
    ),
  );
}

/** @returns {string} the folder with all compilers, which stays for the next time */
function installCompilers() {
  const folder = join(ROOT, 'node_modules/.cache/millrace-types');
  const wanted = Object.entries(VERSIONS).map(([name, version]) => `${name}@npm:typescript@${version}`);
  const isThere = Object.entries(VERSIONS).every(([name, version]) => {
    const manifest = join(folder, 'node_modules', name, 'package.json');
    return existsSync(manifest) && readFileSync(manifest, 'utf8').includes(`"version": "${version}"`);
  });
  if (isThere) return folder;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  exitOnFailure(runNpm(['install', '--no-audit', '--no-fund', '--loglevel=warn', ...wanted], { cwd: folder }));
  return folder;
}

/**
 * Compiles one project.
 *
 * @param {Project} project
 * @param {string} compilers
 * @returns {Promise<string>} what is wrong; empty if nothing is
 */
function compile(project, compilers) {
  const { version } = project;
  const folder = folderOf(project);
  mkdirSync(folder, { recursive: true });
  const files = programsOf(project);
  for (const file of files) cpSync(join(ROOT, 'scripts/types-matrix', file), join(folder, file));
  const compilerOptions = optionsOf(project);
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
  const compiler = join(compilers, 'node_modules', version, 'bin/tsc');
  return new Promise((resolve) => {
    execFile(process.execPath, [compiler, '-p', folder], { timeout: TIME_LIMIT }, (error, stdout, stderr) => {
      resolve(error === null ? '' : `${nameOf(project)}: ${error.message}\n${stdout}${stderr}`);
    });
  });
}

/**
 * @param {Project} project
 * @returns {string[]} the programs that it has
 */
function programsOf({ lib, resolution }) {
  const both = resolution === 'bundler' ? [] : ['common.cts', 'module.mts'];
  return ['platform.mts', ...both, ...(lib === 'dom' ? ['web.mts'] : [])];
}

/** @param {Project} project */
function optionsOf({ lib, resolution, strict }) {
  return {
    target: 'ES2022',
    lib: lib === 'dom' ? ['ES2023', 'DOM'] : ['ES2023'],
    module: resolution === 'bundler' ? 'preserve' : resolution,
    moduleResolution: resolution,
    strict: true,
    exactOptionalPropertyTypes: strict,
    skipLibCheck: !strict,
    types: ['node'],
    outDir: 'out',
    rootDir: '.',
  };
}

/**
 * Runs what came out of the first project for each way to find modules.
 *
 * @param {Project[]} projects
 * @returns {number} the exit code
 */
function runPrograms(projects) {
  const programs = projects
    .filter(({ resolution }, index) => projects.findIndex((other) => other.resolution === resolution) === index)
    .flatMap((project) =>
      programsOf(project)
        .filter((file) => file === 'platform.mts' || file === 'module.mts')
        .map((file) => join(folderOf(project), 'out', file.replace('.mts', '.mjs'))),
    );
  const failed = programs.filter(
    (program) => run(process.execPath, [program], { timeout: TIME_LIMIT, cwd: dirname(program) }) !== 0,
  );
  for (const program of failed) console.error(`${program} fails`);
  return failed.length > 0 ? 1 : 0;
}

/**
 * @param {Project} project
 * @returns {string}
 */
function nameOf({ version, lib, resolution, strict }) {
  return [version, lib, resolution, strict ? 'strict' : 'lenient'].join('-');
}

/**
 * @param {Project} project
 * @returns {string}
 */
function folderOf(project) {
  return join(temporary, nameOf(project));
}

/**
 * @template T
 * @param {(() => Promise<T>)[]} jobs
 * @returns {Promise<T[]>} their results, in order
 */
async function inParallel(jobs) {
  /** @type {T[]} */
  const results = [];
  const waiting = [...jobs.entries()];
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) results[next[0]] = await next[1]();
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return results;
}
