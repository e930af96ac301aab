import type { KeepAliveOptions } from './options.ts';

/** What {@link KeepAlive.check} wants done. */
export type KeepAliveVerdict = 'alive' | 'ping' | 'lost';

/**
 * Finds peers that have vanished: pings after a silence, gives up after a longer one.
 *
 * Any byte counts as a sign of life, and costs one assignment. Inside a frame that comes in, where the peer cannot answer a
 * ping, only `midFrameTimeout` counts. All times are milliseconds of the clock of the driver.
 */
export class KeepAlive {
  readonly #options: KeepAliveOptions | false;
  #heardAt: number;
  #pingedAt: number | undefined;
  /** When the last ping was sent whose pong has not come. */
  #unansweredSince: number | undefined;
  /** Time between a ping and its pong, for the last that was answered, in milliseconds. */
  latency: number | undefined;
  /** When to look again. */
  deadline: number;

  constructor(options: KeepAliveOptions | false, now: number) {
    this.#options = options;
    this.#heardAt = now;
    this.deadline = options === false ? Infinity : now + Math.min(options.interval, options.midFrameTimeout);
  }

  /** Notes that the peer was heard, or that for now its silence is our doing. */
  heard(now: number): void {
    this.#heardAt = now;
    this.#pingedAt = undefined;
  }

  /** Notes that a pong has come which answers a ping of ours, if one waits for it. */
  answered(now: number): void {
    if (this.#unansweredSince === undefined) return;
    this.latency = now - this.#unansweredSince;
    this.#unansweredSince = undefined;
  }

  /**
   * Judges the silence so far, and sets the next {@link deadline}. On `'ping'`, the caller sends one.
   *
   * @param isBlind - nothing is read, so that the peer may have said something: its silence counts from when reading goes on. It is pinged nevertheless,
   *   which shows whether it is still there
   */
  check(
    now: number,
    { insideFrame, isBlind }: { readonly insideFrame: boolean; readonly isBlind: boolean },
  ): KeepAliveVerdict {
    if (this.#options === false) return 'alive';
    const { interval, timeout, midFrameTimeout } = this.#options;
    if (isBlind) {
      this.heard(now);
      this.deadline = now + Math.min(interval, midFrameTimeout);
      // What is not read says nothing about how long the answer took.
      this.#unansweredSince = undefined;
      return interval === Infinity ? 'alive' : 'ping';
    }
    if (insideFrame) {
      const lostAt = this.#heardAt + midFrameTimeout;
      this.deadline = Math.min(lostAt, now + interval);
      return now >= lostAt ? 'lost' : 'alive';
    }
    const isSilent = this.#pingedAt === undefined && now >= this.#heardAt + interval;
    if (isSilent) this.#pingedAt = this.#unansweredSince = now;
    const dueAt = this.#pingedAt === undefined ? this.#heardAt + interval : this.#pingedAt + timeout;
    // Meanwhile the ping may be answered, or a frame may begin and stop.
    this.deadline = Math.min(dueAt, now + interval, now + midFrameTimeout);
    if (isSilent) return 'ping';
    return now >= dueAt ? 'lost' : 'alive';
  }
}
