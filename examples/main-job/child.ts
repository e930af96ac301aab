import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { UsageError } from '../support/program.ts';
import { NO_REPORT, isReport } from './report.ts';
import type { Report } from './report.ts';

/** How much of what a child writes on stderr is kept, in characters: the end of it. */
const STDERR_SIZE = 8192;

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** A child process, as its parent sees it. It never outlives the parent. */
export class Child {
  /** Its first report; rejects with an error for the user if it ends before that. */
  readonly started: Promise<Report>;
  /** Its last report, which is that it is done; rejects with an error for the user if it ends before that. */
  readonly done: Promise<Report>;
  readonly #process: ChildProcess;
  #latest = NO_REPORT;

  /**
   * @param role how it is called in messages
   * @param program the URL of its module
   * @param onReport called for each of its reports
   */
  constructor(role: string, program: string, args: readonly string[], onReport: () => void) {
    this.#process = fork(fileURLToPath(program), args, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    running.add(this.#process);

    this.done = this.#waitForEnd(role);
    this.started = new Promise((resolve, reject) => {
      this.#process.on('message', (message) => {
        if (!isReport(message)) return;
        this.#latest = message;
        resolve(message);
        onReport();
      });
      this.done.catch(reject);
    });
    this.started.catch(() => {}); // may fail before anyone waits for it
  }

  /** Its latest report. */
  get latest(): Report {
    return this.#latest;
  }

  /** Ends it at once, if it has not ended. */
  kill(): void {
    this.#process.kill('SIGKILL');
  }

  #waitForEnd(role: string): Promise<Report> {
    let stderr = '';
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-STDERR_SIZE);
    });

    return new Promise((resolve, reject) => {
      this.#process.once('error', (error) => {
        reject(new Error(`The ${role} process could not be started: ${error.message}`));
      });
      this.#process.once('close', (exitCode, signal) => {
        running.delete(this.#process);
        const words = stderr.trim();
        if (exitCode === 0 && this.#latest.state === 'done') resolve(this.#latest);
        else if (exitCode === 2) reject(new UsageError(words));
        else reject(new Error(describeEnd(role, signal ?? `exit code ${exitCode}`, words)));
      });
    });
  }
}

function describeEnd(role: string, how: string, words: string): string {
  return words === '' ? `The ${role} process ended (${how}).` : `The ${role} process ended (${how}): ${words}.`;
}
