import { LocalUsageError } from 'millrace';

import { checkFunction, checkInteger, checkOptions, quote } from '../base/checks.ts';
import { toError } from '../base/deferred.ts';
import { NotAllowedError, PublishError, TopicLimitError } from '../base/errors.ts';
import type { Presence, PresenceChange, PublishReceipt } from '../broker/broker.ts';
import { formatPosition, parsePosition } from '../broker/position.ts';
import { Subscription, type TopicSubscription } from '../feeds/subscription.ts';
import { checkPattern, checkTopic, isPattern } from '../names/topic-name.ts';
import type { Subscriber } from '../subscribers/subscriber.ts';
import { Hub } from './hub.ts';
import { Member } from './member.ts';
import {
  resolveTopicsOptions,
  type CreateTopicsOptions,
  type FramedMessage,
  type ResolvedTopicsOptions,
} from './options.ts';
import { ask, callAt, type Verdict } from './permissions.ts';
import { createPublication, publishThrough } from './publication.ts';
import { toFramed } from './framed-message.ts';
import { DIAGNOSTICS, type TopicsStats } from './stats.ts';
import {
  MAX_LAST,
  PUBLISH_NAMES,
  checkSubscribeOptions,
  checkSubscriber,
  toPresence,
  toPresentUser,
  type Kind,
  type PresenceEvent,
  type PresentUser,
  type PublishFromOptions,
  type PublishResult,
  type SubscribeOptions,
} from './topics-calls.ts';

/** How much one page of history may have, in bytes. */
const HISTORY_BYTES = 16 * 1024 * 1024;

/** Topics, to which one side publishes and others subscribe; see `createTopics`. */
export class Topics<Context = unknown> {
  readonly #options: ResolvedTopicsOptions<Context>;
  readonly #hub: Hub;
  readonly #members = new Map<Subscriber<Context>, Member<Context>>();
  #subscriptions = 0;
  #isClosed = false;

  /** @internal */
  constructor(options: CreateTopicsOptions<Context>) {
    this.#options = resolveTopicsOptions(options);
    this.#hub = new Hub(this.#options, (error) => this.#report(error));
  }

  /** What has happened since they were made. */
  get stats(): TopicsStats {
    return {
      ...this.#hub.counters.counts,
      subscriptions: this.#subscriptions,
      topics: this.#hub.channels,
      held: this.#hub.budget.used,
    };
  }

  /**
   * Subscribes to a topic, or to all that match a pattern: `*` is one segment, a final `**` one or more. It returns at once; {@link TopicSubscription.ready}
   * settles when live messages come. While the broker is away, that waits. A subscription that there is already is returned as it is.
   *
   * @param subscriber - a `WebSocketConnection`, or what `subscriberOf` has made
   * @param topic - 1 to 16 segments of 1 to 64 bytes, separated by `/`
   *
   * @throws {LocalUsageError} the name or an option is invalid, `since`, `last` or `presence` is given for a pattern or for a topic that has none of it, a pattern
   *   is not below a rule with `patterns: true`, or the topics are closed
   */
  subscribe(subscriber: Subscriber<Context>, topic: string, options: SubscribeOptions = {}): TopicSubscription {
    const name = checkPattern(topic);
    const kind = isPattern(name) ? 'pattern' : 'topic';
    const rule = kind === 'pattern' ? this.#options.rules.ofPattern(name) : this.#options.rules.of(name);
    checkSubscribeOptions(name, rule, kind, options);
    this.#checkOpen();
    const member = this.#memberOf(subscriber);
    const known = member.get(name);
    if (known !== undefined) return known;

    const leavings: (() => void)[] = [];
    const subscription = new Subscription({
      subscriber,
      topic: name,
      onSlow: rule.onSlow,
      counters: this.#hub.counters,
      since: options.since,
      last: options.last ?? 0,
      isCovered: kind === 'pattern' ? (other) => member.isCovered(other, name) : undefined,
      onLost: options.onLost === undefined ? undefined : (lost) => this.#tryCall(options.onLost, lost),
      onEnded: () => {
        for (const leave of leavings) leave();
      },
    });
    if (member.size >= this.#options.maxSubscriptions) {
      subscription.end(new TopicLimitError(name, 'maxSubscriptions', this.#options.maxSubscriptions));
      if (member.size === 0) this.#members.delete(subscriber);
      return subscription;
    }
    this.#add(member, subscription, kind);
    leavings.push(() => this.#remove(member, subscription));
    void this.#admit(subscription, { kind, subscriber, leavings, presence: toPresence(options.presence) });
    return subscription;
  }

  /**
   * Publishes a message to all who have subscribed, wherever they are.
   *
   * @param data - text, or bytes, which are copied
   *
   * @returns when the broker has it
   *
   * @throws {LocalUsageError} the name, the data or an option is invalid
   * @throws {NotAllowedError} `mayPublish` says no to `from`
   * @throws {PublishError} the broker has it not, or nobody knows whether it has: its `outcome` tells
   */
  async publish(
    topic: string,
    data: string | Uint8Array,
    options: PublishFromOptions<Context> = {},
  ): Promise<PublishResult> {
    checkTopic(topic);
    checkOptions('publish', options, PUBLISH_NAMES);
    const { from, except, signal } = options;
    const publication = createPublication(topic, data, this.#options.rules.of(topic), options);
    this.#checkOpen();
    if (from !== undefined) await this.#checkMayPublish(from, topic, data);
    if (except !== undefined) this.#hub.deliveries.except(publication.id, except);
    const { broker } = this.#options;
    try {
      const receipt = await publishThrough(this.#hub.link, broker.name, publication, signal);
      this.#hub.counters.add('published');
      return this.#toResult(topic, publication.root, receipt);
    } catch (error) {
      this.#hub.counters.add('failedPublications');
      const outcome = error instanceof PublishError ? error.outcome : 'unknown';
      if (DIAGNOSTICS.publishFailed.hasSubscribers) DIAGNOSTICS.publishFailed.publish({ broker: broker.name, outcome });
      throw error;
    }
  }

  /**
   * Reads the history of a topic.
   *
   * @param before - a position: what stands before it is read. Without it, the newest
   * @param limit - at most so many messages, up to 10,000, of 16 MiB together; 100 unless given
   *
   * @returns the messages, the oldest first. None for a position that says nothing
   *
   * @throws {LocalUsageError} the topic has no history, or an argument is invalid
   * @throws {BrokerError} it cannot be read now
   */
  async history(
    topic: string,
    { before, limit = 100 }: { readonly before?: string | undefined; readonly limit?: number | undefined } = {},
  ): Promise<FramedMessage[]> {
    const { history } = this.#options.rules.of(checkTopic(topic));
    if (history === undefined) throw new LocalUsageError(`topic ${quote(topic)} has no history`);
    checkInteger('limit', limit, [1, MAX_LAST]);
    this.#checkOpen();
    const place = before === undefined ? undefined : parsePosition(before);
    if (before !== undefined && place === undefined) return [];
    const range = { before: place?.offset, limit, maxBytes: HISTORY_BYTES, history };
    const { top, messages } = await this.#hub.link.read(topic, range);
    if (place !== undefined && place.epoch !== top.epoch) return [];
    return messages.filter(({ isMark }) => isMark !== true).map(toFramed);
  }

  /**
   * Forgets the history of a topic, if it has one. Positions in it are not recovered any more.
   *
   * @throws {BrokerError} the broker is away
   */
  async remove(topic: string): Promise<void> {
    const { history } = this.#options.rules.of(checkTopic(topic));
    this.#checkOpen();
    if (history !== undefined) await this.#hub.link.remove({ topic, history });
  }

  /**
   * Tells who is present in a topic, in all processes.
   *
   * @param limit - about so many, up to 10,000; 100 unless given
   * @param cursor - of the page before
   *
   * @throws {BrokerError} the broker is away
   */
  async presence(
    topic: string,
    { limit = 100, cursor }: { readonly limit?: number | undefined; readonly cursor?: string | undefined } = {},
  ): Promise<{ readonly present: readonly PresentUser[]; readonly cursor: string | undefined }> {
    this.#checkPresence(topic);
    checkInteger('limit', limit, [1, MAX_LAST]);
    const page = await this.#hub.link.listPresence(topic, { limit, cursor });
    return { present: page.present.map(toPresentUser), cursor: page.cursor };
  }

  /**
   * Tells how many users are present in a topic, in all processes.
   *
   * @throws {BrokerError} the broker is away
   */
  async presenceCount(topic: string): Promise<number> {
    this.#checkPresence(topic);
    return this.#hub.link.countPresence(topic);
  }

  /** Has a listener told who joins and leaves a topic. These are hints: ask {@link presence} who is there. Returns what ends it. */
  watchPresence(topic: string, listener: (change: PresenceEvent) => void): () => void {
    this.#checkPresence(topic);
    return this.#hub.watchPresence(topic, (change: PresenceChange) => {
      listener({ topic, type: change.type, ...toPresentUser(change) });
    });
  }

  /**
   * Ends subscriptions: they fail with `NotAllowedError`.
   *
   * @param topic - of this topic or pattern; of all unless given
   * @param where - of these subscribers; of all unless given
   *
   * @returns how many
   */
  revoke({
    topic,
    where,
  }: {
    readonly topic?: string | undefined;
    readonly where?: ((context: Context) => boolean) | undefined;
  }): number {
    checkFunction('where', where);
    const name = topic === undefined ? undefined : checkPattern(topic);
    const members = [...this.#members.values()].filter(({ subscriber }) => where?.(subscriber.context) !== false);
    const ended = members.flatMap(({ subscriptions }) => {
      return subscriptions.filter((subscription) => name === undefined || subscription.topic === name);
    });
    for (const subscription of ended) subscription.end(new NotAllowedError('subscribe', subscription.topic));
    return ended.length;
  }

  /** Ends all subscriptions, and the connection to the broker. Repeating it does nothing. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const member of this.#members.values()) for (const subscription of member.subscriptions) subscription.end();
    await this.#hub.close();
  }

  #add(member: Member<Context>, subscription: Subscription, kind: Kind): void {
    member.add(subscription, kind);
    this.#subscriptions++;
  }

  #remove(member: Member<Context>, subscription: Subscription): void {
    member.delete(subscription);
    this.#subscriptions--;
    if (member.size === 0) this.#members.delete(member.subscriber);
  }

  #memberOf(subscriber: Subscriber<Context>): Member<Context> {
    const known = this.#members.get(subscriber);
    if (known !== undefined) return known;
    checkSubscriber(subscriber);
    const member = new Member(subscriber);
    this.#members.set(subscriber, member);
    const end = (): void => {
      for (const subscription of member.subscriptions) subscription.end();
    };
    subscriber.closed.then(end, end);
    return member;
  }

  /** Asks whether it may be, and joins it to its feed. */
  async #admit(subscription: Subscription, admission: Admission<Context>): Promise<void> {
    const verdict = await this.#askMaySubscribe(subscription, admission);
    if (subscription.hasEnded) return;
    const { topic } = subscription;
    const { kind, leavings, presence } = admission;
    if (!verdict.isAllowed) {
      subscription.end(new NotAllowedError('subscribe', topic));
      return;
    }
    const { maxTopics } = this.#options;
    if (!this.#hub.hasFeed(topic, kind) && this.#hub.channels >= maxTopics) {
      subscription.end(new TopicLimitError(topic, 'maxTopics', maxTopics));
      return;
    }
    const feed = this.#hub.feedFor(topic, kind);
    leavings.push(() => {
      feed.leave(subscription);
      this.#hub.release(topic, kind);
    });
    if (presence !== undefined) leavings.push(this.#hub.presence.join(topic, presence));
    this.#askAgainAt(verdict.until, subscription, admission);
    feed.join(subscription);
  }

  async #askMaySubscribe(subscription: Subscription, { kind, subscriber }: Admission<Context>): Promise<Verdict> {
    const { maySubscribe } = this.#options;
    if (maySubscribe === undefined) return { isAllowed: true, until: Infinity };
    const { context } = subscriber;
    const request = { subscriber, context, topic: subscription.topic, isPattern: kind === 'pattern' };
    return ask(
      () => maySubscribe(request),
      (error) => this.#report(toError(error)),
    );
  }

  #askAgainAt(until: number, subscription: Subscription, admission: Admission<Context>): void {
    if (until === Infinity) return;
    const again = async (): Promise<void> => {
      const verdict = await this.#askMaySubscribe(subscription, admission);
      if (subscription.hasEnded) return;
      if (verdict.isAllowed) this.#askAgainAt(verdict.until, subscription, admission);
      else subscription.end(new NotAllowedError('subscribe', subscription.topic));
    };
    const stop = callAt(until, () => void again());
    if (subscription.hasEnded) stop();
    else void subscription.ended.then(stop);
  }

  async #checkMayPublish(subscriber: Subscriber<Context>, topic: string, data: string | Uint8Array): Promise<void> {
    const { mayPublish } = this.#options;
    if (mayPublish === undefined) return;
    const verdict = await ask(
      () => mayPublish({ subscriber, context: subscriber.context, topic, data }),
      (error) => this.#report(toError(error)),
    );
    if (!verdict.isAllowed) throw new NotAllowedError('publish', topic);
  }

  #toResult(topic: string, root: string | undefined, { place, isRepeat }: PublishReceipt): PublishResult {
    return {
      position: place === undefined ? undefined : formatPosition(place),
      localReceivers: isRepeat ? 0 : this.#hub.countReceivers(topic, root),
    };
  }

  #checkPresence(topic: string): void {
    if (!this.#options.rules.of(checkTopic(topic)).presence)
      throw new LocalUsageError(`topic ${quote(topic)} has no presence`);
    this.#checkOpen();
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new LocalUsageError('the topics are closed');
  }

  #tryCall(callback: ((topic: string) => void) | undefined, topic: string): void {
    try {
      callback?.(topic);
    } catch (error) {
      this.#report(toError(error));
    }
  }

  #report(error: Error): void {
    const { onError } = this.#options;
    try {
      if (onError !== undefined) onError(error);
      else process.emitWarning(error);
    } catch (thrown) {
      process.emitWarning(toError(thrown));
    }
  }
}

/** What is known of a subscription that is about to join. */
interface Admission<Context> {
  readonly kind: Kind;
  readonly subscriber: Subscriber<Context>;
  readonly presence: Presence | undefined;
  /** What is done when it has ended. */
  readonly leavings: (() => void)[];
}
