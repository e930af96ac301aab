import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import type { Measurement } from '../generator/meter.ts';
import type { GeneratorTask } from '../generator/task.ts';
import { pinned } from './pinning.ts';

const GENERATOR = fileURLToPath(new URL('../generator/main.js', import.meta.url));

/** How long a round may take in all, in milliseconds. */
const PATIENCE = 180_000;

/** The generator of a load, in a process of its own. */
export class GeneratorProcess {
  readonly #child: ChildProcess;
  readonly #messages: unknown[] = [];
  #errors = '';

  /** Starts it; what it tells is asked for. */
  constructor(task: GeneratorTask, processor: number | undefined) {
    const [command = '', ...args] = pinned([process.execPath, GENERATOR, JSON.stringify(task)], processor);
    this.#child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    this.#child.stderr?.on('data', (text) => (this.#errors += String(text)));
    this.#child.on('message', (message) => this.#messages.push(message));
  }

  /** Waits for the port that it listens on. */
  async listening(): Promise<number> {
    const message = await this.#next();
    const isPort = typeof message === 'object' && message !== null && 'listening' in message;
    return isPort ? Number(message.listening) : 0;
  }

  /** Tells it the process that it is to measure. */
  measure(pid: number): void {
    this.#child.send(pid);
  }

  /** Waits until it holds its connections. */
  async held(): Promise<void> {
    await this.#next();
  }

  /** Waits for what it has measured. */
  async measurement(): Promise<Measurement> {
    const message = await this.#next();
    if (!isMeasurement(message)) throw new Error('the generator gave no measurement');
    return message;
  }

  /** Ends it, and its connections with it. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  async #next(): Promise<unknown> {
    const timer = setTimeout(() => {
      this.#errors += 'there was no result in time';
      this.kill();
    }, PATIENCE);
    try {
      while (this.#messages.length === 0) {
        const [event] = await Promise.race([
          once(this.#child, 'message').then(() => ['message'] as const),
          once(this.#child, 'close').then(() => ['close'] as const),
        ]);
        if (event === 'close')
          throw new Error(this.#errors.trim() === '' ? 'the generator ended' : this.#errors.trim());
      }
      return this.#messages.shift();
    } finally {
      clearTimeout(timer);
    }
  }
}

function isMeasurement(message: unknown): message is Measurement {
  return typeof message === 'object' && message !== null && 'serverCpu' in message && 'replies' in message;
}
