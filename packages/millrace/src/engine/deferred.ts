/** A promise, and what settles it. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

/** Makes a promise that is settled later. Nobody has to look whether it failed. */
export function createDeferred<T>(): Deferred<T> {
  let resolve: (value: T) => void = ignore;
  let reject: (error: unknown) => void = ignore;
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  const fail = (error: unknown): void => {
    void handled(promise);
    reject(error);
  };
  return { promise, resolve, reject: fail };
}

/** Marks a promise as one whose failure nobody has to look at: it is told elsewhere, too. */
export function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(ignore);
  return promise;
}

/** Makes a promise that has failed. */
export function rejected(reason: unknown): Promise<never> {
  const { promise, reject } = createDeferred<never>();
  reject(reason);
  return promise;
}

/** What has happened already. One for all, so that a fast path makes no promise. */
export const DONE: Promise<void> = Promise.resolve();

function ignore(): void {
  // Nobody wants to know.
}

/** Calls what may throw: that, too, becomes the failure of a promise. */
export function attempt<T>(action: () => Promise<T>): Promise<T> {
  try {
    return action();
  } catch (error) {
    return rejected(error);
  }
}
