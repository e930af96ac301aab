import { CloseCode } from '../base/close-code.ts';
import { LimitExceededError } from '../base/errors.ts';
import { Opcode, isControlOpcode } from '../base/opcode.ts';
import { HoldReason, type ReadAhead } from './read-ahead.ts';

/** How much a peer may send in a second, and what becomes of what exceeds that. */
export interface ReceiveRate {
  /** Messages a second; `Infinity` for no limit. */
  readonly messages: number;
  /** Bytes a second, headers included; `Infinity` for no limit. */
  readonly bytes: number;
  /** Frames a second, control frames included; `Infinity` for no limit. */
  readonly frames: number;
  /** How much may come at once: what comes in so many milliseconds at the rate. */
  readonly burst: number;
  /** Whether what exceeds it waits, as for an application that is busy, or fails the connection (1008). */
  readonly onExcess: 'wait' | 'refuse';
}

/** What is counted. */
export type RateKind = 'messages' | 'bytes' | 'frames';

const KINDS: readonly RateKind[] = ['messages', 'bytes', 'frames'];

/** What a sum of fractions may be off by. */
const TOLERANCE = 1e-6;

/**
 * A token bucket: it has tokens for a burst at first, gets some with time up to that, and whatever comes takes some. More may be taken than is there; then, it is in debt.
 *
 * No timer belongs to it, and it looks at the clock only when it has run out.
 */
class TokenBucket {
  readonly #rate: number;
  readonly #capacity: number;
  #tokens: number;
  #filledAt: number;

  constructor(rate: number, burst: number, now: number) {
    this.#rate = rate;
    this.#capacity = Math.max(1, (rate * burst) / 1000);
    this.#tokens = this.#capacity;
    this.#filledAt = now;
  }

  get tokens(): number {
    return this.#tokens;
  }

  /** Whether there is not one token left. */
  get isSpent(): boolean {
    return this.#tokens < 1 - TOLERANCE;
  }

  /** Whether more was taken than was there. */
  get isOverdrawn(): boolean {
    return this.#tokens < -TOLERANCE;
  }

  /** Whether more than another burst was taken than was there. */
  get isDeepInDebt(): boolean {
    return this.#tokens < -this.#capacity;
  }

  /** When there is a token again, in milliseconds. */
  get readyAt(): number {
    return this.#filledAt + (Math.max(0, 1 - this.#tokens) * 1000) / this.#rate;
  }

  take(count: number, now: number): void {
    if (this.#tokens - count < 1) this.fill(now);
    this.#tokens -= count;
  }

  fill(now: number): void {
    this.#tokens = Math.min(this.#capacity, this.#tokens + ((now - this.#filledAt) * this.#rate) / 1000);
    this.#filledAt = now;
  }
}

/** What a {@link RateLimiter} works with. */
export interface RateLimiterSetup {
  readonly rate: ReceiveRate;
  /** The time in milliseconds. */
  readonly now: () => number;
  /** Has the application wait. */
  readonly readAhead: Pick<ReadAhead, 'hold' | 'release'>;
}

/** Counts what a peer sends, and has the application wait when it is too much, or refuses it. */
export class RateLimiter {
  readonly #setup: RateLimiterSetup;
  readonly #buckets: ReadonlyMap<RateKind, TokenBucket>;
  #isSpent = false;
  #isOver = false;

  constructor(setup: RateLimiterSetup) {
    const { rate, now } = setup;
    this.#setup = setup;
    this.#buckets = new Map(
      KINDS.filter((kind) => rate[kind] !== Infinity).map((kind) => [
        kind,
        new TokenBucket(rate[kind], rate.burst, now()),
      ]),
    );
  }

  get #refuses(): boolean {
    return this.#setup.rate.onExcess === 'refuse';
  }

  /** Whether so much has come that nothing more should be parsed, not even what is answered at once. */
  get isFlooded(): boolean {
    if (!this.#isSpent) return false;
    for (const bucket of this.#buckets.values()) if (bucket.isDeepInDebt) return true;
    return false;
  }

  /** When {@link renew} may be of use, in milliseconds; `Infinity` while nothing is spent. */
  get deadline(): number {
    if (!this.#isSpent) return Infinity;
    let readyAt = -Infinity;
    for (const bucket of this.#buckets.values()) if (bucket.isSpent) readyAt = Math.max(readyAt, bucket.readyAt);
    return readyAt;
  }

  /** How many bytes may be parsed before it is looked again: at least one. */
  get bytesAtOnce(): number {
    const bucket = this.#buckets.get('bytes');
    if (bucket === undefined || this.#isOver) return Infinity;
    bucket.fill(this.#setup.now());
    if (bucket.isSpent) return this.#refuses ? 1 : Infinity;
    // One more than may come, where that is refused.
    return Math.ceil(bucket.tokens) + 1;
  }

  /**
   * Counts something.
   *
   * @throws {LimitExceededError} it is more than may come, and that is refused
   */
  count(kind: RateKind, count: number): void {
    const bucket = this.#buckets.get(kind);
    if (bucket === undefined || this.#isOver) return;
    const { rate, now, readAhead } = this.#setup;
    bucket.take(count, now());
    if (this.#refuses) {
      if (bucket.isOverdrawn) throw exceeded(kind, rate);
    } else if (bucket.isSpent) {
      this.#isSpent = true;
      readAhead.hold(HoldReason.RATE);
    }
  }

  /**
   * Counts a frame that begins, where what exceeds the rate is refused: the application is told nothing of it then.
   *
   * @throws {LimitExceededError} it is more than may come
   */
  beginFrame(opcode: number): void {
    if (!this.#refuses) return;
    this.count('frames', 1);
    if (opcode !== Opcode.CONTINUATION && !isControlOpcode(opcode)) this.count('messages', 1);
  }

  /** Counts a frame that has come, where what exceeds the rate waits: it has not to wait for itself. */
  endFrame(): void {
    if (!this.#refuses) this.count('frames', 1);
  }

  /** Counts a message that the application was told of. */
  countTold(): void {
    if (!this.#refuses) this.count('messages', 1);
  }

  /**
   * Time has passed.
   *
   * @returns whether the application may go on
   */
  renew(): boolean {
    const now = this.#setup.now();
    for (const bucket of this.#buckets.values()) {
      bucket.fill(now);
      if (bucket.isSpent) return false;
    }
    this.#release();
    return true;
  }

  /** Counts no more: what comes now ends the connection. */
  end(): void {
    this.#isOver = true;
    this.#release();
  }

  #release(): void {
    this.#isSpent = false;
    this.#setup.readAhead.release(HoldReason.RATE);
  }
}

/** Makes what counts at `rate`, if there is one. */
export function createRateLimiter(
  rate: ReceiveRate | undefined,
  host: { now(): number },
  readAhead: RateLimiterSetup['readAhead'],
): RateLimiter | undefined {
  return rate === undefined ? undefined : new RateLimiter({ rate, now: () => host.now(), readAhead });
}

function exceeded(kind: RateKind, rate: ReceiveRate): LimitExceededError {
  const limit = rate[kind];
  const size = Math.ceil((limit * rate.burst) / 1000) + 1;
  const unit = `${kind} in ${String(rate.burst)} ms`;
  return new LimitExceededError(
    { option: `receiveRate.${kind}`, limit, size, unit, advice: 'the peer sends faster than it may' },
    CloseCode.POLICY_VIOLATION,
  );
}
