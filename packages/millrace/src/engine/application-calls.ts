import { toError } from '../protocol/base/errors.ts';
import { isPromise } from '../protocol/base/promise.ts';
import type { Connection } from '../protocol/connection/connection.ts';

/** The reason with which receiving waits for a promise of the application. */
const APPLICATION = 'application promise';

/** Whose application is called. */
export interface CallsOwner {
  readonly connection: Pick<Connection, 'pause' | 'resume' | 'fail'>;
  /** The application has thrown `error`, and the connection has failed for it. */
  onError(error: Error): void;
}

/**
 * Calls what an application has given us to be called: receiving waits for the promises that it returns, and what it throws fails the connection (1011)
 * and is reported.
 */
export class ApplicationCalls {
  readonly #owner: CallsOwner;
  /** Promises that are not settled. */
  #pending = 0;

  constructor(owner: CallsOwner) {
    this.#owner = owner;
  }

  /** Calls `callback`, and waits for its promise. */
  call(callback: () => unknown): void {
    try {
      this.waitFor(callback());
    } catch (error) {
      this.fail(error);
    }
  }

  /** Has receiving wait for a promise; anything else means nothing. */
  waitFor(result: unknown): void {
    if (!isPromise(result)) return;
    this.#pending++;
    this.#owner.connection.pause(APPLICATION);
    const settle = (): void => {
      this.#pending--;
      if (this.#pending === 0) this.#owner.connection.resume(APPLICATION);
    };
    result.then(settle, (error: unknown) => {
      this.fail(error);
      settle();
    });
  }

  /** Fails the connection for what the application has thrown, and reports it. */
  fail(thrown: unknown): void {
    const error = toError(thrown);
    this.#owner.connection.fail(error);
    this.#owner.onError(error);
  }
}
