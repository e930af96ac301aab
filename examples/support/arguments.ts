import { UsageError, messageOf } from './program.ts';

const UNITS = new Map([
  ['', 1],
  ['B', 1],
  ['KIB', 2 ** 10],
  ['MIB', 2 ** 20],
  ['GIB', 2 ** 30],
  ['TIB', 2 ** 40],
  ['KB', 1e3],
  ['MB', 1e6],
  ['GB', 1e9],
  ['TB', 1e12],
]);

/**
 * Takes the command line apart; the callback calls `parseArgs`, so that its result keeps its type.
 *
 * @throws {UsageError} one line, for what `parseArgs` does not accept
 */
export function readArguments<T>(usage: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    const [sentence = ''] = messageOf(error).split(/\.?(?:\n|\. |$)/, 1);
    const problem = sentence.replace(/^(Option '--\w+).* argument (?:is ambiguous|missing)$/, "$1' needs a value");
    throw new UsageError(`${problem}. Usage: ${usage}`, { cause: error });
  }
}

/**
 * A number of bytes, such as `1000000`, `512MiB` or `1GB`.
 *
 * @throws {UsageError} naming the option, the value and what was expected
 */
export function parseSize(option: string, value: string, minimum = 0): number {
  const [, digits = '', unit = ''] = /^(\d+(?:\.\d+)?) ?([a-z]*)$/i.exec(value.trim()) ?? [];
  const size = Number(digits) * (UNITS.get(unit.toUpperCase()) ?? NaN);

  if (digits === '' || !Number.isSafeInteger(size) || size < minimum) {
    const bound = minimum > 0 ? ` of at least ${minimum}` : '';
    throw new UsageError(`${option} is '${value}', expected a size in bytes${bound}, such as 1000000, 512MiB or 1GiB`);
  }
  return size;
}

/**
 * A whole number.
 *
 * @throws {UsageError} naming the option, the value and what was expected
 */
export function parseInteger(option: string, value: string, minimum: number, maximum: number): number {
  const number = /^\d+$/.test(value) ? Number(value) : NaN;
  if (!(number >= minimum && number <= maximum)) {
    throw new UsageError(`${option} is '${value}', expected a whole number from ${minimum} to ${maximum}`);
  }
  return number;
}
