import { invalidElement, invalidOption, toList } from '../../base/checks.ts';
import { fitsHostname } from './allowed-hosts.ts';
import { isLoopback, parseAuthority } from './authority.ts';
import type { Authority } from './authority.ts';
import { characterTable, consistsOf, isFieldValue } from './syntax.ts';

/**
 * Which pages a browser may connect from.
 *
 * - `'same-origin'`: the origin's host and port are those of the `Host` header; ports 80, 443 and none are the same, and
 *   http and https too, for TLS often ends at a proxy. A loopback origin may reach a loopback host on any port.
 * - `'*'`: any.
 * - a list of origins such as `https://example.com`, compared by scheme, host and port; nothing else passes. `'https://*.example.com'` stands for all
 *   names below `example.com`, but not for that; `'null'` for the origin that sandboxed frames and files have; `'file://'`, `'app://.'` and
 *   `'chrome-extension://…'` for those that Electron, Cordova and extensions of browsers have.
 * - a function that is asked with the origin and the host
 *
 * A request without an `Origin` header does not come from a browser, and passes.
 */
export type AllowedOrigins = 'same-origin' | '*' | readonly string[] | ((origin: string, host: string) => boolean);

/**
 * Checks the option `origin` of a client.
 *
 * @throws {LocalUsageError} it cannot stand in a header
 */
export function checkOrigin(value: unknown): string {
  if (typeof value === 'string' && value !== '' && isFieldValue(value)) return value;
  throw invalidOption('origin', value, 'an origin such as https://example.com');
}

/** A tuple origin: scheme, host and port (RFC 6454 §4). */
interface Origin extends Authority {
  readonly scheme: string;
}

const SCHEME_CHARACTERS: Uint8Array = characterTable('abcdefghijklmnopqrstuvwxyz0123456789+-.');

const DEFAULT_PORTS: ReadonlyMap<string, number> = new Map([
  ['http', 80],
  ['https', 443],
]);

/**
 * Says whether a page of `origin` may connect to `host`.
 *
 * @param origin - value of the `Origin` header, or `undefined` if there was none
 * @param host - value of the `Host` header
 * @param allowed - see {@link AllowedOrigins}
 *
 * @see RFC 6455 §10.2 (Origin Considerations)
 */
export function isAllowedOrigin(origin: string | undefined, host: string, allowed: AllowedOrigins): boolean {
  if (origin === undefined || allowed === '*') return true;
  if (allowed === 'same-origin') return isSameOrigin(origin, host);
  // Whatever is not `true` does not let anybody in: a promise, for one.
  if (typeof allowed === 'function') {
    const answer: unknown = allowed(origin, host);
    return answer === true;
  }
  if (origin === 'null') return allowed.includes('null');

  const parsed = parseOrigin(origin);
  return parsed !== undefined && allowed.some((entry) => fits(parsed, parsePattern(entry)));
}

/**
 * Checks a value of the option `allowedOrigins`.
 *
 * @throws {LocalUsageError} an entry is no origin: it has a path, a wildcard, no scheme, …
 */
export function checkAllowedOrigins(allowed: unknown): AllowedOrigins {
  if (allowed === '*' || allowed === 'same-origin' || isJudge(allowed)) return allowed;
  const origins: string[] = [];
  for (const entry of toList('allowedOrigins', allowed)) {
    if (typeof entry !== 'string' || (entry !== 'null' && parsePattern(entry) === undefined)) {
      throw invalidElement('allowedOrigins', entry, 'origins such as https://example.com or https://*.example.com');
    }
    origins.push(entry);
  }
  return Object.freeze(origins);
}

function isJudge(value: unknown): value is (origin: string, host: string) => boolean {
  return typeof value === 'function';
}

function isSameOrigin(origin: string, host: string): boolean {
  const page = parseOrigin(origin);
  const server = parseAuthority(host);
  if (page === undefined || server === undefined || !DEFAULT_PORTS.has(page.scheme)) return false;
  if (isLoopback(page.hostname) && isLoopback(server.hostname)) return true;
  return page.hostname === server.hostname && webPort(page.port) === webPort(server.port);
}

/** The port, where those that http and https default to are all the same. */
function webPort(port: number | undefined): number | undefined {
  return port === 80 || port === 443 ? undefined : port;
}

function fits(origin: Origin, pattern: Origin | undefined): boolean {
  return (
    origin.scheme === pattern?.scheme &&
    fitsHostname(origin.hostname, pattern.hostname) &&
    (origin.port ?? DEFAULT_PORTS.get(origin.scheme)) === (pattern.port ?? DEFAULT_PORTS.get(pattern.scheme))
  );
}

/** An origin whose host may begin with `*.`. */
function parsePattern(text: string): Origin | undefined {
  const start = text.indexOf('://') + 3;
  if (!text.startsWith('*.', start)) return parseOrigin(text);
  const origin = parseOrigin(text.slice(0, start) + text.slice(start + 2));
  return origin === undefined || origin.hostname === '' ? undefined : { ...origin, hostname: `*.${origin.hostname}` };
}

function parseOrigin(text: string): Origin | undefined {
  const end = text.indexOf('://');
  const scheme = text.slice(0, Math.max(end, 0)).toLowerCase();
  if (!consistsOf(scheme, SCHEME_CHARACTERS)) return undefined;
  const rest = text.slice(end + 3);
  // Files have no host; pages of the web have one.
  if (rest === '') return DEFAULT_PORTS.has(scheme) ? undefined : { scheme, hostname: '', port: undefined };
  const authority = parseAuthority(rest);
  return authority === undefined ? undefined : { scheme, ...authority };
}
