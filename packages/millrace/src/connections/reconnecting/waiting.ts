import { onAbort } from '../../engine/abort.ts';
import { createDeferred, rejected } from '../../engine/deferred.ts';

/** Waits, in real time. */
export function wait(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  if (signal?.aborted === true) return rejected(signal.reason);
  const waited = createDeferred<undefined>();
  const timer = setTimeout(() => waited.resolve(undefined), milliseconds);
  onAbort(signal, waited.promise, (reason) => {
    clearTimeout(timer);
    waited.reject(reason);
  });
  return waited.promise;
}

/** Waits for `promise`, but no longer than until `signal` is aborted, with whose reason it fails then. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  const settled = createDeferred<T>();
  promise.then(settled.resolve, settled.reject);
  if (signal.aborted) settled.reject(signal.reason);
  else onAbort(signal, settled.promise, settled.reject);
  return settled.promise;
}
