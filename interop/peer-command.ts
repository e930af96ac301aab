import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';

import { INTEROP_FOLDER } from './install.ts';
import type { PeerCommand } from './peer-process.ts';
import type { Peer } from './peers.ts';
import type { Role } from './test-case.ts';

/** Debian's, for which its packages are; another one may come first on the PATH. */
const PYTHON = '/usr/bin/python3';

const HOSTS: Readonly<Record<Peer['host'], (program: string) => readonly [command: string, ...args: string[]]>> = {
  node: (program) => [process.execPath, compiled(program)],
  bun: (program) => [join(INTEROP_FOLDER, 'node_modules/@oven/bun-linux-x64/bin/bun'), compiled(program)],
  deno: (program) => [
    join(INTEROP_FOLDER, 'node_modules/@deno/linux-x64-glibc/deno'),
    'run',
    '--allow-all',
    '--no-remote',
    '--no-lock',
    compiled(program),
  ],
  python: (program) => [PYTHON, '-B', join(INTEROP_FOLDER, 'python', program)],
};

/**
 * How a peer's program is started.
 *
 * @param temporary a folder for whatever it leaves behind
 */
export function createCommand({ host, program }: Peer, role: Role, temporary: string): PeerCommand {
  const [command, ...args] = HOSTS[host](program);
  const folder = mkdtempSync(join(temporary, 'peer-'));
  return {
    command,
    args: [...args, role, folder],
    env: { ...process.env, TMPDIR: folder, DENO_DIR: folder, DENO_NO_UPDATE_CHECK: '1' },
  };
}

function compiled(program: string): string {
  return join(INTEROP_FOLDER, 'dist/peers', program);
}
