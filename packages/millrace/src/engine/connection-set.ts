import { CloseCode } from '../protocol/base/close-code.ts';
import { checkLimit } from '../protocol/base/checks.ts';
import { checkCloseBody } from '../protocol/wire/close-body.ts';
import { MAX_TIMEOUT } from '../transport/timers.ts';

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
   * Time that the connections have to end, in milliseconds; then they are dropped.
   *
   * @defaultValue the option `closeTimeout`
   */
  readonly timeout?: number | undefined;
}

/** What a {@link ConnectionSet} does with its members. */
export interface ConnectionEndings<Member> {
  /** Starts the closing handshake. */
  close(member: Member, code: number, reason: string): void;
  /** Ends the transport. */
  drop(member: Member): void;
}

/** The open connections of a server, which end together. */
export class ConnectionSet<Member> {
  readonly #endings: ConnectionEndings<Member>;
  readonly #members = new Set<Member>();
  #onEmpty: (() => void)[] = [];

  constructor(endings: ConnectionEndings<Member>) {
    this.#endings = endings;
  }

  /** The connections. */
  get members(): ReadonlySet<Member> {
    return this.#members;
  }

  /** Adds a connection. */
  add(member: Member): void {
    this.#members.add(member);
  }

  /** Takes a connection out, which is over. */
  delete(member: Member): void {
    this.#members.delete(member);
    if (this.#members.size > 0) return;
    for (const onEmpty of this.#onEmpty) onEmpty();
    this.#onEmpty = [];
  }

  /**
   * Closes all connections, and resolves when they are over. Repeating it waits for the same.
   *
   * @param options - checked before anything is done
   * @param closeTimeout - the `timeout` where the options have none, in milliseconds
   * @param stop - called with the closing begun: ends what makes new connections
   *
   * @throws {LocalUsageError} the code may not be sent, the reason is too long, or the timeout is none
   */
  async close(options: CloseServerOptions, closeTimeout: number, stop: () => Promise<void>): Promise<void> {
    const { code = CloseCode.GOING_AWAY, reason = '', timeout = closeTimeout } = options;
    checkCloseBody({ code, reason }, 'server');
    checkLimit('timeout', timeout);
    for (const member of this.#members) this.#endings.close(member, code, reason);
    const stopped = stop();
    const timer = setTimeout(
      () => {
        for (const member of this.#members) this.#endings.drop(member);
      },
      Math.min(timeout, MAX_TIMEOUT),
    );
    await Promise.all([stopped, this.#emptied().then(() => clearTimeout(timer))]);
  }

  async #emptied(): Promise<void> {
    if (this.#members.size > 0) await new Promise<void>((resolve) => this.#onEmpty.push(resolve));
  }
}
