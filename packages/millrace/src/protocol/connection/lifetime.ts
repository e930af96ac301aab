import type { ConnectionHost } from './host.ts';

/** How long a connection may last, and be of no use, in milliseconds; `Infinity` sets no limit. */
export interface LifetimeLimits {
  readonly maxLifetime: number;
  readonly idleTimeout: number;
}

/** By how much the end of connections that began together is spread, of their lifetime, in both directions. */
const JITTER = 0.1;

/**
 * Knows when a connection is to be closed though nothing is wrong with it: it is old, or no data message has come or gone for too long. All times are milliseconds of the clock of the
 * driver.
 */
export class Lifetime {
  readonly #limits: LifetimeLimits;
  readonly #endsAt: number;
  #activeAt: number;
  #activity = 0;

  /** @param random - from 0 to 1, so that connections that began together do not end together */
  constructor(limits: LifetimeLimits, now: number, random: number) {
    this.#limits = limits;
    this.#endsAt = now + limits.maxLifetime * (1 + JITTER * (2 * random - 1));
    this.#activeAt = now;
  }

  /** When to look again. */
  get deadline(): number {
    return Math.min(this.#endsAt, this.#activeAt + this.#limits.idleTimeout);
  }

  /** Notes how much data has come and gone so far, in whatever unit: what counts is whether it has changed. */
  note(now: number, activity: number): void {
    if (activity === this.#activity) return;
    this.#activity = activity;
    this.#activeAt = now;
  }

  /** Notes that it is in use. */
  renew(now: number): void {
    this.#activeAt = now;
  }

  /** Says which option wants it closed at `now`, if one does. */
  judge(now: number): keyof LifetimeLimits | undefined {
    if (now >= this.#endsAt) return 'maxLifetime';
    return now >= this.#activeAt + this.#limits.idleTimeout ? 'idleTimeout' : undefined;
  }
}

/** Makes what holds the limits, if there are any. */
export function createLifetime(limits: LifetimeLimits, host: ConnectionHost): Lifetime | undefined {
  if (limits.maxLifetime === Infinity && limits.idleTimeout === Infinity) return undefined;
  // A masking key is 32 random bits.
  return new Lifetime(limits, host.now(), (host.maskingKey() >>> 0) / 2 ** 32);
}
