import { Fifo } from '../base/fifo.ts';
import { createDeferred, handled, type Deferred } from '../base/deferred.ts';
import type { BrokerLink, HistoryPolicy, HistoryRange, KeptTopic, Place } from '../broker/broker.ts';
import type { Counters } from '../topics/stats.ts';
import type { Deliveries, Delivery } from './delivery.ts';

/** How many messages are read at a time. */
export const PAGE_MESSAGES = 100;

/** How much is read at a time, in bytes. */
export const PAGE_BYTES = 1_048_576;

/** How much is read at a time where the newest are wanted, however far they reach back, in bytes. */
const NEWEST_BYTES = 16 * PAGE_BYTES;

/** How long a page is there for others who come back at about the same time, in milliseconds. */
const SHARED_FOR = 1000;

/** How many pages may be there at a time, not counting those on their way. */
const MAX_PAGES = 32;

/** A part of a history, as it is sent. */
export interface DeliveryPage {
  readonly top: Place;
  readonly deliveries: readonly Delivery[];
}

/** A page that is there, or on its way. */
interface KnownPage {
  readonly page: Promise<DeliveryPage>;
  /** `undefined` while it is on its way. */
  content: DeliveryPage | undefined;
}

/** What a {@link PageReader} is made of. */
export interface PageReaderSetup {
  readonly link: () => BrokerLink;
  readonly deliveries: Deliveries;
  readonly counters: Counters;
  /** How many reads may be on their way. */
  readonly maxReads: number;
}

/** Reads histories for those who catch up: once for all who stand near each other. */
export class PageReader {
  readonly #setup: PageReaderSetup;
  readonly #pages = new Map<string, KnownPage>();
  readonly #waiting = new Fifo<Deferred<undefined>>();
  #reading = 0;

  constructor(setup: PageReaderSetup) {
    this.#setup = setup;
  }

  /**
   * Reads what stands behind an offset, and at it, unless it is there no more.
   *
   * @throws {BrokerError} it cannot be read
   */
  async behind(topic: string, place: Place, history: HistoryPolicy): Promise<DeliveryPage> {
    // All who stand in the same part share its page. It has the first message of the next, so that it has something behind each of its own.
    const start = Math.max(place.offset - (place.offset % PAGE_MESSAGES), 1);
    const shared = await this.#pageFrom(start, { topic, place, history });
    // It may have been cut short before that offset, by its size.
    return reaches(shared, place) ? shared : this.#pageFrom(place.offset, { topic, place, history });
  }

  /**
   * Reads the newest, for brokers whose offsets do not tell how many there are.
   *
   * @param top - the page has what stands there, if it is still there
   *
   * @throws {BrokerError} it cannot be read
   */
  async newest({ topic, history }: KeptTopic, count: number, top: Place): Promise<DeliveryPage> {
    const key = `${topic}\0newest ${count}`;
    const range = { limit: count, maxBytes: NEWEST_BYTES, history };
    const known = this.#pages.get(key);
    const page = known?.content ?? (await known?.page);
    if (page?.top.epoch === top.epoch && page.top.offset >= top.offset) return page;
    return this.#readPage(key, topic, range);
  }

  /** Forgets what is there: the broker may have lost it. */
  clear(): void {
    this.#pages.clear();
  }

  async #pageFrom(
    from: number,
    wanted: { topic: string; place: Place; history: HistoryPolicy },
  ): Promise<DeliveryPage> {
    const { topic, place, history } = wanted;
    const key = `${topic}\0${from}`;
    const known = this.#pages.get(key);
    const range = { limit: PAGE_MESSAGES + 1, maxBytes: PAGE_BYTES, from, history };
    if (known === undefined) return this.#readPage(key, topic, range);
    const page = known.content ?? (await known.page);
    if (covers(page, place)) return page;
    // It was read before this was asked, and there may be more now.
    if (this.#pages.get(key) === known) this.#pages.delete(key);
    const next = this.#pages.get(key);
    return next === undefined ? this.#readPage(key, topic, range) : next.page;
  }

  #readPage(key: string, topic: string, range: HistoryRange): Promise<DeliveryPage> {
    const page = handled(this.#read(topic, range));
    const entry: KnownPage = { page, content: undefined };
    this.#pages.set(key, entry);
    const forget = (): void => {
      if (this.#pages.get(key) === entry) this.#pages.delete(key);
    };
    page.then((content) => {
      entry.content = content;
      if (this.#pages.size > MAX_PAGES) forget();
      else setTimeout(forget, SHARED_FOR).unref();
    }, forget);
    return page;
  }

  async #read(topic: string, range: HistoryRange): Promise<DeliveryPage> {
    await this.#turn();
    try {
      this.#setup.counters.add('reads');
      const { top, messages } = await this.#setup.link().read(topic, range);
      return { top, deliveries: messages.map((message) => this.#setup.deliveries.of(message)) };
    } finally {
      this.#reading--;
      this.#waiting.take()?.resolve(undefined);
    }
  }

  async #turn(): Promise<void> {
    while (this.#reading >= this.#setup.maxReads) {
      const turn = createDeferred<undefined>();
      this.#waiting.put(turn);
      await turn.promise;
    }
    this.#reading++;
  }
}

/** Whether a page has something behind a place, in its epoch, and reaches to it. */
function covers({ top, deliveries }: DeliveryPage, { offset, epoch }: Place): boolean {
  const last = deliveries.at(-1)?.message.place?.offset ?? 0;
  return top.epoch === epoch && last > offset;
}

/** Whether a page was not cut short before an offset. */
function reaches({ top, deliveries }: DeliveryPage, { offset }: Place): boolean {
  const last = deliveries.at(-1)?.message.place?.offset;
  return last === undefined || last > offset || last >= top.offset;
}
