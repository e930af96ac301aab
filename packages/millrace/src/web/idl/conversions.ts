import { toUSVString as replaceLoneSurrogates } from 'node:util';

/**
 * Converts to a string as `DOMString` says.
 *
 * @throws {TypeError} it is a symbol, or an object that cannot be converted
 *
 * @see Web IDL §3.2.10
 */
export function toDOMString(value: unknown): string {
  if (typeof value === 'symbol') throw new TypeError('a symbol cannot be converted to a string');
  return String(value);
}

/**
 * Converts to a string of whole code points as `USVString` says: lone surrogates become U+FFFD.
 *
 * @throws {TypeError} it is a symbol, or an object that cannot be converted
 *
 * @see Web IDL §3.2.12
 */
export function toUSVString(value: unknown): string {
  return replaceLoneSurrogates(toDOMString(value));
}

/** Converts to 16 bits as `unsigned short` says: what is too large wraps around (Web IDL §3.2.4.4). */
export function toUnsignedShort(value: unknown): number {
  const number = toNumber(value);
  return Number.isFinite(number) ? Number(BigInt.asUintN(16, BigInt(Math.trunc(number)))) : 0;
}

/** Converts to 16 bits as `[Clamp] unsigned short` says: to the nearest one, the even one of two (Web IDL §3.3.3). */
export function toClampedUnsignedShort(value: unknown): number {
  const number = toNumber(value);
  if (Number.isNaN(number)) return 0;
  const clamped = Math.min(Math.max(number, 0), 0xffff);
  const below = Math.floor(clamped);
  const rest = clamped - below;
  const roundsUp = rest > 0.5 || (rest === 0.5 && below % 2 === 1);
  return roundsUp ? below + 1 : below;
}

/**
 * Converts to 16 bits as `[EnforceRange] unsigned short` says.
 *
 * @throws {TypeError} it is not from 0 to 65535
 *
 * @see Web IDL §3.3.6
 */
export function toEnforcedUnsignedShort(value: unknown): number {
  const number = Math.trunc(toNumber(value));
  // The addition makes 0 of -0.
  if (number >= 0 && number <= 0xffff) return number + 0;
  throw new TypeError(`${String(value)} is not an integer from 0 to 65535`);
}

/**
 * Converts to a list as `sequence<DOMString>` says.
 *
 * @throws {TypeError} it is no object that can be iterated over, or an element cannot be converted to a string
 *
 * @see Web IDL §3.2.22
 */
export function toStringList(value: unknown): readonly string[] {
  if (!isIterableObject(value)) throw new TypeError('the value is not a list');
  return Array.from(value, toDOMString);
}

/**
 * Reads a member of a dictionary, which `undefined` and `null` are empty ones of.
 *
 * @throws {TypeError} the dictionary is something else than an object
 *
 * @see Web IDL §3.2.17
 */
export function memberOf(dictionary: unknown, name: string): unknown {
  if (dictionary === undefined || dictionary === null) return undefined;
  if (typeof dictionary !== 'object' && typeof dictionary !== 'function') {
    throw new TypeError(`${toDOMString(dictionary)} is not an object`);
  }
  return Reflect.get(dictionary, name);
}

/** Says whether `value` is an object that can be iterated over; a string is none. */
export function isIterableObject(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}

function toNumber(value: unknown): number {
  if (typeof value === 'bigint') throw new TypeError('a bigint is not converted to a number');
  return Number(value);
}
