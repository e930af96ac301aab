import type { Subscription } from '../feeds/subscription.ts';
import { matches } from '../names/pattern.ts';
import type { Subscriber } from '../subscribers/subscriber.ts';

/** The subscriptions of one subscriber. */
export class Member<Context = unknown> {
  readonly subscriber: Subscriber<Context>;
  readonly #byName = new Map<string, Subscription>();
  /** Those of patterns, the oldest first. */
  #patterns: Subscription[] = [];

  constructor(subscriber: Subscriber<Context>) {
    this.subscriber = subscriber;
  }

  get size(): number {
    return this.#byName.size;
  }

  get subscriptions(): readonly Subscription[] {
    return [...this.#byName.values()];
  }

  get(name: string): Subscription | undefined {
    return this.#byName.get(name);
  }

  add(subscription: Subscription, kind: 'topic' | 'pattern'): void {
    this.#byName.set(subscription.topic, subscription);
    if (kind === 'pattern') this.#patterns = [...this.#patterns, subscription];
  }

  delete(subscription: Subscription): void {
    this.#byName.delete(subscription.topic);
    this.#patterns = this.#patterns.filter((other) => other !== subscription);
  }

  /** Whether a message of a topic reaches the subscriber otherwise than by the subscription to `pattern`. */
  isCovered(topic: string, pattern: string): boolean {
    if (this.#byName.has(topic)) return true;
    if (this.#patterns.length === 1) return false;
    const first = this.#patterns.find((subscription) => matches(subscription.topic, topic));
    return first !== undefined && first.topic !== pattern;
  }
}
