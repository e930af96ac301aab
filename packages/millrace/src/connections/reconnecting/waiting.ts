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
