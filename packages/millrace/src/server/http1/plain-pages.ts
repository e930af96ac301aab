import type { IncomingMessage } from 'node:http';

import { parseTarget } from '../../protocol/handshake/rules/target.ts';
import { RequestError, type Refusal } from '../../protocol/handshake/rules/refusal.ts';
import type { StatusPage } from '../settings/listening-options.ts';

/** Paths for load balancers and whoever restarts the server. */
export interface HealthPaths {
  readonly readyPath: string | undefined;
  readonly livePath: string | undefined;
}

/**
 * Answers a request for one of the health paths.
 *
 * @param isReady - whether new connections are accepted
 *
 * @returns `undefined` if it is no such request
 */
export function healthAnswer(
  { method, url = '' }: IncomingMessage,
  { readyPath, livePath }: HealthPaths,
  isReady: boolean,
): Refusal | undefined {
  const path = parseTarget(url)?.path;
  if (path === undefined || (path !== readyPath && path !== livePath)) return undefined;
  if (method !== 'GET' && method !== 'HEAD') return undefined;
  const isFine = path === livePath || isReady;
  return {
    status: isFine ? 200 : 503,
    fields: [
      ['Content-Type', 'text/plain; charset=utf-8'],
      ['Cache-Control', 'no-store'],
    ],
    body: Buffer.from(isFine ? 'ok\n' : 'not ready\n'),
  };
}

/** Has the refusal of a plain request say what the status page does; any other stays as it is. */
export function presentRefusal(error: unknown, { headers }: IncomingMessage, page: StatusPage | false): unknown {
  if (page === false || !(error instanceof RequestError) || error.status !== 426) return error;
  if (headers['sec-websocket-version'] !== undefined) return error;
  if (!prefersHtml(headers.accept)) return new RequestError(426, page.text, { ...error.headers, Vary: 'Accept' });
  return new RequestError(426, page.html, {
    ...error.headers,
    Vary: 'Accept',
    'Content-Type': 'text/html; charset=utf-8',
    'X-Content-Type-Options': 'nosniff',
    'Content-Security-Policy': "default-src 'none'",
  });
}

/** Browsers name it; `curl` and its like take anything. */
function prefersHtml(accept = ''): boolean {
  return accept.toLowerCase().includes('text/html');
}
