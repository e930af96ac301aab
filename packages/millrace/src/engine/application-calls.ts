import { toError } from '../protocol/base/errors.ts';
import { isPromise } from '../protocol/base/promise.ts';
import type { Connection } from '../protocol/connection/connection.ts';
import { HoldReason } from '../protocol/receive/read-ahead.ts';
import type { CallContext } from '../transport/driver-setup.ts';

/** Whose application is called. */
export interface CallsOwner {
  readonly connection: Pick<Connection, 'hold' | 'release' | 'fail'>;
  readonly context: CallContext;
  /** The application has thrown `error`, and the connection has failed for it. */
  onError(error: Error): void;
}

/**
 * Calls what an application has given us to be called: what is for it waits while the promises that it returns are pending, and what it throws fails the
 * connection (1011) and is reported.
 */
export class ApplicationCalls {
  readonly #owner: CallsOwner;
  /** Promises that are not settled. */
  #pending = 0;

  constructor(owner: CallsOwner) {
    this.#owner = owner;
  }

  /** Whether a promise is pending. */
  get isPending(): boolean {
    return this.#pending > 0;
  }

  /** Calls `callback`, in the async context of the connection, and waits for its promise. */
  call(callback: () => unknown): void {
    this.#owner.context.run(() => this.#callHere(callback), undefined);
  }

  /** Calls `callback`, in the async context of the connection, and waits for nothing; but that its promise fails is told. */
  callUnawaited(callback: () => unknown): void {
    this.#owner.context.run(() => this.#callUnawaitedHere(callback), undefined);
  }

  /** Has what is for the application wait for a promise; anything else means nothing. */
  waitFor(result: unknown): void {
    if (!isPromise(result)) return;
    this.#pending++;
    this.#owner.connection.hold(HoldReason.PROMISE);
    // Promises of any make, each of which settles once then.
    Promise.resolve(result).then(
      () => this.#settle(),
      (error: unknown) => {
        this.fail(error);
        this.#settle();
      },
    );
  }

  /** Fails the connection for what the application has thrown, and reports it. */
  fail(thrown: unknown): void {
    const error = toError(thrown);
    this.#owner.connection.fail(error);
    this.#owner.onError(error);
  }

  #callHere(callback: () => unknown): void {
    try {
      this.waitFor(callback());
    } catch (error) {
      this.fail(error);
    }
  }

  #callUnawaitedHere(callback: () => unknown): void {
    try {
      const result = callback();
      if (isPromise(result)) Promise.resolve(result).catch((error: unknown) => this.fail(error));
    } catch (error) {
      this.fail(error);
    }
  }

  #settle(): void {
    this.#pending--;
    if (this.#pending === 0) this.#owner.connection.release(HoldReason.PROMISE);
  }
}
