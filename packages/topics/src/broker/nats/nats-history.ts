import { randomId } from '../../base/random-id.ts';
import type {
  HistoryPage,
  HistoryPolicy,
  HistoryRange,
  KeptTopic,
  Place,
  Publication,
  PublishReceipt,
  StoredMessage,
} from '../broker.ts';
import { REPEAT_WINDOW } from '../memory/memory-broker.ts';
import { encodeContent, encodePublication } from './nats-message.ts';
import type { NatsNames } from './nats-names.ts';
import type { NatsSession } from './nats-session.ts';
import { isNoStream, isWrongLast, type NatsEntry, type NatsStreams } from './nats-streams.ts';

/** Messages stay in the stream for twice their age and a day, in milliseconds, so that it is known where a topic stands. They are not handed out any more. */
const DAY = 86_400_000;

/** So many topics have their epoch at hand. */
const MAX_EPOCHS = 10_000;

/** How much further back it is looked for the newest messages, each time that there are too few. */
const GROWTH = 4;

/** How often another process may be faster, before it is given up. */
const TRIES = 16;

/** What a {@link NatsHistory} is made of. */
export interface NatsHistorySetup {
  readonly session: NatsSession;
  readonly streams: NatsStreams;
  readonly names: NatsNames;
}

/**
 * The histories: a stream for all topics that have the same, in which the sequence of a message is its offset. A message without content, a mark, begins a topic,
 * each further epoch, and keeps the place of a topic in which nothing is said.
 */
export class NatsHistory {
  readonly #setup: NatsHistorySetup;
  /** The newest that is known of each topic: what others publish may have an older one, of which they have not been told yet. */
  readonly #epochs = new Map<string, string>();

  constructor(setup: NatsHistorySetup) {
    this.#setup = setup;
  }

  /** Asks anew what may have changed. */
  forget(): void {
    this.#epochs.clear();
  }

  /** Somebody tells that a topic has another epoch. */
  onRenewal(told: string): void {
    const end = told.indexOf(' ');
    this.#remember(told.slice(end + 1), told.slice(0, end));
  }

  async append(publication: Publication, history: HistoryPolicy): Promise<PublishReceipt> {
    const { streams, names } = this.#setup;
    const kept = { topic: publication.topic, history };
    return this.#withStream(history, async () => {
      const epoch = this.#epochs.get(kept.topic) ?? (await this.#top(kept)).epoch;
      const { data, id } = publication;
      const { sequence, isRepeat } = await streams.publish(
        names.stored(kept),
        data,
        encodePublication(publication, epoch),
      );
      if (!isRepeat) return { place: { epoch, offset: sequence, id }, isRepeat };
      const first = await streams.at(names.history(history), sequence);
      return { place: { epoch, offset: sequence, id: first?.content?.id ?? id }, isRepeat };
    });
  }

  async read(topic: string, { from, before, limit, maxBytes, history }: HistoryRange): Promise<HistoryPage> {
    const kept = { topic, history };
    return this.#withStream(history, async () => {
      const newest = await this.#topEntry(kept);
      const top = toPlace(newest);
      const entries =
        from === undefined
          ? await this.#readNewest(kept, newest, { before: before ?? Infinity, limit })
          : await this.#setup.streams.read({ ...this.#in(kept), from }, limit);
      const messages = withoutOld(entries, history.age).map((entry) => toMessage(topic, top.epoch, entry));
      return { top, messages: from === undefined ? cutFront(messages, maxBytes) : cutBack(messages, maxBytes) };
    });
  }

  async tops(topics: readonly KeptTopic[]): Promise<(Place | undefined)[]> {
    return Promise.all(
      topics.map((kept) =>
        this.#withStream(kept.history, async () => {
          const last = await this.#last(kept);
          if (last === undefined) return undefined;
          const isOld = Date.now() - last.time > lifetime(kept.history) / 2;
          const entry = isOld ? await this.#mark(kept, { epoch: toPlace(last).epoch, after: last.sequence }) : last;
          return entry === undefined ? undefined : toPlace(entry);
        }),
      ),
    );
  }

  async renew(kept: KeptTopic, epoch: string): Promise<void> {
    await this.#withStream(kept.history, async () => {
      const last = await this.#last(kept);
      if (last === undefined || toPlace(last).epoch !== epoch) return;
      await this.#renew(kept);
    });
  }

  async remove(kept: KeptTopic): Promise<void> {
    const { streams, names } = this.#setup;
    await this.#withStream(kept.history, async () => {
      await streams.purge(names.history(kept.history), names.stored(kept));
      await this.#renew(kept);
    });
    await this.#setup.session.flush();
  }

  /** Begins a new epoch, behind whatever is published meanwhile. Where two processes do it at a time, there is one epoch more. */
  async #renew(kept: KeptTopic): Promise<void> {
    const { session, names } = this.#setup;
    const epoch = newEpoch(this.#epochs.get(kept.topic));
    await this.#mark(kept, { epoch });
    session.publish(names.renewals, `${epoch} ${kept.topic}`);
  }

  /** Does something with a stream, which is made where it is not there, or not any more. */
  async #withStream<T>(history: HistoryPolicy, action: () => Promise<T>): Promise<T> {
    const { streams } = this.#setup;
    await this.#ensure(history);
    try {
      return await action();
    } catch (error) {
      if (!isNoStream(error)) throw error;
      streams.forget();
      this.forget();
      await this.#ensure(history);
      return action();
    }
  }

  #ensure(history: HistoryPolicy): Promise<void> {
    const { names, streams } = this.#setup;
    return streams.ensure({
      name: names.history(history),
      subject: names.allStored(history),
      messages: history.messages,
      age: lifetime(history),
      repeatWindow: REPEAT_WINDOW,
      republishTo: names.allLive,
    });
  }

  /** Where in its stream a topic is. */
  #in(kept: KeptTopic): { readonly stream: string; readonly subject: string } {
    return { stream: this.#setup.names.history(kept.history), subject: this.#setup.names.stored(kept) };
  }

  async #last(kept: KeptTopic): Promise<NatsEntry | undefined> {
    const { stream, subject } = this.#in(kept);
    const last = await this.#setup.streams.last(stream, subject);
    if (last?.content?.epoch === undefined) return last;
    return { ...last, content: { ...last.content, epoch: this.#remember(kept.topic, last.content.epoch) } };
  }

  async #top(kept: KeptTopic): Promise<Place> {
    return toPlace(await this.#topEntry(kept));
  }

  /** The newest entry of a topic: one that has none is begun. */
  async #topEntry(kept: KeptTopic): Promise<NatsEntry> {
    for (let tries = 0; ; tries++) {
      const last = (await this.#last(kept)) ?? (await this.#mark(kept, { epoch: newEpoch(), after: 0 }));
      if (last !== undefined) return last;
      if (tries === TRIES) throw new Error(`topic ${kept.topic} cannot be begun`);
    }
  }

  /** Writes a mark, right behind an entry if one is named; `undefined` where another was faster. */
  async #mark(
    kept: KeptTopic,
    { epoch, after }: { readonly epoch: string; readonly after?: number },
  ): Promise<NatsEntry | undefined> {
    const { names, streams } = this.#setup;
    const content = { kind: 'mark', id: randomId(), epoch } as const;
    const headers = encodeContent(content);
    if (after !== undefined) headers.set('Nats-Expected-Last-Subject-Sequence', String(after));
    const subject = names.stored(kept);
    try {
      const { sequence } = await streams.publish(subject, new Uint8Array(), headers);
      this.#remember(kept.topic, epoch);
      return { subject, sequence, time: Date.now(), content, data: new Uint8Array() };
    } catch (error) {
      if (isWrongLast(error)) return undefined;
      throw error;
    }
  }

  /** Gives the newest. */
  #remember(topic: string, epoch: string): string {
    const known = this.#epochs.get(topic);
    if (known !== undefined && known >= epoch) return known;
    if (this.#epochs.size >= MAX_EPOCHS && known === undefined) this.#epochs.clear();
    this.#epochs.set(topic, epoch);
    return epoch;
  }

  /** Reads the newest before an offset. The stream reads upwards only: it is looked further and further back until there are enough. */
  async #readNewest(
    kept: KeptTopic,
    top: NatsEntry,
    { before, limit }: { readonly before: number; readonly limit: number },
  ): Promise<NatsEntry[]> {
    if (before > top.sequence && limit === 1) return [top];
    const { streams } = this.#setup;
    const place = this.#in(kept);
    const end = Math.min(before, top.sequence + 1);
    const above = await streams.count({ ...place, from: end });
    for (let distance = 2 * limit; ; distance *= GROWTH) {
      const from = Math.max(end - distance, 1);
      const count = (await streams.count({ ...place, from })) - above;
      if (count < limit && from > 1) continue;
      const entries = await streams.read({ ...place, from }, count);
      return entries.filter(({ sequence }) => sequence < end).slice(-limit);
    }
  }
}

function lifetime({ age }: HistoryPolicy): number {
  return 2 * age + DAY;
}

/** Makes an epoch that sorts behind the one before: it begins with the time. */
function newEpoch(before = ''): string {
  const time = Number.parseInt(before.slice(0, TIME_DIGITS), 36);
  const next = Math.max(Date.now(), Number.isNaN(time) ? 0 : time + 1);
  return next.toString(36).padStart(TIME_DIGITS, '0') + randomId();
}

/** Enough for the time in milliseconds. */
const TIME_DIGITS = 9;

/** What another program has stored without a header of ours has no id: nobody recovers from there. */
function toPlace({ sequence, content }: NatsEntry): Place {
  return { epoch: content?.epoch ?? 'none', offset: sequence, id: content?.id ?? 'none' };
}

function toMessage(topic: string, epoch: string, entry: NatsEntry): StoredMessage {
  const { content, data } = entry;
  const place = { ...toPlace(entry), epoch };
  const type = content?.kind === 'text' ? 'text' : 'binary';
  const isMark = content === undefined || content.kind === 'mark';
  return { topic, type, data, id: place.id, place, ...(isMark ? { isMark } : {}) };
}

/** Leaves those out that are too old. The newest of them stays as a mark: nothing is missing behind it. */
function withoutOld(entries: readonly NatsEntry[], age: number): readonly NatsEntry[] {
  const now = Date.now();
  const first = entries.findIndex(({ time }) => now - time <= age);
  const old = first === -1 ? entries.length : first;
  const newestOld = entries[old - 1];
  if (newestOld === undefined) return entries;
  const { content } = newestOld;
  const mark = { ...newestOld, data: new Uint8Array(), content: content && { ...content, kind: 'mark' as const } };
  return [mark, ...entries.slice(old)];
}

/** Takes from the beginning what fits, one at least. */
function cutBack(messages: readonly StoredMessage[], maxBytes: number): readonly StoredMessage[] {
  let bytes = 0;
  const end = messages.findIndex(({ data }, index) => (bytes += data.length) > maxBytes && index > 0);
  return end === -1 ? messages : messages.slice(0, end);
}

/** Takes from the end what fits, one at least. */
function cutFront(messages: readonly StoredMessage[], maxBytes: number): readonly StoredMessage[] {
  return cutBack(messages.toReversed(), maxBytes).toReversed();
}
