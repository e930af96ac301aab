import { BrokerError, PublishError } from '../../base/errors.ts';
import { checkLimit, checkOptions } from '../../base/checks.ts';
import type {
  Broker,
  BrokerLink,
  BrokerListener,
  Channel,
  HistoryPage,
  HistoryRange,
  KeptTopic,
  Place,
  PresenceChange,
  PresencePage,
  Publication,
  PublishReceipt,
} from '../broker.ts';
import { MemoryLog } from './memory-log.ts';
import { MemoryPresence } from './memory-presence.ts';

/** Options of {@link memoryBroker}. */
export interface MemoryBrokerOptions {
  /**
   * How much all histories together may hold, in bytes, about. Beyond it, nothing more is accepted for topics with history.
   *
   * @defaultValue 268_435_456
   */
  readonly maxHistorySize?: number | undefined;
}

/** How long an idempotency key is known, in milliseconds. */
export const REPEAT_WINDOW = 120_000;

/** How many of them are known at a time: the oldest is forgotten first. */
const MAX_KEYS = 100_000;

/** How often histories that nobody uses are looked for, in milliseconds. */
const SWEEP_INTERVAL = 10_000;

const NAME = 'memory';

/**
 * Makes a broker within this process: what {@link createTopics} uses by default. Several topics may share it, as several processes share another broker.
 *
 * @throws {LocalUsageError} an option has a value that it cannot have
 */
export function memoryBroker(options: MemoryBrokerOptions = {}): Broker {
  checkOptions('memoryBroker', options, { maxHistorySize: true });
  return new MemoryBroker(checkLimit('maxHistorySize', options.maxHistorySize ?? 256 * 1024 * 1024));
}

class MemoryBroker implements Broker {
  readonly name = NAME;
  readonly #store: MemoryStore;

  constructor(maxHistorySize: number) {
    this.#store = new MemoryStore(maxHistorySize);
  }

  open(listener: BrokerListener): BrokerLink {
    const link = new MemoryLink(this.#store, listener);
    listener.onUp();
    return link;
  }
}

/** What the links share. */
class MemoryStore {
  readonly channels = new Map<Channel, Set<MemoryLink>>();
  readonly presence = new MemoryPresence<MemoryLink>();
  readonly #maxSize: number;
  readonly #logs = new Map<string, MemoryLog>();
  readonly #receipts = new Map<string, { readonly expiry: number; readonly receipt: PublishReceipt }>();
  #size = 0;
  #sweeping: NodeJS.Timeout | undefined;

  constructor(maxSize: number) {
    this.#maxSize = maxSize;
  }

  publish(publication: Publication): PublishReceipt {
    const { topic, idempotencyKey } = publication;
    if (idempotencyKey === undefined) return this.#publish(publication);
    const key = `${topic}\0${idempotencyKey}`;
    const now = Date.now();
    const known = this.#receipts.get(key);
    if (known !== undefined && known.expiry > now) return { ...known.receipt, isRepeat: true };
    const receipt = this.#publish(publication);
    this.#receipts.delete(key);
    this.#receipts.set(key, { expiry: now + REPEAT_WINDOW, receipt });
    this.#forgetReceipts(now);
    return receipt;
  }

  read(topic: string, range: HistoryRange): HistoryPage {
    return this.#logOf(topic, range.history).read(range, Date.now());
  }

  top(topic: string): Place | undefined {
    const log = this.#logs.get(topic);
    // Somebody is still interested.
    if (log !== undefined) log.lastUse = Date.now();
    return log?.top;
  }

  renew(topic: string, epoch: string): void {
    const log = this.#logs.get(topic);
    if (log?.top.epoch === epoch) log.renew();
  }

  remove(topic: string): void {
    this.#size -= this.#logs.get(topic)?.cost ?? 0;
    this.#logs.delete(topic);
  }

  #publish(publication: Publication): PublishReceipt {
    const { topic, root, history, type, data, id } = publication;
    const message = history === undefined ? { topic, type, data, id, place: undefined } : this.#append(publication);
    for (const link of this.channels.get(`topic:${topic}`) ?? []) link.listener.onMessage(`topic:${topic}`, message);
    if (root !== undefined) {
      for (const link of this.channels.get(`root:${root}`) ?? []) link.listener.onMessage(`root:${root}`, message);
    }
    return { place: message.place, isRepeat: false };
  }

  #append(publication: Publication): ReturnType<MemoryLog['append']> {
    const { topic, data, history } = publication;
    if (history === undefined) throw new TypeError('a topic without history has no log');
    if (this.#size + data.length > this.#maxSize) {
      const why = `histories hold ${this.#size} bytes, and maxHistorySize is ${this.#maxSize}`;
      throw new PublishError(why, { topic, broker: NAME, outcome: 'refused' });
    }
    const log = this.#logOf(topic, history);
    const before = log.cost;
    const message = log.append(publication, history, Date.now());
    this.#size += log.cost - before;
    return message;
  }

  #logOf(topic: string, history: Publication['history'] & object): MemoryLog {
    let log = this.#logs.get(topic);
    if (log === undefined) {
      log = new MemoryLog(history, Date.now());
      this.#logs.set(topic, log);
      this.#sweeping ??= setInterval(() => this.#sweep(), SWEEP_INTERVAL).unref();
    }
    return log;
  }

  #forgetReceipts(now: number): void {
    for (const [key, { expiry }] of this.#receipts) {
      if (expiry > now && this.#receipts.size <= MAX_KEYS) return;
      this.#receipts.delete(key);
    }
  }

  #sweep(): void {
    const now = Date.now();
    this.#size = 0;
    for (const [topic, log] of this.#logs) {
      log.trim(now);
      if (log.expiry < now) this.#logs.delete(topic);
      else this.#size += log.cost;
    }
    this.#forgetReceipts(now);
    if (this.#logs.size > 0) return;
    clearInterval(this.#sweeping);
    this.#sweeping = undefined;
  }
}

/** One user of the store. */
class MemoryLink implements BrokerLink {
  readonly maxMessageSize = Infinity;
  readonly listener: BrokerListener;
  readonly #store: MemoryStore;
  readonly #subscribed = new Set<Channel>();
  #isUp = true;

  constructor(store: MemoryStore, listener: BrokerListener) {
    this.#store = store;
    this.listener = listener;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  subscribe(channels: readonly Channel[]): Promise<void> {
    return this.#do(() => {
      for (const channel of channels) {
        this.#subscribed.add(channel);
        const links = this.#store.channels.get(channel);
        if (links === undefined) this.#store.channels.set(channel, new Set([this]));
        else links.add(this);
      }
    });
  }

  unsubscribe(channels: readonly Channel[]): Promise<void> {
    return this.#do(() => {
      for (const channel of channels) this.#unsubscribe(channel);
    });
  }

  publish(publication: Publication): Promise<PublishReceipt> {
    if (this.#isUp) return this.#do(() => this.#store.publish(publication));
    const { topic } = publication;
    return Promise.reject(new PublishError('it is closed', { topic, broker: NAME, outcome: 'refused' }));
  }

  read(topic: string, range: HistoryRange): Promise<HistoryPage> {
    return this.#do(() => this.#store.read(topic, range));
  }

  tops(topics: readonly KeptTopic[]): Promise<(Place | undefined)[]> {
    return this.#do(() => topics.map(({ topic }) => this.#store.top(topic)));
  }

  renew({ topic }: KeptTopic, epoch: string): Promise<void> {
    return this.#do(() => this.#store.renew(topic, epoch));
  }

  remove({ topic }: KeptTopic): Promise<void> {
    return this.#do(() => this.#store.remove(topic));
  }

  updatePresence(changes: readonly PresenceChange[]): Promise<void> {
    return this.#do(() => this.#tellPresence(changes.filter((change) => this.#store.presence.apply(this, change))));
  }

  listPresence(topic: string, range: { readonly limit: number; readonly cursor?: string }): Promise<PresencePage> {
    return this.#do(() => this.#store.presence.list(topic, range));
  }

  countPresence(topic: string): Promise<number> {
    return this.#do(() => this.#store.presence.count(topic));
  }

  close(): Promise<void> {
    if (!this.#isUp) return Promise.resolve();
    this.#isUp = false;
    for (const channel of [...this.#subscribed]) this.#unsubscribe(channel);
    this.#tellPresence(this.#store.presence.end(this));
    return Promise.resolve();
  }

  #unsubscribe(channel: Channel): void {
    this.#subscribed.delete(channel);
    const links = this.#store.channels.get(channel);
    links?.delete(this);
    if (links?.size === 0) this.#store.channels.delete(channel);
  }

  #tellPresence(changes: readonly PresenceChange[]): void {
    for (const change of changes) {
      for (const link of this.#store.channels.get(`presence:${change.topic}`) ?? []) link.listener.onPresence(change);
    }
  }

  #do<T>(action: () => T): Promise<T> {
    if (!this.#isUp) return Promise.reject(new BrokerError(NAME, 'it is closed'));
    try {
      return Promise.resolve(action());
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new BrokerError(NAME, 'it has failed', error));
    }
  }
}
