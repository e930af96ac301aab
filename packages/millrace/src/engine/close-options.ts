import { checkLimit, checkSwitch, invalidOption } from '../protocol/base/checks.ts';
import { CloseCode } from '../protocol/base/close-code.ts';
import { checkCloseBody } from '../protocol/wire/close-body.ts';
import { MAX_TIMEOUT } from '../transport/timers.ts';

/** How a server ends its connections. Times are milliseconds. */
export interface CloseServerOptions {
  /**
   * Code of the Close that each connection gets.
   *
   * @defaultValue 1001 (going away)
   */
  readonly code?: number | undefined;
  /** Reason of that Close. */
  readonly reason?: string | undefined;
  /**
   * Time for load balancers to notice: `readyPath` is answered with 503 already, and new connections are still accepted.
   *
   * @defaultValue 0
   */
  readonly lameDuck?: number | undefined;
  /**
   * Time over which the connections are closed, one after the other, so that their clients do not come back all at once.
   *
   * @defaultValue 0: all at once
   */
  readonly drain?: number | undefined;
  /**
   * Time for all of it, from the call on, not `Infinity`. Then connections that are still there are dropped, and handlers that still run are waited for no longer.
   *
   * @defaultValue 10_000 more than `lameDuck` and `drain` together
   */
  readonly timeout?: number | undefined;
  /**
   * Whether the port stays open until the last connection is closed: those who come meanwhile are answered with 503 and `Retry-After`. `false` closes it as soon as nothing
   * more is accepted, so that they find the process that listens there now. Where the server is attached to another, requests are left to that one then.
   *
   * @defaultValue true; false in a worker of `node:cluster`, with `reusePort`, and with `fd`
   */
  readonly keepPort?: boolean | undefined;
}

/** What became of the connections of a server that was closed. */
export interface CloseServerResult {
  /** So many connections ended cleanly. */
  readonly clean: number;
  /** So many did not: they were dropped when the time was over, or were lost before. */
  readonly dropped: number;
  /** Bytes that were accepted to be sent, on all of them together, and never reached a socket. */
  readonly unsentBytes: number;
  /** So many handlers and callbacks had not returned. */
  readonly handlersRunning: number;
}

/** {@link CloseServerOptions} with every default filled in and every value checked. */
export interface ResolvedCloseOptions {
  readonly code: number;
  readonly reason: string;
  readonly lameDuck: number;
  readonly drain: number;
  readonly timeout: number;
  /** `undefined` for what the server does by default. */
  readonly keepPort: boolean | undefined;
}

/** Time to close, besides that for which connections are left alone, in milliseconds. */
const DEFAULT_TIMEOUT = 10_000;

/**
 * Fills in the defaults of {@link CloseServerOptions}, and checks the values.
 *
 * @throws {LocalUsageError} naming the option, its value and what would be valid
 */
export function resolveCloseOptions(options: CloseServerOptions): ResolvedCloseOptions {
  const { code = CloseCode.GOING_AWAY, reason = '', lameDuck = 0, drain = 0, keepPort } = options;
  checkCloseBody({ code, reason }, 'server');
  const left = checkTime('lameDuck', lameDuck) + checkTime('drain', drain);
  const { timeout = Math.min(left + DEFAULT_TIMEOUT, MAX_TIMEOUT) } = options;
  if (checkTime('timeout', timeout) < left) {
    throw invalidOption('timeout', timeout, `at least lameDuck and drain together, ${String(left)} milliseconds`);
  }
  if (keepPort !== undefined) checkSwitch('keepPort', keepPort);
  return { code, reason, lameDuck, drain, timeout, keepPort };
}

function checkTime(option: string, value: number): number {
  if (checkLimit(option, value) <= MAX_TIMEOUT) return value;
  throw invalidOption(option, value, `at most ${String(MAX_TIMEOUT)} milliseconds`);
}
