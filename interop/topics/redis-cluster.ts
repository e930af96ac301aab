import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { findFreePort, run, start, stop, waitForListener, type Program } from '../tunnel/program.ts';

/** How many servers share the slots. */
const SERVERS = 3;

/** Of a cluster. */
const SLOTS = 16_384;

interface ClusterServer {
  readonly port: number;
  readonly program: Program;
}

/** A Redis cluster of our own. */
export class RedisCluster {
  readonly #servers: readonly ClusterServer[];

  private constructor(servers: readonly ClusterServer[]) {
    this.#servers = servers;
  }

  static async start(folder: string): Promise<RedisCluster> {
    const servers = await Promise.all(
      Array.from({ length: SERVERS }, (_, index) => startServer(join(folder, `server-${index}`))),
    );
    const cluster = new RedisCluster(servers);
    const addresses = servers.map(({ port }) => `127.0.0.1:${port}`);
    await run('redis-cli', ['--cluster', 'create', ...addresses, '--cluster-yes']);
    while (!(await cluster.command(0, 'CLUSTER', 'INFO')).includes('cluster_state:ok')) await delay(20);
    return cluster;
  }

  get ports(): readonly number[] {
    return this.#servers.map(({ port }) => port);
  }

  /** Has a server do something, and gives what it says. */
  async command(server: number, ...args: string[]): Promise<string> {
    const port = this.#serverAt(server).port;
    return String(await run('redis-cli', ['-h', '127.0.0.1', '-p', String(port), ...args])).trim();
  }

  /** Moves the slot of a key to the next server, with all that is in it. */
  async migrate(key: string): Promise<void> {
    const slot = Number(await this.command(0, 'CLUSTER', 'KEYSLOT', key));
    const ids = await Promise.all(this.ports.map((_, index) => this.command(index, 'CLUSTER', 'MYID')));
    const from = await this.#ownerOf(slot);
    const to = (from + 1) % SERVERS;
    const [fromId = '', toId = ''] = [ids[from], ids[to]];
    await this.command(to, 'CLUSTER', 'SETSLOT', String(slot), 'IMPORTING', fromId);
    await this.command(from, 'CLUSTER', 'SETSLOT', String(slot), 'MIGRATING', toId);
    const port = String(this.#serverAt(to).port);
    for (;;) {
      const keys = (await this.command(from, 'CLUSTER', 'GETKEYSINSLOT', String(slot), '100'))
        .split('\n')
        .filter(Boolean);
      if (keys.length === 0) break;
      await this.command(from, 'MIGRATE', '127.0.0.1', port, '', '0', '5000', 'KEYS', ...keys);
    }
    for (const server of [to, from, 3 - to - from]) {
      await this.command(server, 'CLUSTER', 'SETSLOT', String(slot), 'NODE', toId);
    }
  }

  async stop(): Promise<void> {
    await Promise.all(
      this.#servers.map(({ program }) => {
        program.kill('SIGKILL');
        return stop(program);
      }),
    );
  }

  async #ownerOf(slot: number): Promise<number> {
    if (!(slot >= 0 && slot < SLOTS)) throw new Error(`${slot} is no slot`);
    for (const index of this.ports.keys()) {
      const nodes = await this.command(index, 'CLUSTER', 'NODES');
      const myself = nodes.split('\n').find((line) => line.includes('myself')) ?? '';
      const ranges = myself
        .split(' ')
        .slice(8)
        .filter((range) => !range.startsWith('['));
      const isOwner = ranges.some((range) => {
        const [first = 0, last = first] = range.split('-').map(Number);
        return slot >= first && slot <= last;
      });
      if (isOwner) return index;
    }
    throw new Error(`nobody has slot ${slot}`);
  }

  #serverAt(index: number): ClusterServer {
    const server = this.#servers[index];
    if (server === undefined) throw new Error(`there is no server ${index}`);
    return server;
  }
}

async function startServer(folder: string): Promise<ClusterServer> {
  mkdirSync(folder, { recursive: true });
  const [port, busPort] = [await findFreePort(), await findFreePort()];
  const program = start('redis-server', [
    ...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no'],
    ...['--cluster-enabled', 'yes', '--cluster-port', String(busPort), '--cluster-node-timeout', '2000'],
  ]);
  await waitForListener({ port, host: '127.0.0.1' });
  return { port, program };
}
