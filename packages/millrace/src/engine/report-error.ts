import { toError } from '../protocol/base/errors.ts';
import { isPromise } from '../protocol/base/promise.ts';

/** Hands an error to the callback that is there for it; without one, or if that fails, there is a process warning. */
export function reportError<Subject>(
  onError: ((error: Error, subject: Subject) => unknown) | undefined,
  error: Error,
  subject: Subject,
): void {
  try {
    if (onError === undefined) {
      process.emitWarning(error);
      return;
    }
    const result = onError(error, subject);
    if (isPromise(result)) result.then(undefined, warn);
  } catch (thrown) {
    warn(thrown);
  }
}

function warn(thrown: unknown): void {
  process.emitWarning(toError(thrown));
}
