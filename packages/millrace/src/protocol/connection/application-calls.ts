import { toError } from '../base/errors.ts';
import type { Connection } from './connection.ts';

/** The reason with which receiving waits for a promise of the application. */
const APPLICATION = 'application promise';

/**
 * Calls what an application has given us to be called: receiving waits for the promises that it returns, and what it throws fails the connection (1011)
 * and is reported.
 */
export class ApplicationCalls {
  readonly #connection: Pick<Connection, 'pause' | 'resume' | 'fail'>;
  readonly #report: (error: Error) => void;
  /** Promises that are not settled. */
  #pending = 0;

  constructor(connection: Pick<Connection, 'pause' | 'resume' | 'fail'>, report: (error: Error) => void) {
    this.#connection = connection;
    this.#report = report;
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
    this.#connection.pause(APPLICATION);
    const settle = (): void => {
      this.#pending--;
      if (this.#pending === 0) this.#connection.resume(APPLICATION);
    };
    result.then(settle, (error: unknown) => {
      this.fail(error);
      settle();
    });
  }

  /** Fails the connection for what the application has thrown, and reports it. */
  fail(thrown: unknown): void {
    const error = toError(thrown);
    this.#connection.fail(error);
    this.#report(error);
  }
}

/** Says whether a callback returned a promise. Without types, it may have returned anything. */
export function isPromise(result: unknown): result is PromiseLike<unknown> {
  return typeof result === 'object' && result !== null && 'then' in result && typeof result.then === 'function';
}
