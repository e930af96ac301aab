import { invalidElement, toList } from '../../base/checks.ts';
import { parseAuthority } from './authority.ts';
import type { Authority } from './authority.ts';

/**
 * Says whether requests for `host` are served.
 *
 * @param host - value of the `Host` header
 * @param allowed - as {@link checkAllowedHosts} lets them pass; `undefined` for all
 */
export function isAllowedHost(host: string, allowed: readonly string[] | undefined): boolean {
  if (allowed === undefined) return true;
  const asked = parseAuthority(host);
  return asked !== undefined && allowed.some((entry) => fits(asked, entry));
}

/**
 * Checks a value of the option `allowedHosts`.
 *
 * @throws {LocalUsageError} an entry is no name, address or pattern
 */
export function checkAllowedHosts(allowed: unknown): readonly string[] | undefined {
  if (allowed === undefined) return undefined;
  const hosts: string[] = [];
  for (const entry of toList('allowedHosts', allowed)) {
    if (typeof entry !== 'string' || parseAuthority(withoutWildcard(entry)) === undefined) {
      throw invalidElement('allowedHosts', entry, 'names such as example.com, *.example.com or localhost:8080');
    }
    hosts.push(entry);
  }
  return Object.freeze(hosts);
}

/** Says whether `hostname` is `pattern`, or, where that begins with `*.`, a name below it. Both in lower case. */
export function fitsHostname(hostname: string, pattern: string): boolean {
  if (!pattern.startsWith('*.')) return hostname === pattern;
  return hostname.length >= pattern.length && hostname.endsWith(pattern.slice(1));
}

/** Takes a leading `*.` off. */
export function withoutWildcard(pattern: string): string {
  return pattern.startsWith('*.') ? pattern.slice(2) : pattern;
}

function fits(asked: Authority, entry: string): boolean {
  const allowed = parseAuthority(withoutWildcard(entry));
  if (allowed === undefined || (allowed.port !== undefined && allowed.port !== asked.port)) return false;
  return fitsHostname(asked.hostname, entry.startsWith('*.') ? `*.${allowed.hostname}` : allowed.hostname);
}
