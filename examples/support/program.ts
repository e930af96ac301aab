import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** What the user asked for cannot be done; the message is one line for the user. The program ends with exit code 2. */
export class UsageError extends Error {
  static {
    this.prototype.name = 'UsageError';
  }
}

/**
 * Runs a program, if the module it stands in was started and not imported.
 *
 * An error ends the process with one line on stderr: exit code 2 for a {@link UsageError}, 1 for any other.
 *
 * @param moduleUrl `import.meta.url`
 * @param main the program
 */
export function runMain(moduleUrl: string, main: () => Promise<void> | void): void {
  const started = process.argv[1];
  if (started === undefined || realpathSync(started) !== realpathSync(fileURLToPath(moduleUrl))) return;

  Promise.resolve().then(main).catch(exitWith);
}

/** Ends the process because of an error, with one line about it on stderr. */
export function exitWith(error: unknown): never {
  console.error(messageOf(error));
  process.exit(error instanceof UsageError ? 2 : 1);
}

/** What went wrong, in words. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The code of the system error, such as `EADDRINUSE`, in an error or in what caused it. */
export function systemErrorCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('syscall' in error && 'code' in error && typeof error.code === 'string') return error.code;
  return systemErrorCode(error.cause);
}
