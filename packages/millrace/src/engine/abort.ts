import { createDeferred } from './deferred.ts';

/**
 * Calls `abort` with the reason when `signal` is aborted before `pending` is settled.
 *
 * @param signal - not aborted yet; without one, nothing is done
 */
export function onAbort(
  signal: AbortSignal | undefined,
  pending: Promise<unknown>,
  abort: (reason: unknown) => void,
): void {
  if (signal === undefined) return;
  const listener = (): void => abort(signal.reason);
  signal.addEventListener('abort', listener, { once: true });
  const stop = (): void => signal.removeEventListener('abort', listener);
  pending.then(stop, stop);
}

/**
 * Waits for `promise`, but no longer than until `signal` is aborted, with whose reason it fails then.
 *
 * @param abort - is called in that case, unless `signal` was aborted before
 */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined, abort?: () => void): Promise<T> {
  if (signal === undefined) return promise;
  const settled = createDeferred<T>();
  promise.then(settled.resolve, settled.reject);
  if (signal.aborted) {
    settled.reject(signal.reason);
    return settled.promise;
  }
  onAbort(signal, settled.promise, (reason) => {
    abort?.();
    settled.reject(reason);
  });
  return settled.promise;
}
