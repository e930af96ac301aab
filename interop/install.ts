import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import type { Peer } from './peers.ts';

/** The folder with the peers' packages from npm. */
export const INTEROP_FOLDER: string = fileURLToPath(new URL('../', import.meta.url));

/** In milliseconds: other uses of Debian's package manager are waited for, but not for ever. */
const TIME_LIMIT = 300_000;

/**
 * Installs what peers need, as far as it is missing; says so on stderr.
 *
 * @param further packages of Debian that are needed, too
 *
 * @throws {Error} something cannot be installed
 */
export function installPeers(peers: readonly Peer[], further: readonly string[]): void {
  if (peers.some(({ debian }) => debian.length === 0)) installFromNpm();
  installFromDebian([...new Set([...peers.flatMap(({ debian }) => debian), ...further])]);
}

function installFromNpm(): void {
  // npm writes the first of these when all is in its place.
  const installed = modifiedAt('node_modules/.package-lock.json');
  if (installed >= modifiedAt('package-lock.json')) return;

  console.error('Installing the peers of npm …');
  run('npm', ['ci', '--include=optional', '--no-audit', '--no-fund'], INTEROP_FOLDER);
}

function installFromDebian(packages: readonly string[]): void {
  const missing = packages.filter((name) => !isInstalled(name));
  if (missing.length === 0) return;

  if (process.getuid?.() !== 0) {
    throw new Error(
      `These packages of Debian are missing: apt-get install --no-install-recommends ${missing.join(' ')}`,
    );
  }
  console.error(`Installing ${missing.join(', ')} …`);
  run('apt-get', ['-qq', 'update'], '/');
  run(
    'apt-get',
    ['-qq', 'install', '--yes', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=120', ...missing],
    '/',
  );
}

function isInstalled(name: string): boolean {
  const { stdout } = spawnSync('dpkg-query', ['--show', '--showformat=${db:Status-Status}', name], {
    encoding: 'utf8',
  });
  return stdout === 'installed';
}

function modifiedAt(file: string): number {
  return statSync(new URL(`../${file}`, import.meta.url), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function run(command: string, args: readonly string[], cwd: string): void {
  const { status, error } = spawnSync(command, args, {
    cwd,
    stdio: ['ignore', 2, 2],
    timeout: TIME_LIMIT,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed: ${error?.message ?? `exit code ${status}`}`);
}
