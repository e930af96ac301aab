import { CloseCode } from '../protocol/base/close-code.ts';
import type { Closure } from '../protocol/base/closure.ts';
import { checkLimit, invalidOption } from '../protocol/base/checks.ts';
import { checkCloseBody } from '../protocol/wire/close-body.ts';
import { MAX_TIMEOUT } from '../transport/timers.ts';
import { createDeferred, handled, type Deferred } from './deferred.ts';

/** How a server ends its connections. */
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
   * Time for all of it, in milliseconds, not `Infinity`. Then connections that are still there are dropped, and handlers that still run are waited for no longer.
   *
   * @defaultValue 10_000
   */
  readonly timeout?: number | undefined;
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

/** What a {@link ConnectionSet} does with its members. */
export interface ConnectionEndings<Member> {
  /** Starts the closing handshake. */
  close(member: Member, code: number, reason: string): void;
  /** Ends the transport. */
  drop(member: Member): void;
}

const DEFAULT_TIMEOUT = 10_000;

/** How long a dropped connection may take to end, in milliseconds. */
const DROP_TIME = 100;

/** The connections of a server, which end together. */
export class ConnectionSet<Member> {
  readonly #endings: ConnectionEndings<Member>;
  readonly #members = new Set<Member>();
  /** Those that are open, and those whose application has not returned. */
  readonly #unfinished = new Set<Member>();
  readonly #closing = new AbortController();
  /** Settles when nothing is left. */
  #emptied: Deferred<undefined> | undefined;
  #closed: Promise<CloseServerResult> | undefined;
  /** What the Close says that each connection gets. */
  #close: { readonly code: number; readonly reason: string } | undefined;
  /** Whether the time is over, so that handlers are waited for no longer. */
  #isOver = false;
  #clean = 0;
  #dropped = 0;
  #unsentBytes = 0;

  constructor(endings: ConnectionEndings<Member>) {
    this.#endings = endings;
  }

  /** The open connections. */
  get members(): ReadonlySet<Member> {
    return this.#members;
  }

  /** Fires when {@link close} is called. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** Adds a connection; when all are being closed, it is closed, too. */
  add(member: Member): void {
    this.#members.add(member);
    this.#unfinished.add(member);
    if (this.#close !== undefined) this.#endings.close(member, this.#close.code, this.#close.reason);
  }

  /** A connection has ended. */
  end(member: Member, { wasClean, unsentBytes }: Closure): void {
    this.#members.delete(member);
    if (this.#isOver && this.#members.size === 0) this.#emptied?.resolve(undefined);
    if (this.#closed === undefined) return;
    if (wasClean) this.#clean++;
    else this.#dropped++;
    this.#unsentBytes += unsentBytes;
  }

  /** A connection has ended, and its application has returned from everything. */
  finish(member: Member): void {
    this.#unfinished.delete(member);
    if (this.#unfinished.size === 0) this.#emptied?.resolve(undefined);
  }

  /**
   * Closes all connections, and resolves when they have ended and their handlers have returned, at the latest when the time is over. Repeating it waits for the
   * same.
   *
   * @param options - checked before anything is done
   * @param stop - called with the closing begun: ends what makes new connections
   *
   * @throws {LocalUsageError} the code may not be sent, the reason is too long, or the timeout is none
   */
  async close(options: CloseServerOptions, stop: () => Promise<void>): Promise<CloseServerResult> {
    const { code = CloseCode.GOING_AWAY, reason = '', timeout = DEFAULT_TIMEOUT } = options;
    checkCloseBody({ code, reason }, 'server');
    if (checkLimit('timeout', timeout) > MAX_TIMEOUT) {
      throw invalidOption('timeout', timeout, `at most ${String(MAX_TIMEOUT)} milliseconds`);
    }
    this.#closed ??= this.#closeAll({ code, reason, timeout }, stop);
    return this.#closed;
  }

  async #closeAll(
    { code, reason, timeout }: { code: number; reason: string; timeout: number },
    stop: () => Promise<void>,
  ): Promise<CloseServerResult> {
    this.#close = { code, reason };
    this.#closing.abort();
    this.#emptied = createDeferred();
    const { promise, resolve } = this.#emptied;
    for (const member of this.#members) this.#endings.close(member, code, reason);
    const stopped = handled(stop());
    if (this.#unfinished.size === 0) resolve(undefined);
    let timer = setTimeout(() => {
      this.#isOver = true;
      for (const member of this.#members) this.#endings.drop(member);
      // A transport that does not end is not waited for.
      timer = setTimeout(() => resolve(undefined), DROP_TIME);
      if (this.#members.size === 0) resolve(undefined);
    }, timeout);
    await promise;
    clearTimeout(timer);
    await stopped;
    return {
      clean: this.#clean,
      dropped: this.#dropped,
      unsentBytes: this.#unsentBytes,
      handlersRunning: this.#unfinished.size,
    };
  }
}
