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
  return { promise: handled(promise), resolve, reject };
}

/** Marks a promise as one whose failure nobody has to look at. */
export function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(ignore);
  return promise;
}

/** Waits for `promise`, but no longer than until `signal` is aborted, with whose reason it fails then. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  const { promise: settled, resolve, reject } = createDeferred<T>();
  const abort = (): void => reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  const stop = (): void => signal.removeEventListener('abort', abort);
  settled.then(stop, stop);
  promise.then(resolve, reject);
  return settled;
}

/** Makes an error of whatever was thrown. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error('a value that is no error was thrown', { cause: thrown });
}

function ignore(): void {
  // Nobody wants to know.
}
