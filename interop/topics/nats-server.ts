import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { connect, type NatsConnection } from '@nats-io/transport-node';

import { findFreePort, start, stop, waitForListener, type Program } from '../tunnel/program.ts';

/** A NATS of our own, with JetStream, which can be made to fail. */
export class NatsServer {
  readonly port: number;
  readonly #folder: string;
  #program: Program | undefined;

  private constructor(folder: string, port: number) {
    this.#folder = folder;
    this.port = port;
  }

  get #store(): string {
    return join(this.#folder, 'store');
  }

  static async start(folder: string): Promise<NatsServer> {
    mkdirSync(folder, { recursive: true });
    const server = new NatsServer(folder, await findFreePort());
    await server.restart();
    return server;
  }

  /** Starts it again, with what it has kept. */
  async restart(): Promise<void> {
    const args = ['-a', '127.0.0.1', '-p', String(this.port), '-js', '-sd', this.#store];
    this.#program = start('nats-server', args);
    await waitForListener({ port: this.port, host: '127.0.0.1' });
  }

  /** Makes a connection as an application does. */
  connect(port: number = this.port): Promise<NatsConnection> {
    return connect({ servers: `127.0.0.1:${port}`, maxReconnectAttempts: -1, reconnectTimeWait: 50, timeout: 1000 });
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

  /** Has it lose all that it has. It must not run. */
  forget(): void {
    rmSync(this.#store, { recursive: true, force: true });
  }

  /** Keeps what it has aside. It must not run. */
  save(): void {
    cpSync(this.#store, join(this.#folder, 'kept'), { recursive: true });
  }

  /** Has it go back to what was kept aside. It must not run. */
  goBack(): void {
    this.forget();
    cpSync(join(this.#folder, 'kept'), this.#store, { recursive: true });
  }

  async deleteStreams(): Promise<void> {
    const connection = await this.connect();
    const ask = async (name: string): Promise<unknown> => {
      return JSON.parse((await connection.request(`$JS.API.STREAM.${name}`, '', { timeout: 5000 })).string());
    };
    const names = await ask('NAMES');
    const streams: unknown = typeof names === 'object' && names !== null && 'streams' in names ? names.streams : [];
    if (!Array.isArray(streams) || streams.length === 0) throw new Error('there is no stream');
    for (const stream of streams) await ask(`DELETE.${String(stream)}`);
    await connection.close();
  }

  async stop(): Promise<void> {
    this.thaw();
    await this.kill();
  }
}
