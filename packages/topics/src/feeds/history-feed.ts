import { toError } from '../base/deferred.ts';
import type { BrokerMessage, HistoryPage, HistoryPolicy, Place, StoredMessage } from '../broker/broker.ts';
import { checkPlace, type Evidence } from '../broker/position.ts';
import { DIAGNOSTICS } from '../topics/stats.ts';
import { BoundedList } from './budget.ts';
import type { Delivery } from './delivery.ts';
import type { Feed, FeedHost } from './feed.ts';
import { Outlet } from './outlet.ts';
import { PAGE_BYTES, PAGE_MESSAGES, type PageReader } from './page-reader.ts';
import { replay, type ReplaySource } from './replay.ts';
import type { Subscription } from './subscription.ts';

/** How long it takes until a read that has failed is tried again, in milliseconds. */
const RETRY_AFTER = 1000;

/** A live message that waits until what is before it has come. */
interface Held {
  readonly delivery: Delivery;
  readonly place: Place;
  readonly cost: number;
  /** The number of the read after whose beginning it came. */
  readonly read: number;
}

/** What a {@link HistoryFeed} is made of. */
export interface HistoryFeedSetup {
  readonly topic: string;
  readonly history: HistoryPolicy;
  readonly pages: PageReader;
  readonly onReleased: () => void;
}

/**
 * A topic with history: its messages are handed out in the one order that the broker gave them, each once. What does not follow the last one is held until
 * what is between has been read.
 */
export class HistoryFeed implements Feed, ReplaySource {
  readonly topic: string;
  readonly history: HistoryPolicy;
  readonly host: FeedHost;
  readonly pages: PageReader;
  readonly #onReleased: () => void;
  readonly #outlet: Outlet;
  readonly #live = new Set<Subscription>();
  /** Those who wait until this process knows where the topic stands. */
  readonly #waiting = new Set<Subscription>();
  readonly #replaying = new Set<Subscription>();
  readonly #held: BoundedList<Held>;
  /** The messages that were handed out last, for those who catch up. */
  readonly #tail: BoundedList<Delivery>;
  /** Of the message that was handed out last. */
  #place: Place | undefined;
  #isAttached = false;
  /** Whether live messages follow what was handed out. */
  #isCurrent = false;
  #isReading = false;
  /** Whether a live message was not held, as that was too much. */
  #hasMissed = false;
  /** How many reads have begun. */
  #reads = 0;
  #attachments = 0;
  #retryTimer: NodeJS.Timeout | undefined;

  constructor(host: FeedHost, { topic, history, pages, onReleased }: HistoryFeedSetup) {
    this.host = host;
    this.topic = topic;
    this.history = history;
    this.pages = pages;
    this.#onReleased = onReleased;
    const { fanOut, budget, maxHeld } = host;
    this.#outlet = new Outlet({ fanOut, budget, maxPending: maxHeld }, () => this.#live.values());
    this.#held = new BoundedList(maxHeld, budget);
    this.#tail = new BoundedList(maxHeld, budget);
  }

  get size(): number {
    return this.#live.size + this.#waiting.size + this.#replaying.size;
  }

  /** How often the topic was attached. */
  get attachments(): number {
    return this.#attachments;
  }

  /** Where the topic stands in this process; `undefined` while that is not known, or may be behind. */
  get current(): Place | undefined {
    return this.#isCurrent ? this.#place : undefined;
  }

  join(subscription: Subscription): void {
    if (this.#isCurrent) this.#begin(subscription);
    else this.#waiting.add(subscription);
  }

  leave(subscription: Subscription): void {
    this.#live.delete(subscription);
    this.#waiting.delete(subscription);
    this.#endReplay(subscription);
  }

  countReceivers(): number {
    return this.#live.size;
  }

  // From the broker

  onAttached(): void {
    this.#isAttached = true;
    this.#attachments++;
    this.#catchUp();
  }

  onDetached(): void {
    this.#isAttached = false;
    this.#isCurrent = false;
    this.#held.clear();
    this.#hasMissed = false;
  }

  onReleased(): void {
    this.close();
    this.#onReleased();
  }

  close(): void {
    this.onDetached();
    clearTimeout(this.#retryTimer);
    this.#tail.clear();
    this.#outlet.clear();
  }

  onMessage({ place, ...message }: BrokerMessage): void {
    // Whoever publishes without history to a topic that has one here has other rules than we.
    if (place === undefined) return;
    const delivery = this.host.deliveries.of({ ...message, place });
    if (this.#isCurrent && this.#follows(place, message.previous)) {
      if (this.#accept(delivery, place)) return;
    } else if (this.#isCurrent && this.#isOld(place)) return;
    this.#hold(delivery, place);
    if (!this.#isCurrent) return;
    this.host.counters.add('gaps');
    if (DIAGNOSTICS.gap.hasSubscribers) DIAGNOSTICS.gap.publish({ broker: this.host.brokerName });
    this.#catchUp();
  }

  /** Learns where the topic stands at the broker. */
  compare(top: Place | undefined): void {
    const place = this.current;
    if (place === undefined || (top?.epoch === place.epoch && top.offset <= place.offset)) return;
    if (top !== undefined || place.offset > 0) this.#catchUp();
  }

  // For those who catch up

  /** Live messages come to a subscription that has caught up. */
  goLive(subscription: Subscription, recovered: boolean): void {
    this.#endReplay(subscription);
    this.#live.add(subscription);
    subscription.goLive(this.#outlet.sequence, { recovered, place: this.#place });
  }

  catchUp(subscription: Subscription): void {
    this.#endReplay(subscription);
    this.#waiting.add(subscription);
    this.#catchUp();
  }

  /** A subscription that has not caught up waits until that can go on. */
  waitAgain(subscription: Subscription): void {
    this.#endReplay(subscription);
    if (!subscription.hasEnded) this.join(subscription);
  }

  /** What follows a place, if it was handed out not long ago. */
  tailBehind({ epoch, offset }: Place): Delivery[] | undefined {
    const first = this.#tail.peek()?.message.place;
    const before = this.#tail.peek()?.message.previous ?? (first?.offset ?? 0) - 1;
    if (first?.epoch !== epoch || before > offset || this.#place?.epoch !== epoch) return undefined;
    const tail = this.#tail.after(({ message }) => (message.place?.offset ?? 0) <= offset);
    return tail.length > 0 ? tail : undefined;
  }

  /** The tail is for those who catch up alone, and has no gaps: without them, it is not kept. */
  #endReplay(subscription: Subscription): void {
    this.#replaying.delete(subscription);
    if (this.#replaying.size === 0) this.#tail.clear();
  }

  #begin(subscription: Subscription): void {
    const { since, last } = subscription.setup;
    if (since === undefined && last === 0 && subscription.cursor === undefined) {
      this.goLive(subscription, false);
      return;
    }
    this.#replaying.add(subscription);
    void replay(this, subscription);
  }

  // In order

  #follows({ epoch, offset }: Place, previous = offset - 1): boolean {
    return this.#place?.epoch === epoch && this.#place.offset === previous;
  }

  #isOld({ epoch, offset }: Place): boolean {
    return this.#place?.epoch === epoch && offset <= this.#place.offset;
  }

  /** Has the next message handed out, unless too much waits. */
  #accept(delivery: Delivery, place: Place): boolean {
    if (!this.#outlet.put(delivery)) return false;
    // Handing out may have the next one published.
    this.#place = place;
    if (this.#replaying.size > 0) this.#keepTail(delivery);
    this.#outlet.start();
    return true;
  }

  #keepTail(delivery: Delivery): void {
    while (!this.#tail.put(delivery) && this.#tail.size > 0) this.#tail.take();
  }

  #hold(delivery: Delivery, place: Place): void {
    const { cost } = delivery;
    if (!this.#held.put({ delivery, place, cost, read: this.#reads })) this.#hasMissed = true;
  }

  // Catching up with the broker

  #catchUp(): void {
    this.#isCurrent = false;
    if (this.#isReading) return;
    this.#isReading = true;
    clearTimeout(this.#retryTimer);
    void this.#read();
  }

  async #read(): Promise<void> {
    while (this.#isAttached && !this.#isCurrent) {
      const attachment = this.#attachments;
      try {
        await this.#outlet.idle();
        const page = await this.#readPage();
        if (this.#isStill(attachment)) await this.#take(page);
      } catch (error) {
        // Where the broker was away and is back, there is no reason to wait.
        if (!this.#isStill(attachment)) continue;
        this.#retry(toError(error));
        break;
      }
    }
    this.#isReading = false;
    for (const subscription of this.#takeWaiting()) this.#begin(subscription);
  }

  #isStill(attachment: number): boolean {
    return this.#isAttached && attachment === this.#attachments;
  }

  #readPage(): Promise<HistoryPage> {
    const { host, history } = this;
    this.#reads++;
    this.#hasMissed = false;
    host.counters.add('reads');
    if (this.#place === undefined) return host.link.read(this.topic, { limit: 1, maxBytes: 0, history });
    const from = this.#place.offset;
    return host.link.read(this.topic, { from, limit: PAGE_MESSAGES, maxBytes: PAGE_BYTES, history });
  }

  /** Takes what was read, and goes on with live messages if that was all. */
  async #take(page: HistoryPage): Promise<void> {
    const { top, messages } = page;
    if (this.#place === undefined) this.#place = top;
    else if (checkPlace(this.#place, evidenceIn(page, this.#place)) === 'lost') {
      await this.#loseFrom(page);
      return;
    }
    this.#acceptAll(messages);
    this.#settle(top);
  }

  #acceptAll(messages: readonly StoredMessage[]): void {
    for (const message of messages) {
      if (this.#isOld(message.place)) continue;
      if (!this.#accept(this.host.deliveries.of(message), message.place)) return;
    }
  }

  /** Goes on with live messages, unless some that are before them were not read. */
  #settle(top: Place): void {
    if (this.#place === undefined || this.#place.offset < top.offset || this.#hasMissed) return;
    for (let held = this.#held.peek(); held !== undefined; held = this.#held.peek()) {
      if (this.#follows(held.place, held.delivery.message.previous)) {
        if (!this.#accept(held.delivery, held.place)) return;
      } else if (!this.#isOld(held.place) && !this.#isOfThePast(held)) return;
      this.#held.take();
    }
    this.#isCurrent = true;
  }

  /** Whether it is of an epoch that was over when the last read began. */
  #isOfThePast({ place, read }: Held): boolean {
    return place.epoch !== this.#place?.epoch && read < this.#reads;
  }

  /** Messages behind the last one are gone: says so, and goes on with what there is. */
  async #loseFrom(page: HistoryPage): Promise<void> {
    const { host } = this;
    const place = this.#place;
    const isTrimmed = place !== undefined && isTrimmedAway(page, place);
    host.counters.add('losses');
    if (DIAGNOSTICS.loss.hasSubscribers) DIAGNOSTICS.loss.publish({ broker: host.brokerName });
    for (const subscription of this.#live) subscription.lose();
    this.#tail.clear();
    this.pages.clear();
    const [first] = page.messages;
    if (isTrimmed && first !== undefined) {
      this.#place = { epoch: page.top.epoch, offset: first.place.offset - 1, id: '' };
      this.#acceptAll(page.messages);
      this.#settle(page.top);
      return;
    }
    if (place?.epoch === page.top.epoch && !isTrimmed) await host.link.renew(this, page.top.epoch);
    this.#place = undefined;
    await this.#restart();
  }

  /** Begins anew where the topic stands, with what came meanwhile: nobody has got that. */
  async #restart(): Promise<void> {
    const attachment = this.#attachments;
    const { top } = await this.#readPage();
    if (!this.#isStill(attachment)) return;
    for (let held = this.#held.peek(); held !== undefined; held = this.#held.peek()) {
      const isBehind = held.place.epoch === top.epoch && held.place.offset > top.offset;
      if (isBehind || !this.#outlet.put(held.delivery)) break;
      this.#held.take();
    }
    this.#place = top;
    this.#outlet.start();
    this.#settle(top);
  }

  #retry(error: Error): void {
    // When the broker comes back, it goes on by itself.
    if (!this.#isAttached || !this.host.link.isUp) return;
    this.host.report(error);
    this.#retryTimer = setTimeout(() => this.#catchUp(), RETRY_AFTER).unref();
  }

  #takeWaiting(): Subscription[] {
    if (!this.#isCurrent) return [];
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    return waiting;
  }
}

/** What a page that begins at a place says about it. */
function evidenceIn({ top, messages }: HistoryPage, { offset }: Place): Evidence {
  const there = messages.find((message) => message.place.offset === offset);
  return { top, idThere: there?.id, lowest: messages[0]?.place.offset };
}

/** Whether the broker still has the epoch, and more than was seen, but not what came right behind the place. */
function isTrimmedAway({ top, messages }: HistoryPage, { epoch, offset }: Place): boolean {
  return top.epoch === epoch && top.offset > offset && (messages[0]?.place.offset ?? Infinity) > offset;
}
