// Proxies that a client goes through, as data.
import { spawnSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { findFreePort, start, stop, waitForListener, type Program } from '../tunnel/program.ts';
import type { ProxiedWay } from './proxy-cases.ts';
import { startServer, writeConfig, type Certificate } from './servers.ts';

/** What a proxy is started with. */
export interface Surroundings {
  /** A folder of its own. */
  readonly folder: string;
  readonly certificate: Certificate;
}

/** Proxies at work, with the ways through them. */
export interface Ways {
  readonly ways: readonly ProxiedWay[];
  readonly close: () => Promise<void>;
}

/** A kind of proxy. */
export interface ProxyKind {
  readonly name: string;
  readonly open: (surroundings: Surroundings) => Promise<Ways>;
}

const CREDENTIALS = 'ada:lovelace';

/** All that a client goes through. */
export const FORWARD_PROXIES: readonly ProxyKind[] = [
  { name: '→ squid', open: (surroundings) => openForward(surroundings, startSquid, 'http') },
  { name: '→ tinyproxy', open: (surroundings) => openForward(surroundings, startTinyproxy, 'http') },
  { name: '→ microsocks', open: (surroundings) => openForward(surroundings, startMicrosocks, 'socks5') },
];

type StartProxy = (folder: string, port: number, targets: readonly number[]) => Program;

async function openForward(
  { folder, certificate }: Surroundings,
  startProxy: StartProxy,
  scheme: 'http' | 'socks5',
): Promise<Ways> {
  const servers = [await startServer(), await startServer({ tls: certificate })] as const;
  const port = await findFreePort();
  const program = startProxy(
    folder,
    port,
    servers.map((server) => server.port),
  );
  await waitForListener({ host: '127.0.0.1', port });
  const options = { proxy: `${scheme}://${CREDENTIALS}@127.0.0.1:${port}`, tls: { ca: certificate.cert } };
  const ways = servers.map((server, index) => ({
    url: `${index === 0 ? 'ws' : 'wss'}://localhost:${server.port}/`,
    options,
    seen: { encrypted: index === 1, peer: /^127\.0\.0\.1:\d+$/ },
    readsOrWrites: scheme === 'socks5',
  }));
  const close = async (): Promise<void> => {
    await stop(program);
    for (const server of servers) await server.close();
  };
  return { ways, close };
}

function startSquid(folder: string, port: number, targets: readonly number[]): Program {
  const passwords = join(folder, 'passwords');
  const [user = '', password = ''] = CREDENTIALS.split(':');
  const { stdout } = spawnSync('openssl', ['passwd', '-apr1', password], { encoding: 'utf8' });
  writeFileSync(passwords, `${user}:${stdout}`);
  // It gives up root's rights.
  chmodSync(folder, 0o755);
  const quiet = ['pid_filename none', 'access_log none', 'cache_log /dev/null', 'shutdown_lifetime 0 seconds', ''];
  const changes = { '3128': String(port), '/etc/squid/passwords': passwords, '9000': targets.join(' ') };
  return start('squid', ['-N', '-f', writeConfig(folder, 'squid.conf', changes, quiet.join('\n'))]);
}

function startTinyproxy(folder: string, port: number, targets: readonly number[]): Program {
  const changes = {
    '8888': String(port),
    'ConnectPort 9000': targets.map((target) => `ConnectPort ${target}`).join('\n'),
  };
  return start('tinyproxy', ['-d', '-c', writeConfig(folder, 'tinyproxy.conf', changes)]);
}

function startMicrosocks(_: string, port: number): Program {
  const [user = '', password = ''] = CREDENTIALS.split(':');
  return start('microsocks', ['-i', '127.0.0.1', '-p', String(port), '-u', user, '-P', password]);
}
