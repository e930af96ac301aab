import { createHash, randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';

import { createDeferred } from '../engine/deferred.ts';
import { MillraceError } from '../protocol/base/errors.ts';
import { listRequestFields } from '../protocol/handshake/http1/client-request.ts';
import { acceptInput } from '../protocol/handshake/http1/response.ts';
import type { ConnectionResponse } from '../protocol/handshake/rules/connection-response.ts';
import { prepareSocket } from '../transport/socket-setup.ts';
import { attemptOn, transportError, type AcceptedAttempt } from './attempt.ts';
import { openTransport } from './connector.ts';
import { OpeningDeadline } from './deadline.ts';
import { parseEndpoint } from './endpoint.ts';
import type { Endpoint } from './endpoint.ts';
import { Follower, type RequestPlan } from './follow.ts';
import type { ResolvedClientOptions } from './options.ts';

/** A connection whose opening handshake is done. */
export interface EstablishedHandshake {
  /**
   * The transport, not flowing; `'error'` has a listener that ignores it. It may have ended or been destroyed by the time
   * somebody looks at it.
   */
  readonly socket: Duplex;
  /** What the server sent right behind its response; its own memory. Comes before anything that is read from the socket. */
  readonly head: Uint8Array;
  readonly response: ConnectionResponse;
  /** The URL that was dialed, without user name and password. */
  readonly url: string;
}

/**
 * Connects to a WebSocket server and does the opening handshake. Redirects are followed as the options say.
 *
 * @param url - `ws:`, `wss:`, `http:`, `https:` or `ws+unix:`; a user name and password in it become an `Authorization` header
 * @param extensions - value of the `Sec-WebSocket-Extensions` header: what to offer
 *
 * @throws {LocalUsageError} the URL is invalid, or something of the request cannot be sent
 * @throws {TransportError} there is no connection: name lookup, TCP or TLS failed, or it was lost; with `cause`
 * @throws {HandshakeError} the server did not accept, what it answered is not valid, or the time was up
 * @throws {Error} the reason of the option `signal`, if that was aborted
 *
 * @see RFC 6455 §4.1 (Client Requirements)
 */
export async function dial(
  url: string | URL,
  options: ResolvedClientOptions,
  extensions?: string,
): Promise<EstablishedHandshake> {
  let plan: RequestPlan = { endpoint: parseEndpoint(url), headers: options.headers };
  const follower = new Follower(options);
  const deadline = new OpeningDeadline(options.handshakeTimeout, options.signal);
  const { signal } = deadline;
  try {
    for (;;) {
      const outcome = await attempt(plan, options, { extensions, signal }).then(
        (accepted) => ({ accepted }),
        (refusal: unknown) => ({ refusal }),
      );
      if ('accepted' in outcome) {
        prepareSocket(outcome.accepted.socket);
        return { ...outcome.accepted, url: plan.endpoint.url };
      }
      plan = await unlessAborted(follower.next(plan, outcome.refusal), signal);
    }
  } finally {
    deadline.stop();
  }
}

interface AttemptPlan {
  readonly extensions: string | undefined;
  readonly signal: AbortSignal;
}

async function attempt(
  { endpoint, headers }: RequestPlan,
  options: ResolvedClientOptions,
  { extensions, signal }: AttemptPlan,
): Promise<AcceptedAttempt> {
  const { target, host, authorization } = endpoint;
  const { origin, subprotocols, maxHeaderSize, maxHeaderCount, agent, tls } = options;
  const key = randomBytes(16).toString('base64');
  const fields = listRequestFields({ target, host, key, origin, subprotocols, extensions, authorization, headers });
  const accept = createHash('sha1').update(acceptInput(key)).digest('base64');
  const rules = { accept, subprotocols, extensions, maxHeaderSize, maxHeaderCount };
  const transport = agent === undefined ? { socket: await open(endpoint, options, signal) } : { agent, tls };
  return attemptOn(transport, { endpoint, rules, fields, signal });
}

/** Opens the transport, but waits no longer than the signal says, whoever opens it. */
async function open(endpoint: Endpoint, options: ResolvedClientOptions, signal: AbortSignal): Promise<Duplex> {
  signal.throwIfAborted();
  try {
    return await unlessAborted(openTransport(endpoint, options, signal), signal);
  } catch (error) {
    if (signal.aborted || error instanceof MillraceError) throw error;
    throw transportError(endpoint, error);
  }
}

/** Waits for what somebody else does, but no longer than the signal says. */
async function unlessAborted<T>(pending: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = createDeferred<never>();
  const onAbort = (): void => aborted.reject(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([pending, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
