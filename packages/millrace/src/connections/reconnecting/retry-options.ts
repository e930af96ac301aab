import { checkFunction, checkLimit, invalidOption, type KnownNames } from '../../protocol/base/checks.ts';
import type { HeaderFieldsInit } from '../../protocol/handshake/rules/header-fields.ts';
import { resolveBackoffOptions, type BackoffOptions, type ResolvedBackoffOptions } from './backoff.ts';
import { resolveQueueOptions, type QueueOptions, type ResolvedQueueOptions } from './queue-options.ts';

/** An attempt to connect that is about to be made. */
export interface ConnectionAttempt {
  /** Its number: 1 for the first, and for the first after a connection that was stable. */
  readonly attempt: number;
  /** The URL that `reconnect` was called with. */
  readonly url: string | URL;
  /** The option `headers`. */
  readonly headers: HeaderFieldsInit | undefined;
  /** Aborted when the option `signal` is. */
  readonly signal: AbortSignal;
  /** Why the attempt or the connection before it has ended; `undefined` for the very first. */
  readonly cause: Error | undefined;
}

/** What an attempt does otherwise than the one before. */
export interface AttemptChanges {
  /** The URL to connect to this time. */
  readonly url?: string | URL | undefined;
  /** Header fields to add to the request this time, in place of the option `headers`. */
  readonly headers?: HeaderFieldsInit | undefined;
}

/** When to connect again, and what to do until then. */
export interface RetryOptions {
  /** How long to wait before the next attempt. There is no wait before the very first. */
  readonly backoff?: BackoffOptions | undefined;
  /**
   * How long a connection must have been open, in milliseconds, for what was before it to be forgotten: only then do the waits and the count of attempts begin
   * anew. A server that accepts and then fails is not stormed.
   *
   * @defaultValue 10_000
   */
  readonly stableAfter?: number | undefined;
  /**
   * How many attempts to make without a stable connection, at least 1.
   *
   * @defaultValue Infinity
   */
  readonly maxAttempts?: number | undefined;
  /**
   * Says whether to try again after `cause`: a `TransportError` or `HandshakeError` of an attempt, the `ConnectionClosedError` of a connection that has ended, or
   * whatever `onConnecting` or `onConnect` has thrown.
   *
   * @param usual - what is done without this option. It is `true` for a connection that could not be made or was lost; for the statuses 408, 425,
   *   429 and from 500 on; for an opening handshake without a valid answer; for the close codes 1001, 1005, 1006 and 1011 to 1014, and the codes
   *   from 3000 on if it was us who closed
   *
   * @defaultValue what is usual
   */
  readonly retry?: ((cause: Error, usual: boolean) => boolean) | undefined;
  /**
   * An attempt is about to be made: the place to get a new token, or to choose another server. What it throws ends everything, unless `retry` says
   * otherwise.
   */
  readonly onConnecting?:
    ((attempt: ConnectionAttempt) => AttemptChanges | void | Promise<AttemptChanges | void>) | undefined;
  /**
   * Has messages of the handle's `send` wait while there is no connection.
   *
   * @defaultValue none: they are rejected then
   */
  readonly queue?: QueueOptions | undefined;
  /** Ends everything when it is aborted: a wait, an attempt, and the connection (1001). The iteration fails with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** What {@link RetryOptions} are called. */
export const RETRY_OPTION_NAMES: KnownNames<keyof RetryOptions> = {
  backoff: true,
  stableAfter: true,
  maxAttempts: true,
  retry: true,
  onConnecting: true,
  queue: true,
  signal: true,
};

/** How to reconnect, with every default filled in. */
export interface ReconnectRules {
  readonly backoff: ResolvedBackoffOptions;
  readonly stableAfter: number;
  readonly maxAttempts: number;
  readonly queue: ResolvedQueueOptions | undefined;
}

/**
 * Fills in the defaults of {@link RetryOptions}, and checks the values.
 *
 * @throws {LocalUsageError} naming the option, its value and what would be valid
 */
export function resolveRetryOptions(options: RetryOptions): ReconnectRules {
  checkFunction('retry', options.retry);
  checkFunction('onConnecting', options.onConnecting);
  const { backoff, stableAfter = 10_000, maxAttempts = Infinity } = options;
  if (maxAttempts === 0) throw invalidOption('maxAttempts', maxAttempts, 'at least 1');
  return Object.freeze({
    backoff: resolveBackoffOptions(backoff),
    stableAfter: checkLimit('stableAfter', stableAfter),
    maxAttempts: checkLimit('maxAttempts', maxAttempts),
    queue: resolveQueueOptions(options.queue),
  });
}
