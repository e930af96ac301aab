import { LocalUsageError } from './errors.ts';

/** Writes a value for the message of an error. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return `string ${JSON.stringify(value.slice(0, 32))}`;
  if (typeof value !== 'object' || value === null) return `${typeof value} ${String(value)}`;
  return Object.prototype.toString.call(value);
}

/**
 * Checks an argument that has members.
 *
 * @throws {LocalUsageError} it is no object
 */
export function checkObject(name: string, value: unknown): void {
  if (typeof value !== 'object' || value === null) throw invalidArgument(name, value, 'an object');
}

/**
 * Checks an argument that is true or false, and may be missing.
 *
 * @throws {LocalUsageError} it is neither
 */
export function checkBoolean(name: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'boolean') throw invalidArgument(name, value, 'true or false');
}

/**
 * Checks an argument that is a number.
 *
 * @throws {LocalUsageError} it is none
 */
export function checkNumber(name: string, value: unknown): void {
  if (typeof value !== 'number') throw invalidArgument(name, value, 'a number');
}

/**
 * Checks an argument that is text, and may be missing.
 *
 * @throws {LocalUsageError} it is none
 */
export function checkString(name: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'string') throw invalidArgument(name, value, 'a string');
}

function invalidArgument(name: string, value: unknown, expected: string): LocalUsageError {
  return new LocalUsageError(`${name} is ${describe(value)}, expected ${expected}`);
}
