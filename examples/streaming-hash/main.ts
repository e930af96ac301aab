// Runs each client of this folder against its server, in two processes, and compares what they print.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { runMain } from '../support/program.ts';

const PAIRS = [
  ['message-based-server', 'message-based-client'],
  ['frame-based-server', 'frame-based-client'],
  ['streaming-server', 'streaming-client'],
  ['streaming-server', 'streaming-producer-client'],
] as const;

/** A program of this folder in a process of its own. */
class Program {
  readonly #name: string;
  readonly #ended: Promise<unknown[]>;
  readonly #lines: AsyncIterator<string>;

  constructor(name: string, url: string) {
    const here = fileURLToPath(import.meta.url);
    const file = here.replace(/main(\.[jt]s)$/, `${name}$1`);
    const child = spawn(process.execPath, [file, '--url', url], { stdio: ['ignore', 'pipe', 'inherit'] });
    process.once('exit', () => child.kill());

    this.#name = name;
    this.#ended = once(child, 'close');
    this.#lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  }

  /** The next line that it prints. */
  async readLine(): Promise<string> {
    const line = await this.#lines.next();
    if (line.done === true) throw new Error(`${this.#name} has ended`);
    return line.value;
  }

  /** What it prints from here to its end, which has to be a good one. */
  async readDigests(): Promise<string[]> {
    const digests: string[] = [];
    for (let line = await this.#lines.next(); line.done !== true; line = await this.#lines.next()) {
      digests.push(...(/[0-9a-f]{64}/.exec(line.value) ?? []));
    }

    const [exitCode] = await this.#ended;
    if (exitCode !== 0) throw new Error(`${this.#name} ended with ${String(exitCode)}`);
    return digests;
  }
}

runMain(import.meta.url, async () => {
  for (const [serverName, clientName] of PAIRS) {
    const server = new Program(serverName, 'ws://127.0.0.1:0');
    const [, url = ''] = /^Listening on (.*)$/.exec(await server.readLine()) ?? [];
    const client = new Program(clientName, url);

    const [sent, received] = await Promise.all([server.readDigests(), client.readDigests()]);
    if (received.length === 0 || sent.join() !== received.join()) {
      throw new Error(`${serverName} sent ${sent.join()}, but ${clientName} received ${received.join()}`);
    }
    console.log(`${clientName}: ${received.length} digests are those that ${serverName} sent`);
  }
});
