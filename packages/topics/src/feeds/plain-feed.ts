import type { BrokerMessage } from '../broker/broker.ts';
import type { Feed, FeedHost } from './feed.ts';
import { Outlet } from './outlet.ts';
import type { Subscription } from './subscription.ts';

/** A topic without history: what comes while the broker is away, or beyond what may wait, is lost. */
export class PlainFeed implements Feed {
  readonly #host: FeedHost;
  readonly #isShared: boolean;
  readonly #onReleased: () => void;
  readonly #outlet: Outlet;
  readonly #live = new Set<Subscription>();
  readonly #waiting = new Set<Subscription>();
  #isAttached = false;

  constructor(
    host: FeedHost,
    { isShared, onReleased }: { readonly isShared: boolean; readonly onReleased: () => void },
  ) {
    this.#host = host;
    this.#isShared = isShared;
    this.#onReleased = onReleased;
    const { fanOut, budget, maxHeld } = host;
    this.#outlet = new Outlet({ fanOut, budget, maxPending: maxHeld }, () => this.#live.values());
  }

  get size(): number {
    return this.#live.size + this.#waiting.size;
  }

  join(subscription: Subscription): void {
    if (this.#isAttached) this.#begin(subscription);
    else this.#waiting.add(subscription);
  }

  leave(subscription: Subscription): void {
    this.#live.delete(subscription);
    this.#waiting.delete(subscription);
  }

  onMessage(message: BrokerMessage): void {
    const { deliveries } = this.#host;
    if (this.#live.size === 0) return;
    const delivery = this.#isShared ? deliveries.shared(message) : deliveries.of(message);
    if (this.#outlet.put(delivery)) {
      this.#outlet.start();
      return;
    }
    for (const subscription of this.#live) subscription.lose();
  }

  countReceivers(): number {
    return this.#live.size;
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
    this.#live.add(subscription);
    subscription.goLive(this.#outlet.sequence, { recovered: false, place: undefined });
  }
}
