import { HandshakeError, toError } from '../protocol/base/errors.ts';
import { redactUrl } from '../protocol/base/checks.ts';
import { isFieldValue } from '../protocol/handshake/rules/syntax.ts';
import type { HeaderField } from '../protocol/handshake/rules/header-fields.ts';
import { parseEndpoint } from './endpoint.ts';
import type { Endpoint } from './endpoint.ts';
import type { ResolvedClientOptions } from './options.ts';

/** What is asked for next. */
export interface RequestPlan {
  readonly endpoint: Endpoint;
  /** Header fields of the application. */
  readonly headers: readonly HeaderField[];
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** What is sent to nobody but whom it was meant for. */
const CREDENTIALS: ReadonlySet<string> = new Set(['authorization', 'cookie', 'proxy-authorization']);

/** Says what to ask for after a refusal, if there is anything: where a redirect leads, or the same with credentials. */
export class Follower {
  readonly #options: ResolvedClientOptions;
  #redirects = 0;
  #hasAuthorized = false;

  constructor(options: ResolvedClientOptions) {
    this.#options = options;
  }

  /**
   * Decides about a refusal.
   *
   * @throws {HandshakeError} that refusal, or why it is not followed
   */
  async next(plan: RequestPlan, refusal: unknown): Promise<RequestPlan> {
    if (!(refusal instanceof HandshakeError) || refusal.status === undefined) throw refusal;
    if (refusal.status === 401) return this.#authorize(plan, refusal);
    const { location } = refusal.headers;
    if (!REDIRECTS.has(refusal.status) || location === undefined || this.#options.maxRedirects === 0) throw refusal;
    this.#redirects++;
    if (this.#redirects > this.#options.maxRedirects) {
      throw notFollowed(
        refusal,
        `it was redirected more than maxRedirects, ${String(this.#options.maxRedirects)} times`,
      );
    }
    return redirect(plan, refusal, location);
  }

  async #authorize(plan: RequestPlan, refusal: HandshakeError): Promise<RequestPlan> {
    const { onUnauthorized } = this.#options;
    if (onUnauthorized === undefined || this.#hasAuthorized) throw refusal;
    this.#hasAuthorized = true;
    const { headers, headersDistinct } = refusal;
    const challenges = headersDistinct['www-authenticate'] ?? [];
    const authorization = await onUnauthorized({ url: plan.endpoint.url, challenges, headers });
    if (authorization === undefined) throw refusal;
    if (typeof authorization !== 'string' || !isFieldValue(authorization)) {
      throw notFollowed(refusal, 'onUnauthorized returned what cannot be an Authorization header');
    }
    const others = plan.headers.filter(([name]) => name.toLowerCase() !== 'authorization');
    return { endpoint: { ...plan.endpoint, authorization }, headers: others };
  }
}

function redirect({ endpoint, headers }: RequestPlan, refusal: HandshakeError, location: string): RequestPlan {
  if (endpoint.socketPath !== undefined)
    throw notFollowed(refusal, 'redirects of a Unix domain socket are not followed');
  const next = toEndpoint(endpoint, refusal, location);
  if (endpoint.encrypted && !next.encrypted) {
    throw notFollowed(refusal, `a redirect from TLS to ${next.url}, without it, is not followed`);
  }
  const isSame = next.encrypted === endpoint.encrypted && next.host === endpoint.host;
  return {
    // Credentials in a redirect are the server's, not ours.
    endpoint: { ...next, authorization: isSame ? endpoint.authorization : undefined },
    headers: isSame ? headers : headers.filter(([name]) => !CREDENTIALS.has(name.toLowerCase())),
  };
}

function toEndpoint(endpoint: Endpoint, refusal: HandshakeError, location: string): Endpoint {
  const base = `${endpoint.encrypted ? 'https' : 'http'}://${endpoint.host}${endpoint.target}`;
  try {
    const url = new URL(location, base);
    url.hash = '';
    const next = parseEndpoint(url);
    if (next.socketPath === undefined) return next;
  } catch (error) {
    throw notFollowed(refusal, `the redirect leads nowhere: ${toError(error).message}`);
  }
  throw notFollowed(refusal, `a redirect to ${redactUrl(location)} is not followed`);
}

function notFollowed({ status, headers, headersDistinct, body }: HandshakeError, why: string): HandshakeError {
  return new HandshakeError(`the server answered with status ${String(status)}; ${why}`, {
    status,
    headers,
    headersDistinct,
    body,
  });
}
