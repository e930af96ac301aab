import { channel, type Channel as DiagnosticsChannel } from 'node:diagnostics_channel';

/** What has happened since the topics were made; counters only grow. */
export interface TopicsStats {
  /** Subscriptions that there are. */
  readonly subscriptions: number;
  /** Topics and roots that are subscribed at the broker, or will be. */
  readonly topics: number;
  /** Messages that were published from here. */
  readonly published: number;
  /** Of these, those that failed. */
  readonly failedPublications: number;
  /** Messages that came from the broker. */
  readonly received: number;
  /** Messages that were handed to subscribers. */
  readonly delivered: number;
  /** Messages that subscribers did not get: they were too slow, or the broker has them no more. */
  readonly lost: number;
  /** Subscribers that were closed for being slow. */
  readonly closedForLag: number;
  /** Subscriptions that have recovered all they had missed. */
  readonly recovered: number;
  /** Those that asked for it and have not. */
  readonly notRecovered: number;
  /** Gaps in what came, that were filled from history. */
  readonly gaps: number;
  /** Times that the broker had lost messages. */
  readonly losses: number;
  /** Reads of histories. */
  readonly reads: number;
  /** Bytes that wait in this process, about. */
  readonly held: number;
}

/** The counters among {@link TopicsStats}. */
export type Counter = Exclude<keyof TopicsStats, 'subscriptions' | 'topics' | 'held'>;

/** Counts. */
export class Counters {
  readonly #counts: Record<Counter, number> = {
    published: 0,
    failedPublications: 0,
    received: 0,
    delivered: 0,
    lost: 0,
    closedForLag: 0,
    recovered: 0,
    notRecovered: 0,
    gaps: 0,
    losses: 0,
    reads: 0,
  };

  add(counter: Counter, count = 1): void {
    this.#counts[counter] += count;
  }

  get counts(): Readonly<Record<Counter, number>> {
    return { ...this.#counts };
  }
}

/**
 * Channels of `node:diagnostics_channel`. Messages have no names of topics in them, of which there may be any number.
 *
 * - `millrace:topics:up`, `millrace:topics:down`: the broker can be used, or is away: `{ broker, error? }`
 * - `millrace:topics:publish-failed`: `{ broker, outcome }`
 * - `millrace:topics:gap`: messages were missing, and are read: `{ broker }`
 * - `millrace:topics:loss`: the broker has lost messages: `{ broker }`
 * - `millrace:topics:lag`: a subscriber was closed, or left out: `{ onSlow }`
 */
export const DIAGNOSTICS: Readonly<
  Record<'up' | 'down' | 'publishFailed' | 'gap' | 'loss' | 'lag', DiagnosticsChannel>
> = {
  up: channel('millrace:topics:up'),
  down: channel('millrace:topics:down'),
  publishFailed: channel('millrace:topics:publish-failed'),
  gap: channel('millrace:topics:gap'),
  loss: channel('millrace:topics:loss'),
  lag: channel('millrace:topics:lag'),
};
