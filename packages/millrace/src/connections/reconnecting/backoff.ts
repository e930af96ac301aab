import {
  checkLimit,
  checkObject,
  checkOptionNames,
  invalidOption,
  type KnownNames,
} from '../../protocol/base/checks.ts';
import { MAX_TIMEOUT } from '../../transport/timers.ts';

/** How long to wait before the next attempt: longer each time, and never the same for two clients. */
export interface BackoffOptions {
  /**
   * Longest first wait, in milliseconds.
   *
   * @defaultValue 1000
   */
  readonly initial?: number | undefined;
  /**
   * Longest wait of all, in milliseconds. A server can ask for no more with `Retry-After`.
   *
   * @defaultValue 30_000
   */
  readonly max?: number | undefined;
  /**
   * What the longest wait is multiplied with from one to the next, at least 1.
   *
   * @defaultValue 2
   */
  readonly factor?: number | undefined;
  /**
   * The part of a wait that is left to chance, from 0 to 1. With 1, a wait is anything between nothing and the longest, which spreads
   * clients best that have lost the same server at the same time; with 0, all of them come back at once.
   *
   * @defaultValue 1
   */
  readonly jitter?: number | undefined;
}

const BACKOFF_NAMES: KnownNames<keyof BackoffOptions> = { initial: true, max: true, factor: true, jitter: true };

/** {@link BackoffOptions} with every default filled in and every value checked. */
export type ResolvedBackoffOptions = Readonly<Record<keyof BackoffOptions, number>>;

/**
 * Fills in the defaults of {@link BackoffOptions} and checks the values.
 *
 * @throws {LocalUsageError} naming the option, its value and what would be valid
 */
export function resolveBackoffOptions(options: BackoffOptions = {}): ResolvedBackoffOptions {
  checkObject('option backoff', options);
  checkOptionNames('backoff', options, BACKOFF_NAMES);
  const { initial = 1000, max = 30_000, factor = 2, jitter = 1 } = options;
  return Object.freeze({
    initial: checkLimit('backoff.initial', initial),
    max: Math.min(checkLimit('backoff.max', max), MAX_TIMEOUT),
    factor: checkRange('backoff.factor', factor, [1, Number.MAX_VALUE]),
    jitter: checkRange('backoff.jitter', jitter, [0, 1]),
  });
}

function checkRange(option: string, value: unknown, [from, to]: readonly [number, number]): number {
  if (typeof value === 'number' && value >= from && value <= to) return value;
  throw invalidOption(option, value, `a number from ${String(from)} to ${String(to)}`);
}

/** The waits between attempts: exponential, with a limit, and with jitter. */
export class Backoff {
  readonly #options: ResolvedBackoffOptions;
  readonly #random: () => number;
  #longest: number;

  /** @param random - gives numbers from 0 up to but not 1 */
  constructor(options: ResolvedBackoffOptions, random: () => number) {
    this.#options = options;
    this.#random = random;
    this.#longest = Math.min(options.initial, options.max);
  }

  /** The next wait, in milliseconds; the one after it may be longer. */
  next(): number {
    const { max, factor, jitter } = this.#options;
    const wait = this.#longest * (1 - jitter * this.#random());
    this.#longest = Math.min(this.#longest * factor, max);
    return wait;
  }

  /** Begins with the shortest wait again. */
  reset(): void {
    this.#longest = Math.min(this.#options.initial, this.#options.max);
  }
}
