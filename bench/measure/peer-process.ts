import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

import { pinned } from './pinning.ts';

/** How long a peer may take to listen or to connect, or to collect its garbage, in milliseconds. */
const PATIENCE = 30_000;

/** How a peer is started. */
export interface PeerCommand {
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly processor: number | undefined;
}

/** A peer at work, in a process of its own on a processor of its own. */
export class PeerProcess {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  #errors = '';
  readonly #lines: AsyncIterator<string>;

  private constructor({ args, environment, processor }: PeerCommand) {
    const [command = '', ...rest] = pinned(args, processor);
    this.#child = spawn(command, rest, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...environment } });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#errors += text));
    this.#child.stdin.on('error', () => undefined);
    this.#child.on('error', (error) => (this.#errors += error.message));
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** Starts a peer, and waits until it listens, or is connected. */
  static async start(command: PeerCommand): Promise<PeerProcess> {
    const peer = new PeerProcess(command);
    await peer.#expect('ready');
    return peer;
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
    if (this.#child.exitCode !== null || this.#child.signalCode !== null || this.#child.pid === undefined) return;
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
    throw new Error(`the peer did not say ${line}: ${this.errors}`);
  }
}

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
