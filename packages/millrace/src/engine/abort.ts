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
