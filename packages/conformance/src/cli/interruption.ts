import { constants } from 'node:os';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Ends a run early at Ctrl-C, so that what was found by then is written; at the second one the process ends. */
export class Interruption {
  readonly #controller = new AbortController();
  readonly #handlers = SIGNALS.map((name) => [name, (): void => this.#interrupt(name)] as const);
  #exitCode: number | undefined;

  constructor() {
    for (const [name, handler] of this.#handlers) process.once(name, handler);
  }

  /** Aborts with the first signal. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The exit code that a shell expects, if there was a signal. */
  get exitCode(): number | undefined {
    return this.#exitCode;
  }

  /** Leaves signals alone again. */
  end(): void {
    for (const [name, handler] of this.#handlers) process.off(name, handler);
  }

  #interrupt(name: (typeof SIGNALS)[number]): void {
    this.#exitCode = 128 + constants.signals[name];
    this.end();
    this.#controller.abort();
  }
}
