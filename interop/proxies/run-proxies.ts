import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

import type { Outcome } from '../test-case.ts';
import { withTimeout } from '../timeout.ts';
import { findVersions, type RouteResult, type RouteResults } from '../tunnel/run-tunnels.ts';
import { FORWARD_PROXIES, type ProxyKind } from './forward.ts';
import { PROXY_CASES, type ProxyCase, type ProxiedWay } from './proxy-cases.ts';
import { REVERSE_PROXIES } from './reverse.ts';
import { makeCertificate, type Certificate } from './servers.ts';

/** Packages of Debian with the proxies. */
export const PROXY_PACKAGES: readonly string[] = [
  'squid',
  'tinyproxy',
  'microsocks',
  'nginx-light',
  'haproxy',
  'openssl',
];

/** In milliseconds, for one case in one way. */
const CASE_TIMEOUT = 60_000;

/**
 * Starts each proxy, and has every case done through it, without and with TLS.
 *
 * @param temporary a folder for files
 * @param words part of the name of a case; `''` for all
 */
export async function runProxies(temporary: string, words: string): Promise<RouteResults> {
  // squid gives up root's rights before it reads its file of passwords.
  chmodSync(temporary, 0o711);
  const certificate = await makeCertificate();
  const routes: RouteResult[] = [];
  for (const [index, kind] of [...FORWARD_PROXIES, ...REVERSE_PROXIES].entries()) {
    const folder = join(temporary, `proxy-${index}`);
    mkdirSync(folder);
    routes.push({ route: kind.name, outcomes: await runKind(kind, { folder, certificate }, words) });
  }
  return { versions: await findVersions(PROXY_PACKAGES), routes };
}

async function runKind(
  kind: ProxyKind,
  surroundings: { readonly folder: string; readonly certificate: Certificate },
  words: string,
): Promise<Outcome[]> {
  const { ways, close } = await kind.open(surroundings);
  try {
    const outcomes: Outcome[] = [];
    for (const one of PROXY_CASES.filter(({ name }) => name.includes(words))) {
      for (const way of ways) outcomes.push(await carryOut(one, way));
    }
    return outcomes;
  } finally {
    await close();
  }
}

async function carryOut({ name, carryOut: act }: ProxyCase, way: ProxiedWay): Promise<Outcome> {
  const begin = performance.now();
  const explain = (): string => 'It did not end';
  const details = await withTimeout(act(way), CASE_TIMEOUT, explain).catch((error: unknown) => [
    error instanceof Error ? error.message : String(error),
  ]);
  const milliseconds = Math.round(performance.now() - begin);
  const status = details.length === 0 ? 'passed' : 'failed';
  return { group: name, case: `${name}, ${way.url.replace(/:.*/, '')}`, status, details, milliseconds };
}
