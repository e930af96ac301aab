import { prepareMessage, type PreparedMessage } from 'millrace';

import { toError } from '../base/deferred.ts';
import { BrokerError } from '../base/errors.ts';
import type { BrokerLink, BrokerListener, BrokerMessage, Channel, PresenceChange } from '../broker/broker.ts';
import { Budget } from '../feeds/budget.ts';
import { Channels, type ChannelOwner } from '../feeds/channels.ts';
import { Deliveries } from '../feeds/delivery.ts';
import { FanOut } from '../feeds/fan-out.ts';
import type { Feed, FeedHost } from '../feeds/feed.ts';
import { HistoryFeed } from '../feeds/history-feed.ts';
import { PageReader } from '../feeds/page-reader.ts';
import { PlainFeed } from '../feeds/plain-feed.ts';
import { RootFeed } from '../feeds/root-feed.ts';
import { toFramed } from './framed-message.ts';
import type { FramedMessage, ResolvedTopicsOptions } from './options.ts';
import { LocalPresence } from './local-presence.ts';
import { Counters, DIAGNOSTICS } from './stats.ts';

/** So many topics are compared with one call. */
const COMPARED_AT_ONCE = 500;

type HubOptions = Pick<
  ResolvedTopicsOptions<never>,
  | 'broker'
  | 'rules'
  | 'frame'
  | 'maxHeld'
  | 'maxHeldTotal'
  | 'maxConcurrentRecoveries'
  | 'maxRecovery'
  | 'linger'
  | 'compareInterval'
>;

/** This process's side of the broker: what is subscribed there, and who gets what comes. */
export class Hub implements FeedHost, BrokerListener {
  readonly link: BrokerLink;
  readonly brokerName: string;
  readonly fanOut: FanOut = new FanOut();
  readonly budget: Budget;
  readonly deliveries: Deliveries;
  readonly counters: Counters = new Counters();
  readonly maxHeld: number;
  readonly maxRecovery: number;
  readonly report: (error: Error) => void;
  readonly presence: LocalPresence;
  readonly #rules: HubOptions['rules'];
  readonly #frame: ((message: FramedMessage) => string | Uint8Array) | undefined;
  readonly #channels: Channels;
  readonly #pages: PageReader;
  readonly #feeds = new Map<Channel, Feed>();
  readonly #histories = new Map<string, HistoryFeed>();
  readonly #watchers = new Map<string, Set<(change: PresenceChange) => void>>();
  readonly #comparing: NodeJS.Timeout;
  #isUp = false;
  #hasLink = false;

  constructor(options: HubOptions, report: (error: Error) => void) {
    this.report = report;
    this.brokerName = options.broker.name;
    this.maxHeld = options.maxHeld;
    this.maxRecovery = options.maxRecovery;
    this.budget = new Budget(options.maxHeldTotal);
    this.#rules = options.rules;
    this.#frame = options.frame;
    this.deliveries = new Deliveries((message) => this.#prepare(message));
    const link = (): BrokerLink => this.link;
    this.#channels = new Channels({ link, linger: options.linger, report });
    this.#pages = new PageReader({
      link,
      deliveries: this.deliveries,
      counters: this.counters,
      maxReads: options.maxConcurrentRecoveries,
    });
    this.presence = new LocalPresence({ link, report });
    this.#comparing = setInterval(() => void this.#compare(), options.compareInterval).unref();
    this.link = options.broker.open(this);
    this.#hasLink = true;
    if (this.#isUp) this.#useLink();
  }

  /** How many channels are subscribed, or will be. */
  get channels(): number {
    return this.#channels.size;
  }

  /** The feed of a topic or a pattern, for somebody who joins; it is subscribed at the broker while it has anybody. */
  feedFor(name: string, kind: 'topic' | 'pattern'): Feed {
    const channel = this.#channelOf(name, kind);
    const known = this.#feeds.get(channel);
    if (known !== undefined) {
      if (known.size === 0) this.#channels.use(channel, known);
      return known;
    }
    const feed = this.#createFeed(channel, name);
    this.#feeds.set(channel, feed);
    this.#channels.use(channel, feed);
    return feed;
  }

  /** Whether a topic or pattern has a feed. */
  hasFeed(name: string, kind: 'topic' | 'pattern'): boolean {
    return this.#feeds.has(this.#channelOf(name, kind));
  }

  /** Somebody has left: nobody may be there any more. */
  release(name: string, kind: 'topic' | 'pattern'): void {
    const channel = this.#channelOf(name, kind);
    if (this.#feeds.get(channel)?.size === 0) this.#channels.release(channel);
  }

  /** How many live subscriptions of this process get messages of a topic. */
  countReceivers(topic: string, root: string | undefined): number {
    const direct = this.#feeds.get(`topic:${topic}`)?.countReceivers(topic) ?? 0;
    return root === undefined ? direct : direct + (this.#feeds.get(`root:${root}`)?.countReceivers(topic) ?? 0);
  }

  /** Has a listener told who joins and leaves a topic; returns what ends that. */
  watchPresence(topic: string, listener: (change: PresenceChange) => void): () => void {
    const channel: Channel = `presence:${topic}`;
    const watchers = this.#watchers.get(topic) ?? new Set();
    watchers.add(listener);
    this.#watchers.set(topic, watchers);
    if (watchers.size === 1) this.#channels.use(channel, new PresenceChannel());
    return () => {
      if (!watchers.delete(listener) || watchers.size > 0) return;
      this.#watchers.delete(topic);
      this.#channels.release(channel);
    };
  }

  async close(): Promise<void> {
    clearInterval(this.#comparing);
    this.#isUp = false;
    this.#channels.close();
    this.presence.close();
    for (const feed of this.#feeds.values()) feed.close();
    this.#feeds.clear();
    this.#histories.clear();
    this.#watchers.clear();
    await this.link.close();
  }

  // From the broker

  onUp(): void {
    this.#isUp = true;
    if (DIAGNOSTICS.up.hasSubscribers) DIAGNOSTICS.up.publish({ broker: this.brokerName });
    // A broker in this process is there at once, before there is a link.
    if (this.#hasLink) this.#useLink();
  }

  onDown(error: Error): void {
    this.#isUp = false;
    if (DIAGNOSTICS.down.hasSubscribers) DIAGNOSTICS.down.publish({ broker: this.brokerName, error });
    this.#channels.onDown();
    this.#pages.clear();
  }

  onMessage(channel: Channel, message: BrokerMessage): void {
    this.counters.add('received');
    this.#feeds.get(channel)?.onMessage(message);
  }

  onPresence(change: PresenceChange): void {
    for (const listener of this.#watchers.get(change.topic) ?? []) {
      try {
        listener(change);
      } catch (error) {
        this.report(toError(error));
      }
    }
  }

  onError(error: Error): void {
    this.report(error);
  }

  #useLink(): void {
    this.#channels.onUp();
    this.presence.writeAll();
  }

  #channelOf(name: string, kind: 'topic' | 'pattern'): Channel {
    return kind === 'topic' ? `topic:${name}` : `root:${this.#rules.ofPattern(name).root}`;
  }

  #createFeed(channel: Channel, name: string): Feed {
    const onReleased = (): void => {
      this.#feeds.delete(channel);
      this.#histories.delete(name);
    };
    if (channel.startsWith('root:')) return new RootFeed(this, { onReleased });
    const { history, root } = this.#rules.of(name);
    if (history === undefined) return new PlainFeed(this, { isShared: root !== undefined, onReleased });
    const feed = new HistoryFeed(this, { topic: name, history, pages: this.#pages, onReleased });
    this.#histories.set(name, feed);
    return feed;
  }

  #prepare(message: BrokerMessage): PreparedMessage | undefined {
    const { type, data } = message;
    if (message.isMark === true) return undefined;
    if (this.#frame === undefined) return prepareMessage(data, { type });
    try {
      return prepareMessage(this.#frame(toFramed(message)));
    } catch (error) {
      this.report(toError(error));
      return undefined;
    }
  }

  /** Looks whether a message was missed that none has followed. */
  async #compare(): Promise<void> {
    const feeds = [...this.#histories.values()].filter(({ current }) => current !== undefined);
    try {
      for (let start = 0; start < feeds.length && this.#isUp; start += COMPARED_AT_ONCE) {
        const batch = feeds.slice(start, start + COMPARED_AT_ONCE);
        const tops = await this.link.tops(batch);
        for (const [index, feed] of batch.entries()) feed.compare(tops[index]);
      }
    } catch (error) {
      // Where the broker is away, it is told so.
      if (this.#isUp) this.report(error instanceof BrokerError ? error : toError(error));
    }
  }
}

/** Presence events are hints: none is waited for, and what is missed is missed. */
class PresenceChannel implements ChannelOwner {
  onAttached(): void {
    // Nobody waits for it.
  }

  onDetached(): void {
    // They are hints.
  }

  onReleased(): void {
    // Nothing is kept.
  }
}
