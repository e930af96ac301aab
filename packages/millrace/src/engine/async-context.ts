import { AsyncResource } from 'node:async_hooks';

import type { CallContext } from '../transport/driver-setup.ts';

/**
 * The async context of a connection: what an `AsyncLocalStorage` has for the hooks and handlers of one connection is not seen by another, though they share
 * timers, turns of the event loop, and a buffer to read into.
 */
export class AsyncContext implements CallContext {
  #resource = new AsyncResource('MILLRACE_CONNECTION');

  /** Calls `callback` in the context. */
  run<Subject>(callback: (subject: Subject) => void, subject: Subject): void {
    this.#resource.runInAsyncScope(callback, undefined, subject);
  }

  /**
   * Calls a hook in the context. What the hook sets with `enterWith` before it returns belongs to the context from then on.
   *
   * @returns what the hook returns; what it throws comes through
   */
  open<Result>(hook: () => Result): Result {
    return this.#resource.runInAsyncScope(() => {
      try {
        return hook();
      } finally {
        this.#resource = new AsyncResource('MILLRACE_CONNECTION');
      }
    });
  }
}
