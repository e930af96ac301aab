import { LocalUsageError } from './errors.ts';

/** The names that something may have: a table, so that the compiler sees that none is missing. */
export type KnownNames<Name extends string = string> = Readonly<Record<Name, true>>;

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

/** Makes the error for an argument. */
export function invalidArgument(name: string, value: unknown, expected: string): LocalUsageError {
  return new LocalUsageError(`${name} is ${describeValue(value)}, expected ${expected}`);
}

/** Says what a value is, for an error message: short, and without the content of objects. */
export function describeValue(value: unknown): string {
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object' || value === null) return String(value);
  const tag = tagOf(value);
  if (tag === 'Object') return 'an object';
  return `${/^[AEIO]/.test(tag) ? 'an' : 'a'} ${tag === 'Array' ? 'array' : tag}`;
}

/** Quotes what a peer sent for an error message: at most 100 characters of it, control characters escaped. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
}

/**
 * Quotes a URL for an error message, without what may be a secret: user information, query and fragment.
 *
 * @param url - or any other text that was given for one
 */
export function quoteUrl(url: unknown): string {
  return quote(redactUrl(String(url)));
}

/** Takes out of a URL, or of what was given for one, what may be a secret: user information, query and fragment. */
export function redactUrl(url: string): string {
  // What is no URL may have anything in its password, a question mark for one.
  const text = URL.canParse(url) ? url : withoutUserInformation(url);
  const end = text.search(/[?#]/);
  return withoutUserInformation(end === -1 ? text : `${text.slice(0, end + 1)}…`);
}

function withoutUserInformation(text: string): string {
  const at = text.lastIndexOf('@');
  if (at === -1) return text;
  const [scheme] = /^[a-z][\w+.-]*:\/\//i.exec(text) ?? ['…@'];
  return scheme + text.slice(at + 1);
}

/**
 * Checks that an argument is an object of options, and that it has no option that nobody knows.
 *
 * Options whose value is `undefined` are as if they were not there. What an option holds is not looked at here.
 *
 * @param owner - whose options they are: `serve`
 *
 * @throws {LocalUsageError} it is no object, or has another option; the message names it, and the one that may be meant
 */
export function checkOptions(owner: string, options: unknown, names: KnownNames): void {
  if (typeof options !== 'object' || options === null) {
    throw invalidArgument(`argument options of ${owner}`, options, 'an object');
  }
  checkOptionNames(owner, options, names);
}

/**
 * Checks that an object has no option that nobody knows, as {@link checkOptions} does.
 *
 * @throws {LocalUsageError} it has another one; the message names it, and the one that may be meant
 */
export function checkOptionNames(owner: string, options: object, names: KnownNames): void {
  refuseUnknown(options, names, (name) => `${owner} has no option ${name}`);
}

/** The names of a table but some. */
export function omitNames<Name extends string, Omitted extends Name>(
  names: KnownNames<Name>,
  omitted: readonly Omitted[],
): KnownNames<Exclude<Name, Omitted>>;
export function omitNames(names: KnownNames, omitted: readonly string[]): KnownNames {
  return Object.fromEntries(
    Object.keys(names)
      .filter((name) => !omitted.includes(name))
      .map((name) => [name, true] as const),
  );
}

/**
 * Checks that an object has no callback that nobody knows. An instance of a class may have members of its own.
 *
 * @throws {LocalUsageError} it has another one, or one of them is no function
 */
export function checkCallbackNames(owner: string, callbacks: object, names: KnownNames): void {
  const prototype: unknown = Object.getPrototypeOf(callbacks);
  if (prototype === Object.prototype || prototype === null) {
    refuseUnknown(callbacks, names, (name) => `${owner} has no callback ${name}`);
  }
  for (const name of Object.keys(names)) {
    const callback: unknown = Reflect.get(callbacks, name);
    if (callback === undefined || typeof callback === 'function') continue;
    throw invalidArgument(`callback ${name} of ${owner}`, callback, 'a function');
  }
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
 * Checks an option that is on or off.
 *
 * @throws {LocalUsageError} it is anything else
 */
export function checkSwitch(option: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw invalidOption(option, value, 'true or false');
}

/**
 * Checks an option that holds others, whoever they belong to.
 *
 * @throws {LocalUsageError} it is no object
 */
export function checkBag<T>(option: string, value: T): T {
  if (value === undefined || (typeof value === 'object' && value !== null)) return value;
  throw invalidOption(option, value, 'an object');
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

/** `Uint8Array`, `Map`, …; a value may answer with an error, or with what it is not. */
function tagOf(value: object): string {
  try {
    return Object.prototype.toString.call(value).slice(8, -1).slice(0, 32);
  } catch {
    return 'Object';
  }
}

function refuseUnknown(bag: object, names: KnownNames, say: (name: string) => string): void {
  for (const [name, value] of Object.entries(bag)) {
    if (value === undefined || Object.hasOwn(names, name)) continue;
    const nearest = findNearest(name, Object.keys(names));
    throw new LocalUsageError(`${say(quote(name))}${nearest === undefined ? '' : `; did you mean ${quote(nearest)}?`}`);
  }
}

/** The name that differs in the fewest letters, unless that is more than a third of them. Case does not matter. */
function findNearest(name: string, names: readonly string[]): string | undefined {
  let nearest: string | undefined;
  let fewest = Math.floor(Math.min(name.length, 64) / 3) + 1;
  for (const candidate of names) {
    const distance = editDistance(name.slice(0, 64).toLowerCase(), candidate.toLowerCase());
    if (distance < fewest) [nearest, fewest] = [candidate, distance];
  }
  return nearest;
}

/** How many letters must be put in, taken out or replaced to make one text of another (Levenshtein). */
function editDistance(one: string, other: string): number {
  let above = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let row = 1; row <= one.length; row++) {
    const current = [row];
    for (let column = 1; column <= other.length; column++) {
      const replaced = above[column - 1]! + (one[row - 1] === other[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, above[column]! + 1, current[column - 1]! + 1));
    }
    above = current;
  }
  return above[other.length]!;
}
