import { LocalUsageError } from '../../base/errors.ts';
import { describeValue, quote } from '../../base/checks.ts';
import { isFieldValue, isToken } from './syntax.ts';

/**
 * Header fields by name, in lower case. Without a prototype, so that no name is special.
 *
 * A field that came more than once has its values joined by `, ` (`cookie` by `; `, RFC 9113 §8.2.3); `headersDistinct` keeps them apart.
 */
export interface HeaderFields {
  readonly [name: string]: string | undefined;
}

/** Header fields by name, in lower case, each with the values of its lines, in order. Without a prototype, so that no name is special. */
export interface DistinctHeaderFields {
  readonly [name: string]: readonly string[];
}

/** Header fields that an application adds: `{ name: value }` with lists for repeated fields, or `[name, value]` pairs. */
export type HeaderFieldsInit =
  Readonly<Record<string, string | readonly string[]>> | Iterable<readonly [string, string]>;

/** A field to send. */
export type HeaderField = readonly [name: string, value: string];

/** Limits for the head of a request or response. */
export interface HeadLimits {
  /** Bytes of all names and values, with 4 for each line's punctuation. */
  readonly maxHeaderSize: number;
  /** Lines, not names: the same field twice counts twice. */
  readonly maxHeaderCount: number;
}

/** What {@link readHeaderFields} found. */
export interface ReceivedFields {
  readonly fields: Readonly<Record<string, string>>;
  /** The values of each field, line by line. */
  readonly distinct: DistinctHeaderFields;
  /** Names of fields that came more than once. */
  readonly repeated: ReadonlySet<string>;
  /** Which limit was exceeded; the fields are empty then. */
  readonly exceeded: string | undefined;
  /** What is wrong with a field's name or value, if anything is. */
  readonly invalid: string | undefined;
}

/**
 * Reads header fields as an HTTP parser hands them over.
 *
 * @param raw - names and values in turn (`rawHeaders` of Node.js)
 */
export function readHeaderFields(raw: readonly string[], limits: HeadLimits): ReceivedFields {
  const fields: Record<string, string> = withoutPrototype({});
  const distinct: Record<string, string[]> = withoutPrototype({});
  const repeated = new Set<string>();
  const exceeded = findExceeded(raw, limits);
  let invalid: string | undefined;

  for (let index = 0; exceeded === undefined && index + 1 < raw.length; index += 2) {
    const name = raw[index]!.toLowerCase();
    const value = raw[index + 1]!;
    if (!isToken(name) || !isFieldValue(value)) invalid = `invalid header field ${quote(name)}`;

    const before = fields[name];
    if (before !== undefined) repeated.add(name);
    (distinct[name] ??= []).push(value);
    fields[name] = before === undefined ? value : `${before}${name === 'cookie' ? '; ' : ', '}${value}`;
  }
  for (const values of Object.values(distinct)) Object.freeze(values);
  return { fields: Object.freeze(fields), distinct: Object.freeze(distinct), repeated, exceeded, invalid };
}

/**
 * Lists the fields that an application adds, and checks each.
 *
 * This is the one place where they are checked, on their way to being written: nothing that is valid here can end a line.
 *
 * @param reserved - names in lower case that belong to the handshake
 *
 * @throws {LocalUsageError} naming the field: it is reserved, its name is no token, or its value no string of visible
 *   Latin-1 characters, spaces and tabs
 */
export function listHeaderFields(init: HeaderFieldsInit | undefined, reserved: ReadonlySet<string>): HeaderField[] {
  const list: HeaderField[] = [];
  for (const [name, values] of entriesOf(init)) {
    for (const value of Array.isArray(values) ? values : [values]) list.push(checkField(name, value, reserved));
  }
  return list;
}

function checkField(name: unknown, value: unknown, reserved: ReadonlySet<string>): HeaderField {
  if (typeof name !== 'string' || !isToken(name)) {
    throw new LocalUsageError(`header name is ${describeValue(name)}, expected a token`);
  }
  if (reserved.has(name.toLowerCase())) {
    throw new LocalUsageError(`header ${name} cannot be set: it belongs to the opening handshake`);
  }
  if (typeof value !== 'string' || !isFieldValue(value)) {
    throw new LocalUsageError(
      `header ${name} is ${describeValue(value)}, expected a string of Latin-1 characters without control characters`,
    );
  }
  return [name, value];
}

function entriesOf(init: unknown): Iterable<readonly [unknown, unknown]> {
  if (init === undefined) return [];
  if (typeof init !== 'object' || init === null) {
    throw new LocalUsageError(`headers are ${describeValue(init)}, expected an object or pairs`);
  }
  return isIterable(init) ? Array.from(init, toPair) : Object.entries(init);
}

function isIterable(value: object): value is Iterable<unknown> {
  return Symbol.iterator in value;
}

function toPair(pair: unknown): readonly [unknown, unknown] {
  if (!Array.isArray(pair)) throw new LocalUsageError(`headers have ${describeValue(pair)}, expected [name, value]`);
  const list: readonly unknown[] = pair;
  return [list[0], list[1]];
}

function findExceeded(raw: readonly string[], limits: HeadLimits): string | undefined {
  const count = raw.length / 2;
  if (count > limits.maxHeaderCount) {
    return `more than maxHeaderCount, ${String(limits.maxHeaderCount)} header lines`;
  }
  let size = count * 4;
  for (const text of raw) size += text.length;
  if (size <= limits.maxHeaderSize) return undefined;
  return `headers of ${String(size)} bytes exceed maxHeaderSize, ${String(limits.maxHeaderSize)} bytes`;
}

/** Names come from the peer: `__proto__` must be one like any other. */
function withoutPrototype<T extends object>(fields: T): T {
  Object.setPrototypeOf(fields, null);
  return fields;
}
