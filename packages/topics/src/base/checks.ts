import { LocalUsageError } from 'millrace';

/** The names that the members of an object may have: a table, so that the compiler sees that none is missing. */
export type KnownNames<Name extends string = string> = Readonly<Record<Name, true>>;

/** Makes the error for an option that has a value that it cannot have. */
export function invalidOption(option: string, value: unknown, expected: string): LocalUsageError {
  return new LocalUsageError(`option ${option} is ${describe(value)}, expected ${expected}`);
}

/** Says what a value is, for an error message: short, and without the content of objects. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  return String(value);
}

/** Quotes text for an error message: at most 100 characters of it, control characters escaped. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
}

/**
 * Checks that an argument is an object of options, all of them known. Those that are `undefined` are as if they were not there.
 *
 * @throws {LocalUsageError} it is none, or has another option
 */
export function checkOptions(owner: string, options: unknown, names: KnownNames): void {
  if (typeof options !== 'object' || options === null) {
    throw new LocalUsageError(`options of ${owner} are ${describe(options)}, expected an object`);
  }
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || Object.hasOwn(names, name)) continue;
    throw new LocalUsageError(`${owner} has no option ${quote(name)}; it has ${Object.keys(names).join(', ')}`);
  }
}

/**
 * Checks an option that is a number of bytes, milliseconds or things.
 *
 * @throws {LocalUsageError} it is less than `least`, not whole, or no number; `Infinity` is no limit
 */
export function checkLimit(option: string, value: unknown, least = 0): number {
  if (typeof value === 'number' && value >= least && (Number.isSafeInteger(value) || value === Infinity)) return value;
  throw invalidOption(option, value, `an integer of at least ${least}, or Infinity`);
}

/**
 * Checks an option that is a number of milliseconds or things, and has an end.
 *
 * @throws {LocalUsageError} it is no whole number in the range
 */
export function checkInteger(option: string, value: unknown, [least, most]: readonly [number, number]): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw invalidOption(option, value, `an integer from ${least} to ${most}`);
}

/**
 * Checks an option that is on or off.
 *
 * @throws {LocalUsageError} it is anything else
 */
export function checkSwitch(option: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw invalidOption(option, value, 'true or false');
}

/**
 * Checks an option that is a function, or missing.
 *
 * @throws {LocalUsageError} it is anything else
 */
export function checkFunction<T>(option: string, value: T): T {
  if (value === undefined || typeof value === 'function') return value;
  throw invalidOption(option, value, 'a function');
}
