import { setTimeout as delay } from 'node:timers/promises';

/**
 * Waits for a promise, but not longer than so many milliseconds.
 *
 * @param explain says what has not happened
 *
 * @throws {Error} when the time is over
 */
export async function withTimeout<T>(promise: Promise<T>, milliseconds: number, explain: () => string): Promise<T> {
  const stop = new AbortController();
  const timeout = delay(milliseconds, undefined, { signal: stop.signal }).then(() => {
    throw new Error(`${explain()} within ${milliseconds / 1000} s`);
  });
  timeout.catch(() => {});
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    stop.abort();
  }
}
