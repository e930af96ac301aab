import { UnsubscribedError } from '../base/errors.ts';
import { createDeferred } from '../base/deferred.ts';
import type { Place } from '../broker/broker.ts';
import { formatPosition } from '../broker/position.ts';
import type { Subscriber } from '../subscribers/subscriber.ts';
import type { OnSlow } from '../topics/rules.ts';
import { DIAGNOSTICS, type Counters } from '../topics/stats.ts';
import type { Delivery } from './delivery.ts';
import type { Receiver } from './outlet.ts';

/** Try again later (RFC 6455 registry). */
const TRY_AGAIN_LATER = 1013;

/** How many topics of one pattern may each have a latest message that waits. */
const MAX_LATEST = 1000;

/** What a subscription is when live messages come. */
export interface SubscriptionReady {
  /** Whether all that was published behind `since` has been sent, and nothing is missing. `false` without `since`. */
  readonly recovered: boolean;
  /** Where live messages begin: all behind it come. A snapshot that is loaded now is not older. `undefined` for a topic without history, and for patterns. */
  readonly position: string | undefined;
}

/** A subscription, as an application has it. */
export interface TopicSubscription {
  /** The topic or pattern. */
  readonly topic: string;
  /**
   * Settles when live messages come. It fails with `NotAllowedError`, `TopicLimitError`, or with `UnsubscribedError` when the subscription ends before. Nobody
   * has to look at it. While the broker is away, it waits.
   */
  readonly ready: Promise<SubscriptionReady>;
  /** Settles when it has ended: with the reason if it was taken away, otherwise with `undefined`. It never rejects. */
  readonly ended: Promise<Error | undefined>;
  /** How many messages were left out: for a slow subscriber, or because the broker had them no more. Of the latter, 1 stands for any number. */
  readonly lost: number;
  /** Ends it. Repeating it does nothing. */
  unsubscribe(): void;
}

/** What a subscription is made of. */
export interface SubscriptionSetup {
  readonly subscriber: Subscriber;
  readonly topic: string;
  readonly onSlow: OnSlow;
  readonly counters: Counters;
  /** It wants to catch up from there; `undefined` for not. Whatever a peer has sent. */
  readonly since: unknown;
  /** So many of the newest messages are wanted. */
  readonly last: number;
  /** Whether another subscription of the same subscriber brings it the message. */
  readonly isCovered: ((topic: string) => boolean) | undefined;
  readonly onLost: ((topic: string) => void) | undefined;
  readonly onEnded: (subscription: Subscription) => void;
}

/** One subscriber's interest in one topic or pattern. */
export class Subscription implements Receiver, TopicSubscription {
  readonly setup: SubscriptionSetup;
  /** Up to where it was sent what was missing; `undefined` when that has not begun. */
  cursor: Place | undefined;
  /** The attachment of the topic in which it was seen that the broker has the message at the cursor. */
  checkedIn = 0;
  /** Whether it is being sent all that it has missed. */
  isRecovering: boolean;
  /** How many messages it was sent so. */
  recoveredMessages = 0;
  readonly #ready = createDeferred<SubscriptionReady>();
  readonly #ended = createDeferred<Error | undefined>();
  #hasEnded = false;
  /** Live messages above this are for it. */
  #from = Infinity;
  #lost = 0;
  /** The latest message of each topic that waits until the subscriber has drained. */
  #latest: Map<string, Delivery> | undefined;

  constructor(setup: SubscriptionSetup) {
    this.setup = setup;
    this.isRecovering = setup.since !== undefined;
  }

  get topic(): string {
    return this.setup.topic;
  }

  get ready(): Promise<SubscriptionReady> {
    return this.#ready.promise;
  }

  get ended(): Promise<Error | undefined> {
    return this.#ended.promise;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  get lost(): number {
    return this.#lost;
  }

  unsubscribe(): void {
    this.end();
  }

  /** Ends it. */
  end(reason?: Error): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#latest = undefined;
    this.setup.onEnded(this);
    this.#ready.reject(reason ?? new UnsubscribedError(this.topic));
    this.#ended.resolve(reason);
  }

  /**
   * Live messages come from now on.
   *
   * @param sequence - those above are for it
   */
  goLive(sequence: number, ready: { readonly recovered: boolean; readonly place: Place | undefined }): void {
    this.#from = sequence;
    const { recovered, place } = ready;
    if (this.setup.since !== undefined) this.setup.counters.add(recovered ? 'recovered' : 'notRecovered');
    this.#ready.resolve({ recovered, position: place === undefined ? undefined : formatPosition(place) });
  }

  receive(delivery: Delivery, sequence: number): void {
    if (sequence <= this.#from || this.#hasEnded || delivery.message.isMark === true) return;
    const { subscriber, onSlow, isCovered } = this.setup;
    if (delivery.except === subscriber) return;
    if (isCovered?.(delivery.message.topic) === true) return;
    if (onSlow !== 'queue' && (subscriber.isSlow || this.#latest !== undefined)) this.#lag(delivery);
    else this.hand(delivery);
  }

  /** Sends a message now. */
  hand(delivery: Delivery): void {
    const { prepared } = delivery;
    if (prepared === undefined) return;
    this.setup.counters.add('delivered');
    this.setup.subscriber.send(prepared);
  }

  /** Messages are missing, and nobody has them any more. */
  lose(count = 1): void {
    this.#lost += count;
    this.setup.counters.add('lost', count);
    this.setup.onLost?.(this.topic);
  }

  #lag(delivery: Delivery): void {
    const { onSlow, subscriber, counters } = this.setup;
    if (DIAGNOSTICS.lag.hasSubscribers) DIAGNOSTICS.lag.publish({ onSlow });
    if (onSlow === 'skip') this.lose();
    else if (onSlow === 'latest') this.#keepLatest(delivery);
    else {
      counters.add('closedForLag');
      this.end();
      subscriber.close(TRY_AGAIN_LATER, 'too slow');
    }
  }

  #keepLatest(delivery: Delivery): void {
    const { topic } = delivery.message;
    if (this.#latest === undefined) {
      this.#latest = new Map();
      void this.#sendLatest();
    }
    const isFull = this.#latest.size >= MAX_LATEST && !this.#latest.has(topic);
    if (isFull || this.#latest.has(topic)) this.lose();
    if (!isFull) this.#latest.set(topic, delivery);
  }

  async #sendLatest(): Promise<void> {
    const { subscriber } = this.setup;
    try {
      for (let latest = this.#latest; latest !== undefined; latest = this.#latest) {
        await subscriber.drained();
        for (const [topic, delivery] of latest) {
          if (subscriber.isSlow || this.#hasEnded) break;
          latest.delete(topic);
          this.hand(delivery);
        }
        if (latest.size === 0) this.#latest = undefined;
      }
    } catch {
      this.end(); // It has ended.
    }
  }
}
