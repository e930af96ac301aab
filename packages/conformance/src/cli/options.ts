import { InvalidArgumentError } from '@commander-js/extra-typings';

import type { ExclusionRule } from '../run/select.ts';

/** Reads a number that is at least `min`. */
export function numberFrom(min: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !(value >= min)) throw new InvalidArgumentError(`Expected a number from ${String(min)}.`);
    return value;
  };
}

/** Reads a whole number from `min` to `max`. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isInteger(value) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${String(min)} to ${String(max)}.`);
  };
}

/** Reads the URL of a server under test. */
export function webSocketUrl(text: string): string {
  const protocol = URL.canParse(text) ? new URL(text).protocol : '';
  if (protocol === 'ws:' || protocol === 'wss:') return text;
  throw new InvalidArgumentError('Expected a URL with ws: or wss:.');
}

/** Adds globs that commas separate to those before. */
export function addGlobs(text: string, before: readonly string[] | undefined): string[] {
  // Commas inside braces belong to a glob.
  const globs = text.split(/,(?![^{]*\})/).filter((glob) => glob !== '');
  if (globs.length === 0) throw new InvalidArgumentError('Expected a glob, such as 6.*');
  return [...(before ?? []), ...globs];
}

/** Adds an exclusion of the form `glob=reason` to those before. */
export function addExclusion(text: string, before: readonly ExclusionRule[] | undefined): ExclusionRule[] {
  const equals = text.indexOf('=');
  const reason = text.slice(equals + 1).trim();
  if (equals <= 0 || reason === '')
    throw new InvalidArgumentError('Expected glob=reason: a case is not left out without one.');
  return [...(before ?? []), { glob: text.slice(0, equals), reason }];
}
