import type { Closure } from '../protocol/base/closure.ts';
import { systemClock, type AlarmClock } from '../transport/timers.ts';
import {
  resolveCloseOptions,
  type CloseServerOptions,
  type CloseServerResult,
  type ResolvedCloseOptions,
} from './close-options.ts';
import { createDeferred, handled, type Deferred } from './deferred.ts';

/** What a {@link ConnectionSet} does with its members. */
export interface ConnectionEndings<Member> {
  /** Starts the closing handshake; not if that is under way, or done. */
  close(member: Member, code: number, reason: string): void;
  /** Ends the transport. */
  drop(member: Member): void;
}

/** Where the connections of a set come from. */
export interface ConnectionSource {
  /** Whether its port stays open while connections are closed, unless told otherwise. */
  readonly keepsPort: boolean;
  /** Says to load balancers that it will end. Connections are still accepted. */
  announceEnd(): void;
  /** Accepts nothing more: whoever comes is answered with 503, or finds the port closed. */
  refuseNew(options: { readonly keepPort: boolean }): void;
  /** Ends it. */
  close(): Promise<void>;
}

/** How long a dropped connection may take to end, in milliseconds. */
const DROP_TIME = 100;

/** A shutdown under way. */
interface Shutdown {
  readonly options: ResolvedCloseOptions;
  /** Where connections come from; `undefined` when that was ended. */
  source: ConnectionSource | undefined;
  readonly done: Deferred<CloseServerResult>;
  /** Cancels what is still to ring. */
  cancelDeadline: () => void;
  cancelNext: () => void;
}

/** The connections of a server, which end together. */
export class ConnectionSet<Member> {
  readonly #endings: ConnectionEndings<Member>;
  readonly #clock: AlarmClock;
  readonly #members = new Set<Member>();
  /** Those that are open, and those whose application has not returned. */
  readonly #unfinished = new Set<Member>();
  readonly #closing = new AbortController();
  #shutdown: Shutdown | undefined;
  /** Whether no new connections are accepted any more. */
  #isRefusing = false;
  /** Whether the time is over, so that handlers are waited for no longer. */
  #isOver = false;
  #clean = 0;
  #dropped = 0;
  #unsentBytes = 0;

  constructor(endings: ConnectionEndings<Member>, clock: AlarmClock = systemClock) {
    this.#endings = endings;
    this.#clock = clock;
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
    if (this.#isRefusing) this.#close(member);
  }

  /** A connection has ended. */
  end(member: Member, { wasClean, unsentBytes }: Closure): void {
    this.#members.delete(member);
    if (this.#shutdown === undefined) return;
    if (wasClean) this.#clean++;
    else this.#dropped++;
    this.#unsentBytes += unsentBytes;
    this.#lookWhatIsLeft();
  }

  /** A connection has ended, and its application has returned from everything. */
  finish(member: Member): void {
    this.#unfinished.delete(member);
    this.#lookWhatIsLeft();
  }

  /**
   * Closes all connections, and resolves when they have ended and their handlers have returned, at the latest when the time is over. Repeating it waits for the
   * same.
   *
   * @param options - checked before anything is done
   * @param source - what makes new connections; it is ended with them
   *
   * @throws {LocalUsageError} an option has a value that it cannot have
   */
  async close(options: CloseServerOptions, source: ConnectionSource | undefined): Promise<CloseServerResult> {
    const resolved = resolveCloseOptions(options);
    if (this.#shutdown === undefined) {
      this.#shutdown = {
        options: resolved,
        source,
        done: createDeferred(),
        cancelDeadline: nothing,
        cancelNext: nothing,
      };
      this.#begin(this.#shutdown);
    }
    return this.#shutdown.done.promise;
  }

  #begin(shutdown: Shutdown): void {
    const { source, options } = shutdown;
    const { now } = this.#clock;
    shutdown.cancelDeadline = this.#clock.setAlarm(now + options.timeout, () => this.#endTime(shutdown));
    this.#closing.abort();
    source?.announceEnd();
    if (options.lameDuck === 0) this.#refuse(shutdown);
    else shutdown.cancelNext = this.#clock.setAlarm(now + options.lameDuck, () => this.#refuse(shutdown));
  }

  /** Has nothing more accepted, and begins to close. */
  #refuse(shutdown: Shutdown): void {
    const { source, options } = shutdown;
    this.#isRefusing = true;
    source?.refuseNew({ keepPort: options.keepPort ?? source.keepsPort });
    this.#closeDue(shutdown, { members: [...this.#members], begunAt: this.#clock.now, next: 0 });
    this.#lookWhatIsLeft();
  }

  /** Closes those whose time has come: they are spread evenly. */
  #closeDue(
    shutdown: Shutdown,
    {
      members,
      begunAt,
      next,
    }: { readonly members: readonly Member[]; readonly begunAt: number; readonly next: number },
  ): void {
    const { drain } = shutdown.options;
    const dueAt = (index: number): number => begunAt + (drain * index) / members.length;
    let index = next;
    for (; index < members.length && dueAt(index) <= this.#clock.now; index++) this.#close(members[index]!);
    if (index === members.length) return;
    const rest = { members, begunAt, next: index };
    shutdown.cancelNext = this.#clock.setAlarm(dueAt(index), () => this.#closeDue(shutdown, rest));
  }

  #close(member: Member): void {
    if (this.#shutdown === undefined || !this.#members.has(member)) return;
    const { code, reason } = this.#shutdown.options;
    this.#endings.close(member, code, reason);
  }

  #lookWhatIsLeft(): void {
    if (this.#shutdown === undefined || !this.#isRefusing || this.#members.size > 0) return;
    stop(this.#shutdown);
    if (this.#unfinished.size === 0) this.#finish(this.#shutdown);
    else if (this.#isOver) this.#finishSoon(this.#shutdown, 0);
  }

  /** The time is over: ends what is left. */
  #endTime(shutdown: Shutdown): void {
    this.#isOver = true;
    this.#isRefusing = true;
    shutdown.cancelNext();
    stop(shutdown);
    // A transport that does not end is not waited for.
    this.#finishSoon(shutdown, DROP_TIME);
    for (const member of this.#members) this.#endings.drop(member);
    this.#lookWhatIsLeft();
  }

  /** Waits a little: those whose connection was dropped return for that. */
  #finishSoon(shutdown: Shutdown, time: number): void {
    shutdown.cancelDeadline();
    shutdown.cancelDeadline = this.#clock.setAlarm(this.#clock.now + time, () => this.#finish(shutdown));
  }

  #finish({ done, cancelDeadline, cancelNext }: Shutdown): void {
    cancelDeadline();
    cancelNext();
    done.resolve({
      clean: this.#clean,
      dropped: this.#dropped,
      unsentBytes: this.#unsentBytes,
      handlersRunning: this.#unfinished.size,
    });
  }
}

/** Ends what makes connections. */
function stop(shutdown: Shutdown): void {
  if (shutdown.source !== undefined) void handled(shutdown.source.close());
  shutdown.source = undefined;
}

function nothing(): void {
  // Nothing is set.
}
