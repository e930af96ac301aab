// Packs each package as it would be published, looks at the tarballs, installs them elsewhere and uses them.
import './setup.js';

import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ROOT, filesBelow } from './support/paths.js';
import { TOOLS, run, runNode, runNpm } from './support/run.js';

/** Each package, and for which loaders it is. */
const PACKAGES = [
  { folder: 'packages/millrace/dist/package', profile: 'node16' },
  { folder: 'packages/conformance', profile: 'esm-only' },
  { folder: 'packages/ws/dist/package', profile: 'node16' },
  { folder: 'packages/topics', profile: 'esm-only' },
];

/** What the library may be at most: files, and bytes as it is packed. */
const MAX_FILES = 120;
const MAX_SIZE = 250_000;

/** Tests a server of the packed library with the packed command, and looks at its page. */
const COMMAND_TEST = `
import { spawnSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';

const command = 'node_modules/.bin/millrace-conformance';
if (spawnSync(command, ['--help']).status !== 0) throw new Error('no help');
const { WebSocketServerFactory, WebSocketServerProtocol, listenWS } = await import('millrace');
class Echo extends WebSocketServerProtocol {
  onMessage(payload, binary) {
    this.sendMessage(payload, { binary });
  }
}
const listener = await listenWS(new WebSocketServerFactory(undefined, { protocol: Echo, port: 0, host: '127.0.0.1' }));
const args = ['server', listener.url, '--cases', '1.1.*,20.1.1', '--report', 'page.html'];
const [code] = await once(spawn(command, args, { stdio: 'inherit' }), 'exit');
if (code !== 0) throw new Error('the command ended with ' + code);
const page = readFileSync('page.html', 'utf8');
for (const part of ['--paper', 'renderMatrix', '"id":"20.1.1","verdict":"ok"']) {
  if (!page.includes(part)) throw new Error('the page is without ' + part);
}
process.exit();
`;

/** Two copies of the library in one process would be two classes of each name. */
const COPIES_TEST = `
const names = Object.keys(require('millrace'));
import('millrace').then((imported) => {
  const twice = names.filter((name) => imported[name] !== require('millrace')[name]);
  if (names.length === 0 || twice.length > 0) throw new Error('two copies: ' + twice);
});
`;

const temporary = mkdtempSync(join(tmpdir(), 'millrace-package-'));

try {
  process.exitCode = check();
} finally {
  rmSync(temporary, { recursive: true, force: true });
}

/** @returns {number} the exit code */
function check() {
  if (runNode('scripts/package.js') !== 0) return 1;
  const packed = PACKAGES.map(({ folder, profile }) => ({ tarball: pack(folder), profile }));
  const tarballs = packed.map(({ tarball }) => tarball);
  const consumer = createConsumer();
  const steps = [
    () => judgeSize(tarballs[0] ?? ''),
    ...packed.flatMap(({ tarball, profile }) => [
      () => runNode(TOOLS.publint, [tarball, '--strict']),
      () => runNode(TOOLS.attw, [tarball, '--profile', profile]),
    ]),
    () => runNpm(['install', '--offline', '--no-audit', '--no-fund', ...tarballs], { cwd: consumer }),
    () => runNode(TOOLS.tsc, ['-p', consumer]),
    () => run(process.execPath, ['import.mjs'], { cwd: consumer }),
    () => run(process.execPath, ['require.cjs'], { cwd: consumer }),
    () => run(process.execPath, ['copies.cjs'], { cwd: consumer }),
    () => run(process.execPath, ['command.mjs'], { cwd: consumer }),
  ];
  return steps.every((step) => step() === 0) ? 0 : 1;
}

/**
 * @param {string} folder
 * @returns {string} the tarball
 */
function pack(folder) {
  const before = new Set(readdirSync(temporary));
  const args = ['pack', '--loglevel=warn', `--pack-destination=${temporary}`];
  if (runNpm(args, { cwd: join(ROOT, folder) }) !== 0) throw new Error(`${folder} cannot be packed`);
  const made = readdirSync(temporary).find((name) => !before.has(name));
  return join(temporary, made ?? '');
}

/**
 * @param {string} tarball of the library
 * @returns {number} the exit code
 */
function judgeSize(tarball) {
  const { size } = statSync(tarball);
  const files = filesBelow(join(ROOT, 'packages/millrace/dist/package')).length;
  console.log(`the library is ${String(size)} bytes packed, in ${String(files)} files`);
  return size <= MAX_SIZE && files <= MAX_FILES ? 0 : 1;
}

/**
 * What the packages import from elsewhere, optional peers too, as it is installed here: nothing is fetched.
 *
 * @returns {Record<string, string>}
 */
function dependencies() {
  const own = new Set(PACKAGES.map(({ folder }) => manifestOf(folder).name));
  const names = PACKAGES.flatMap(({ folder }) => {
    const { dependencies, peerDependencies } = manifestOf(folder);
    return Object.keys({ ...dependencies, ...peerDependencies });
  });
  const foreign = names.filter((name) => !own.has(name));
  return Object.fromEntries(foreign.map((name) => [name, `file:${join(ROOT, 'node_modules', name)}`]));
}

/**
 * @typedef {{ name: string, exports: Record<string, unknown>, dependencies?: Record<string, string>, peerDependencies?: Record<string, string> }} Manifest
 */

/**
 * @param {string} folder
 * @returns {Manifest}
 */
function manifestOf(folder) {
  /** @type {Manifest} */
  const manifest = JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8'));
  return manifest;
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
  const manifest = { private: true, dependencies: dependencies() };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  writeFileSync(join(folder, 'command.mjs'), COMMAND_TEST);
  writeFileSync(join(folder, 'copies.cjs'), COPIES_TEST);
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['types.mts', 'types.cts'] }));
  writeFileSync(
    join(folder, 'types.mts'),
    lines(names, (name, index) => `export type * as entry${index} from '${name}';`),
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
  return PACKAGES.flatMap(({ folder }) => {
    const { name, exports } = manifestOf(folder);
    const paths = Object.keys(exports).filter((path) => !path.endsWith('.json'));
    return paths.map((path) => name + path.slice(1));
  });
}

/**
 * @param {string[]} names
 * @param {(name: string, index: number) => string} statement
 * @returns {string}
 */
function lines(names, statement) {
  return names.map((name, index) => `${statement(name, index)}\n`).join('');
}
