import { Fifo } from '../protocol/base/fifo.ts';

/**
 * Runs tasks in order, and lets all microtasks run between two of them, as the event loop of a browser does: who awaits a message sees each,
 * also when the network brought several at once.
 *
 * @see WHATWG HTML §8.1.7.3 (Processing model)
 */
export class TaskQueue {
  readonly #tasks = new Fifo<() => void>();
  /** Whether a task has run and microtasks have not had their turn since. */
  #isBusy = false;
  readonly #onIdle: () => void;

  /** @param onIdle - all tasks have run, and all microtasks after the last of them */
  constructor(onIdle: () => void = () => undefined) {
    this.#onIdle = onIdle;
  }

  /** Whether a task has not run, or microtasks after the last one have not. */
  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** Runs `task`: at once if nothing is to run before. It must not throw. */
  post(task: () => void): void {
    if (this.#isBusy) this.#tasks.put(task);
    else this.#run(task);
  }

  #run(task: () => void): void {
    this.#isBusy = true;
    task();
    // A tick that is asked for by a microtask comes after all of them, those included that they ask for.
    queueMicrotask(() => process.nextTick(this.#proceed));
  }

  readonly #proceed = (): void => {
    const task = this.#tasks.take();
    if (task !== undefined) {
      this.#run(task);
      return;
    }
    this.#isBusy = false;
    this.#onIdle();
  };
}
