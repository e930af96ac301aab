import { LocalUsageError } from './errors.ts';

/**
 * Makes the error for an option that is out of its range.
 *
 * @param expected - what would be valid, in words
 */
export function invalidOption(option: string, value: unknown, expected: string): LocalUsageError {
  return new LocalUsageError(`option ${option} is ${describeValue(value)}, expected ${expected}`);
}

/** Makes the error for an element of an option that is a list. */
export function invalidElement(option: string, value: unknown, expected: string): LocalUsageError {
  return new LocalUsageError(`option ${option} has ${describeValue(value)}, expected ${expected}`);
}

/** Says what a value is, for an error message: short, and without the content of objects. */
export function describeValue(value: unknown): string {
  if (typeof value === 'string') return quote(value);
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

/** Quotes what a peer sent for an error message: at most 100 characters of it, control characters escaped. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
}

/**
 * Checks an option that is a limit: a number of bytes, milliseconds or things.
 *
 * @throws {LocalUsageError} it is negative, not whole, or no number
 */
export function checkLimit(option: string, value: unknown): number {
  if (typeof value === 'number' && value >= 0 && (Number.isSafeInteger(value) || value === Infinity)) return value;
  throw invalidOption(option, value, 'a non-negative integer or Infinity');
}

/**
 * Checks an option that is a port.
 *
 * @throws {LocalUsageError} it is not a whole number from 0 to 65535
 */
export function checkPort(option: string, value: unknown): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 65_535) return value;
  throw invalidOption(option, value, 'an integer from 0 to 65535');
}

/**
 * Checks an option that is text: a host name, a path in the file system.
 *
 * @throws {LocalUsageError} it is empty, no string, or has a NUL in it
 */
export function checkText(option: string, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string' && value !== '' && !value.includes('\0')) return value;
  throw invalidOption(option, value, 'a string that is not empty');
}

/**
 * Makes sure that an option is a list.
 *
 * @throws {LocalUsageError} it is not
 */
export function toList(option: string, value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw invalidOption(option, value, 'a list');
}

/**
 * Checks an option that is a function.
 *
 * @throws {LocalUsageError} it is anything else
 */
export function checkFunction<T>(option: string, value: T): T {
  if (value === undefined || typeof value === 'function') return value;
  throw invalidOption(option, value, 'a function');
}
