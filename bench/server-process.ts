import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

import type { Peer } from './peers.ts';
import { pinned, type Pinning } from './pinning.ts';
import type { Mode } from './workloads.ts';

/** How long a server may take to listen, or to collect its garbage, in milliseconds. */
const PATIENCE = 20_000;

/** Where and as what a server is started. */
export interface ServerSetup {
  readonly peer: Peer;
  readonly mode: Mode;
  readonly pinning: Pinning;
  /** More options of Node. */
  readonly nodeOptions: readonly string[];
}

/** A peer at work, in a process of its own on a processor of its own. */
export class ServerProcess {
  readonly port: number;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  #errors = '';
  readonly #lines: AsyncIterator<string>;

  private constructor(port: number, { peer, mode, pinning, nodeOptions }: ServerSetup) {
    this.port = port;
    const [program = '', ...options] = peer.command;
    const own = program === process.execPath ? nodeOptions : [];
    const args = [program, ...own, ...options, String(port), mode, peer.variant ?? ''];
    const [command = '', ...rest] = pinned(args, pinning.server);
    this.#child = spawn(command, rest, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...peer.environment },
    });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#errors += text));
    this.#child.stdin.on('error', () => undefined);
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** Starts a peer, and waits until it listens. */
  static async start(setup: ServerSetup): Promise<ServerProcess> {
    const server = new ServerProcess(await freePort(), setup);
    await server.#expect('ready');
    return server;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** What it wrote on standard error, in one line. */
  get errors(): string {
    return this.#errors.trim().split('\n').slice(-3).join(' · ');
  }

  /** Has it collect its garbage. */
  async collectGarbage(): Promise<void> {
    this.#child.stdin.write('gc\n');
    await this.#expect('gc');
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, 'exit');
    this.#child.stdin.end();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), PATIENCE);
    await exit;
    clearTimeout(timer);
  }

  async #expect(line: string): Promise<void> {
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), PATIENCE);
    const said = await this.#lines.next();
    clearTimeout(timer);
    if (said.done !== true && said.value === line) return;
    await this.stop();
    throw new Error(`the server did not say ${line}: ${this.errors}`);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
