import {
  BrokerError,
  PublishError,
  type Broker,
  type BrokerLink,
  type BrokerListener,
  type BrokerMessage,
  type Channel,
  type HistoryPage,
  type HistoryRange,
  type KeptTopic,
  type Place,
  type PresencePage,
  type Publication,
  type PublishReceipt,
  type StoredMessage,
} from '../../src/index.ts';
import { turns } from './turns.ts';

interface Log {
  epoch: string;
  messages: StoredMessage[];
  /** How many of them, from the first, were trimmed away. */
  trimmed: number;
}

/** A broker in the simplest way, whose links can be cut, whose messages can be lost on the way, and which can forget what it had. */
export class NaiveBroker implements Broker {
  readonly name = 'naive';
  /** How many turns a message or an answer takes. */
  latency: () => number = () => 0;
  /** Whether a live message is lost on its way to a link. */
  losesLive: () => boolean = () => false;
  /** How many offsets are left out before a message; more than none only where offsets are sparse. */
  skips: (() => number) | undefined;
  /** How often histories were read. */
  reads = 0;
  readonly links: NaiveLink[] = [];
  logs: Map<string, Log> = new Map();
  #epochs = 0;
  #delivering = Promise.resolve();

  open(listener: BrokerListener): NaiveLink {
    const link = new NaiveLink(this, listener);
    this.links.push(link);
    listener.onUp();
    return link;
  }

  append(publication: Publication): BrokerMessage {
    const { topic, type, data, id, history } = publication;
    if (history === undefined) return { topic, type, data, id, place: undefined };
    const log = this.logOf(topic);
    const message = { topic, type, data, id, ...this.#nextPlace(log, id) };
    log.messages.push(message);
    log.trimmed = Math.max(log.trimmed, log.messages.length - history.messages);
    return message;
  }

  newEpoch(): string {
    return `e${++this.#epochs}`;
  }

  logOf(topic: string): Log {
    const known = this.logs.get(topic);
    if (known !== undefined) return known;
    const log: Log = { epoch: this.newEpoch(), messages: [], trimmed: 0 };
    this.logs.set(topic, log);
    const id = `mark of ${log.epoch}`;
    const mark = { topic, type: 'text', data: new Uint8Array(), id, isMark: true } as const;
    // With sparse offsets, a topic begins with a mark.
    if (this.skips !== undefined) log.messages.push({ ...mark, ...this.#nextPlace(log, id) });
    return log;
  }

  #nextPlace({ epoch, messages }: Log, id: string): Pick<StoredMessage, 'place' | 'previous'> {
    const previous = messages.at(-1)?.place.offset ?? 0;
    const place = { epoch, offset: previous + 1 + (this.skips?.() ?? 0), id };
    return this.skips === undefined ? { place } : { place, previous };
  }

  /** Brings a message to all links, behind those before it. */
  tell(channel: Channel, message: BrokerMessage): void {
    // What is on its way is lost with its link.
    const subscribed = this.links.filter((link) => link.isUp && link.channels.has(channel));
    const receivers = subscribed.map((link) => ({ link, cuts: link.cuts }));
    this.#delivering = this.#delivering.then(async () => {
      await turns(this.latency());
      for (const { link, cuts } of receivers) {
        if (link.cuts === cuts && link.channels.has(channel) && !this.losesLive()) {
          link.listener.onMessage(channel, message);
        }
      }
    });
  }

  /** Cuts all links. */
  cut(): void {
    for (const link of this.links) link.cut();
  }

  /** Lets all links come back. */
  mend(): void {
    for (const link of this.links) link.mend();
  }

  /** What it has, to {@link restore} it. */
  snapshot(): Map<string, Log> {
    return new Map([...this.logs].map(([topic, log]) => [topic, { ...log, messages: [...log.messages] }]));
  }

  /** Forgets all that came after a snapshot. */
  restore(snapshot: Map<string, Log>): void {
    this.logs = snapshot;
  }
}

/** One process's side of a {@link NaiveBroker}. */
export class NaiveLink implements BrokerLink {
  readonly maxMessageSize = 1024;
  readonly hasSparseOffsets: boolean;
  readonly channels: Set<Channel> = new Set();
  readonly listener: BrokerListener;
  isUp = true;
  /** How often it was cut. */
  cuts = 0;
  readonly #broker: NaiveBroker;

  constructor(broker: NaiveBroker, listener: BrokerListener) {
    this.#broker = broker;
    this.hasSparseOffsets = broker.skips !== undefined;
    this.listener = listener;
  }

  cut(): void {
    if (!this.isUp) return;
    this.isUp = false;
    this.cuts++;
    this.channels.clear();
    this.listener.onDown(new BrokerError('naive', 'it was cut'));
  }

  mend(): void {
    if (this.isUp) return;
    this.isUp = true;
    this.listener.onUp();
  }

  subscribe(channels: readonly Channel[]): Promise<void> {
    return this.#do(() => {
      for (const channel of channels) this.channels.add(channel);
    });
  }

  unsubscribe(channels: readonly Channel[]): Promise<void> {
    return this.#do(() => {
      for (const channel of channels) this.channels.delete(channel);
    });
  }

  async publish(publication: Publication): Promise<PublishReceipt> {
    const { topic, root } = publication;
    if (!this.isUp) throw new PublishError('it is away', { topic, broker: 'naive', outcome: 'refused' });
    const { cuts } = this;
    const message = this.#broker.append(publication);
    this.#broker.tell(`topic:${topic}`, message);
    if (root !== undefined) this.#broker.tell(`root:${root}`, message);
    await turns(this.#broker.latency());
    if (this.cuts > cuts) throw new PublishError('it has gone', { topic, broker: 'naive', outcome: 'unknown' });
    return { place: message.place, isRepeat: false };
  }

  read(topic: string, { from, before = Infinity, limit }: HistoryRange): Promise<HistoryPage> {
    this.#broker.reads++;
    return this.#do(() => {
      const { epoch, messages, trimmed } = this.#broker.logOf(topic);
      const there = messages.slice(trimmed).map((message) => ({ ...message, place: { ...message.place, epoch } }));
      const last = there.at(-1)?.place ?? { epoch, offset: 0, id: '' };
      const wanted =
        from === undefined
          ? there.filter(({ place }) => place.offset < before).slice(-limit)
          : there.filter(({ place }) => place.offset >= from).slice(0, limit);
      return { top: last, messages: wanted };
    });
  }

  tops(topics: readonly KeptTopic[]): Promise<(Place | undefined)[]> {
    return this.#do(() => topics.map(({ topic }) => this.#topOf(topic)));
  }

  renew({ topic }: KeptTopic, epoch: string): Promise<void> {
    return this.#do(() => {
      const log = this.#broker.logOf(topic);
      if (log.epoch === epoch) log.epoch = this.#broker.newEpoch();
    });
  }

  remove({ topic }: KeptTopic): Promise<void> {
    return this.#do(() => {
      this.#broker.logs.delete(topic);
    });
  }

  updatePresence(): Promise<void> {
    return Promise.resolve();
  }

  listPresence(): Promise<PresencePage> {
    return this.#do(() => ({ present: [], cursor: undefined }));
  }

  countPresence(): Promise<number> {
    return this.#do(() => 0);
  }

  close(): Promise<void> {
    this.isUp = false;
    return Promise.resolve();
  }

  #topOf(topic: string): Place | undefined {
    const log = this.#broker.logs.get(topic);
    const last = log?.messages.at(-1)?.place;
    return last === undefined || log === undefined ? undefined : { ...last, epoch: log.epoch };
  }

  async #do<T>(action: () => T): Promise<T> {
    const fail = (): never => {
      throw new BrokerError('naive', 'it is away');
    };
    if (!this.isUp) fail();
    await turns(this.#broker.latency());
    if (!this.isUp) fail();
    const result = action();
    await turns(this.#broker.latency());
    return this.isUp ? result : fail();
  }
}
