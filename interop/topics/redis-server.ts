import { mkdirSync, copyFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

import { run, start, stop, waitForListener, type Program } from '../tunnel/program.ts';

/** How a Redis keeps what it has. */
export type Persistence = 'append only file' | 'nothing';

/** A Redis of our own, which can be made to fail. */
export class RedisServer {
  readonly port: number;
  readonly #folder: string;
  readonly #persistence: Persistence;
  #program: Program | undefined;

  private constructor(folder: string, port: number, persistence: Persistence) {
    this.#folder = folder;
    this.port = port;
    this.#persistence = persistence;
  }

  static async start(folder: string, persistence: Persistence): Promise<RedisServer> {
    mkdirSync(folder, { recursive: true });
    const server = new RedisServer(folder, await findPort(), persistence);
    await server.restart();
    return server;
  }

  /** Starts it again, with what it has kept. */
  async restart(): Promise<void> {
    const appends = this.#persistence === 'append only file' ? ['yes', '--appendfsync', 'always'] : ['no'];
    this.#program = start('redis-server', [
      ...['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.#folder, '--save', ''],
      ...['--enable-debug-command', 'yes', '--appendonly', ...appends],
    ]);
    await waitForListener({ port: this.port, host: '127.0.0.1' });
    await this.#untilLoaded();
  }

  /** Ends it as a crash does. */
  async kill(): Promise<void> {
    this.#program?.kill('SIGKILL');
    if (this.#program !== undefined) await stop(this.#program);
  }

  /** Stops it: connections stay, and nothing answers. */
  freeze(): void {
    this.#program?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#program?.kill('SIGCONT');
  }

  /** Has it do something, and gives what it says. */
  async command(...args: string[]): Promise<string> {
    return String(await run('redis-cli', ['-h', '127.0.0.1', '-p', String(this.port), ...args])).trim();
  }

  /** Keeps what it has now aside. */
  async save(): Promise<void> {
    await this.command('SAVE');
    copyFileSync(join(this.#folder, 'dump.rdb'), join(this.#folder, 'kept.rdb'));
  }

  /** Has it go back to what was kept aside. It must not run. */
  goBack(): void {
    copyFileSync(join(this.#folder, 'kept.rdb'), join(this.#folder, 'dump.rdb'));
  }

  /** Has it forget what is on the disk. It must not run. */
  forget(): void {
    rmSync(join(this.#folder, 'dump.rdb'), { force: true });
  }

  async stop(): Promise<void> {
    this.thaw();
    await this.kill();
  }

  async #untilLoaded(): Promise<void> {
    while ((await this.command('PING').catch(() => '')) !== 'PONG') {
      await new Promise((resolve) => {
        setTimeout(resolve, 10);
      });
    }
  }
}

/** Finds a port that nobody listens on. */
function findPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (typeof address === 'object' && address !== null) resolve(address.port);
        else reject(new Error('there is no port'));
      });
    });
  });
}
