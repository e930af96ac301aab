import type { BrokerMessage } from '../broker/broker.ts';
import { PatternIndex } from '../names/pattern.ts';
import type { Feed, FeedHost } from './feed.ts';
import type { Delivery } from './delivery.ts';
import { Outlet, type Receiver } from './outlet.ts';
import type { Subscription } from './subscription.ts';

/** All topics below a root, for those who have subscribed patterns. */
export class RootFeed implements Feed {
  readonly #host: FeedHost;
  readonly #onReleased: () => void;
  readonly #outlet: Outlet;
  readonly #live = new PatternIndex<Set<Subscription>>();
  readonly #waiting = new Set<Subscription>();
  #size = 0;
  #isAttached = false;

  constructor(host: FeedHost, { onReleased }: { readonly onReleased: () => void }) {
    this.#host = host;
    this.#onReleased = onReleased;
    const { fanOut, budget, maxHeld } = host;
    this.#outlet = new Outlet({ fanOut, budget, maxPending: maxHeld }, (delivery) => this.#receiversOf(delivery));
  }

  get size(): number {
    return this.#size + this.#waiting.size;
  }

  join(subscription: Subscription): void {
    if (this.#isAttached) this.#begin(subscription);
    else this.#waiting.add(subscription);
  }

  leave(subscription: Subscription): void {
    this.#waiting.delete(subscription);
    const subscriptions = this.#live.get(subscription.topic);
    if (subscriptions?.delete(subscription) !== true) return;
    this.#size--;
    if (subscriptions.size === 0) this.#live.delete(subscription.topic);
  }

  onMessage(message: BrokerMessage): void {
    if (this.countReceivers(message.topic) === 0) return;
    if (this.#outlet.put(this.#host.deliveries.shared(message))) {
      this.#outlet.start();
      return;
    }
    for (const subscriptions of this.#live.matching(message.topic)) {
      for (const subscription of subscriptions) subscription.lose();
    }
  }

  countReceivers(topic: string): number {
    let count = 0;
    for (const subscriptions of this.#live.matching(topic)) count += subscriptions.size;
    return count;
  }

  onAttached(): void {
    this.#isAttached = true;
    for (const subscription of this.#waiting) this.#begin(subscription);
    this.#waiting.clear();
  }

  onDetached(): void {
    this.#isAttached = false;
  }

  onReleased(): void {
    this.close();
    this.#onReleased();
  }

  close(): void {
    this.#outlet.clear();
  }

  #begin(subscription: Subscription): void {
    const { topic } = subscription;
    const subscriptions = this.#live.get(topic) ?? new Set<Subscription>();
    subscriptions.add(subscription);
    this.#live.set(topic, subscriptions);
    this.#size++;
    subscription.goLive(this.#outlet.sequence, { recovered: false, place: undefined });
  }

  *#receiversOf({ message }: Delivery): Generator<Receiver, undefined> {
    for (const subscriptions of this.#live.matching(message.topic)) yield* subscriptions;
    return undefined;
  }
}
