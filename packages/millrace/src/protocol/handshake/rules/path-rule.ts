import { invalidOption } from '../../base/checks.ts';
import { isVisible } from './target.ts';

/** What a pattern has found: what `RegExp` or `URLPattern` gives. */
export interface PathMatch {
  /** Named groups of a `RegExp`. */
  readonly groups?: Readonly<Record<string, string | undefined>> | undefined;
  /** Groups by number, 0 for the whole, of a `RegExp`. */
  at?(index: number): string | undefined;
  /** What a `URLPattern` has found in the path. */
  readonly pathname?: { readonly groups: Readonly<Record<string, string | undefined>> } | undefined;
}

/** Anything that says whether a URL fits: a `URLPattern`, for one. */
export interface PathPattern {
  /** Gets the whole URL; `null` for one that does not fit. */
  exec(url: string): PathMatch | null;
}

/** Which paths are served: one, those that a `RegExp` finds something in, or those whose whole URL fits a pattern. */
export type PathRule = string | RegExp | PathPattern;

/** A URL in the parts that rules look at. */
export interface RequestedPath {
  /** Without the query, percent-encoding kept. */
  readonly path: string;
  /** The whole URL. */
  readonly url: string;
}

/**
 * Says whether a path is served.
 *
 * @returns what the pattern has found, `undefined` where there is nothing to find, `'none'` if it is not served
 */
export function matchPath(rule: PathRule | undefined, requested: RequestedPath): PathMatch | undefined | 'none' {
  if (rule === undefined) return undefined;
  if (typeof rule === 'string') return rule === requested.path ? undefined : 'none';
  if (!(rule instanceof RegExp)) return rule.exec(requested.url) ?? 'none';
  // One with the flag `g` or `y` would go on where it was the last time.
  rule.lastIndex = 0;
  return rule.exec(requested.path) ?? 'none';
}

/**
 * Checks a value of the option `path`.
 *
 * @throws {LocalUsageError} it is neither a path nor a pattern
 */
export function checkPathRule(value: unknown): PathRule | undefined {
  if (value === undefined || isPattern(value)) return value;
  if (typeof value !== 'string' || !value.startsWith('/') || value.includes('?') || !isVisible(value)) {
    throw invalidOption('path', value, 'a path such as /chat, without a query, or a RegExp or URLPattern');
  }
  if (/[:*]/.test(value)) {
    throw invalidOption('path', value, 'no `:` or `*` in a string: give a pattern as a RegExp or a URLPattern');
  }
  return value;
}

function isPattern(value: unknown): value is PathPattern {
  return typeof value === 'object' && value !== null && 'exec' in value && typeof value.exec === 'function';
}
