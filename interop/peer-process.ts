import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

import { parseHello, parseReport } from './peer-lines.ts';
import type { Hello } from './peer-lines.ts';
import type { Report, Task } from './test-case.ts';
import { withTimeout } from './timeout.ts';

/** In milliseconds: a program says hello within it. */
const START_TIMEOUT = 60_000;

/** In milliseconds: a program whose stdin has ended is gone within it, or killed. */
const STOP_TIMEOUT = 5_000;

/** How much of what a program writes on stderr is kept, in characters: the end of it. */
const STDERR_SIZE = 2_000;

/** How a program is started. */
export interface PeerCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

interface Waiting<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

const running = new Set<PeerProcess>();
process.on('exit', () => {
  for (const one of running) one.kill();
});

/** A peer's program. It does not outlive this process, which holds its stdin: when that ends, so does the program. */
export class PeerProcess {
  readonly #process: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #ended: Promise<void>;
  readonly #reports = new Map<string, Waiting<Report>>();
  #waitingForHello: Waiting<Hello> | undefined;
  #stderr = '';
  #failure: Error | undefined;

  private constructor({ command, args, env }: PeerCommand) {
    // In a process group of its own, to be ended together with what it has started.
    this.#process = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], detached: true, env });
    running.add(this);
    this.#process.stdin.on('error', () => {}); // the program has ended: that is told below
    this.#process.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_SIZE);
    });
    createInterface({ input: this.#process.stdout }).on('line', (line) => this.#take(line));
    this.#ended = new Promise((resolve) => {
      this.#process.once('error', (error) => this.#end(error.message, resolve));
      this.#process.once('close', (code, signal) => this.#end(signal ?? `exit code ${code}`, resolve));
    });
  }

  /**
   * Starts a program, and waits until it says hello.
   *
   * @throws {Error} it does not
   */
  static async start(command: PeerCommand): Promise<[PeerProcess, Hello]> {
    const peer = new PeerProcess(command);
    try {
      const hello = new Promise<Hello>((resolve, reject) => {
        peer.#waitingForHello = { resolve, reject };
      });
      return [peer, await withTimeout(hello, START_TIMEOUT, () => 'The program said nothing')];
    } catch (error) {
      peer.kill();
      throw error;
    }
  }

  /** Has a client carry out a task. */
  assign(task: Task): void {
    this.#process.stdin.write(`${JSON.stringify(task)}\n`);
  }

  /**
   * Waits for the report on a task.
   *
   * @throws {Error} the program has ended
   */
  report(id: string): Promise<Report> {
    const report = new Promise<Report>((resolve, reject) => {
      if (this.#failure === undefined) this.#reports.set(id, { resolve, reject });
      else reject(this.#failure);
    });
    report.catch(() => {}); // may fail before anyone waits for it
    return report;
  }

  /** Ends it, in an orderly way if it can. */
  async stop(): Promise<void> {
    this.#process.stdin.end();
    await withTimeout(this.#ended, STOP_TIMEOUT, () => 'The program did not end').catch(() => this.kill());
  }

  /** Ends it, and what it has started, at once. */
  kill(): void {
    const { pid } = this.#process;
    try {
      if (pid !== undefined) process.kill(-pid, 'SIGKILL');
    } catch {
      // It has ended.
    }
  }

  #take(line: string): void {
    try {
      if (this.#waitingForHello === undefined) {
        const report = parseReport(line);
        this.#reports.get(report.id)?.resolve(report);
        this.#reports.delete(report.id);
      } else {
        this.#waitingForHello.resolve(parseHello(line));
        this.#waitingForHello = undefined;
      }
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #end(how: string, resolve: () => void): void {
    running.delete(this);
    this.#fail(new Error(`The program ended (${how}): ${this.#stderr.trim()}`));
    resolve();
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#waitingForHello?.reject(error);
    for (const { reject } of this.#reports.values()) reject(error);
    this.#reports.clear();
  }
}
