import { createDeferred } from './deferred.ts';

/** Something did not answer in time. */
export class Timeout extends Error {}

/** Waits for a promise, but no longer than some milliseconds: then it fails with a {@link Timeout}. */
export function withTimeout<T>(promise: Promise<T>, time: number, what: string): Promise<T> {
  const { promise: settled, resolve, reject } = createDeferred<T>();
  const timer = setTimeout(() => reject(new Timeout(`${what} has no answer after ${time} ms`)), time);
  promise.then(resolve, reject);
  const stop = (): void => clearTimeout(timer);
  settled.then(stop, stop);
  return settled;
}
