import { parseAuthority } from './authority.ts';

/** The parameters of a query: each name with all its values, in order. Without a prototype. */
export type QueryParams = Readonly<Record<string, readonly string[]>>;

/** What a request target says. */
export interface RequestTarget {
  /** Path as it was sent, percent-encoding and all; at least `/`. */
  readonly path: string;
  /** Query without its `?`, or `undefined` if there is none. */
  readonly query: string | undefined;
  /** Host and port of a target in absolute form, or `undefined`. */
  readonly host: string | undefined;
}

const SCHEMES = ['http://', 'https://', 'ws://', 'wss://'];

/**
 * Parses a request target in origin form (`/chat?x=1`) or absolute form (`http://example.com/chat`).
 *
 * @returns `undefined` if it is neither, has a fragment (RFC 6455 §3), or characters that no URI has
 *
 * @see RFC 9112 §3.2
 */
export function parseTarget(target: string): RequestTarget | undefined {
  if (!isVisible(target)) return undefined;
  if (target.startsWith('/')) return splitQuery(target, undefined);

  const scheme = SCHEMES.find((one) => target.slice(0, one.length).toLowerCase() === one);
  if (scheme === undefined) return undefined;
  const rest = target.slice(scheme.length);
  const end = firstOf(rest, '/', '?');
  const host = rest.slice(0, end);
  if (parseAuthority(host) === undefined) return undefined;
  const path = rest.slice(end);
  return splitQuery(path.startsWith('/') ? path : `/${path}`, host);
}

/**
 * Parses a query of the form `a=1&b=2`.
 *
 * A `+` is a space, percent-encoded UTF-8 is decoded; what is not valid stays as it is.
 */
export function parseQuery(query: string | undefined): QueryParams {
  if (query === undefined) return NO_PARAMS;
  const params = emptyParams();
  for (const pair of query.split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = decode(equals === -1 ? pair : pair.slice(0, equals));
    const value = equals === -1 ? '' : decode(pair.slice(equals + 1));
    (params[name] ??= []).push(value);
  }
  for (const values of Object.values(params)) Object.freeze(values);
  return Object.freeze(params);
}

function emptyParams(): Record<string, string[]> {
  const params: Record<string, string[]> = {};
  // Names come from the peer: `__proto__` must be one like any other.
  Object.setPrototypeOf(params, null);
  return params;
}

const NO_PARAMS: QueryParams = Object.freeze(emptyParams());

function splitQuery(text: string, host: string | undefined): RequestTarget {
  const mark = text.indexOf('?');
  if (mark === -1) return { path: text, query: undefined, host };
  return { path: text.slice(0, mark), query: text.slice(mark + 1), host };
}

function firstOf(text: string, one: string, other: string): number {
  for (let index = 0; index < text.length; index++) {
    const character = text.charAt(index);
    if (character === one || character === other) return index;
  }
  return text.length;
}

/** Says whether a text is visible ASCII, without `#`. */
export function isVisible(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code <= 0x20 || code >= 0x7f || code === 0x23) return false;
  }
  return true;
}

function decode(text: string): string {
  const spaced = text.replaceAll('+', ' ');
  if (!spaced.includes('%')) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced; // Not UTF-8, or a stray `%`: the application sees what was sent.
  }
}
