import { Fifo } from '../base/fifo.ts';
import { toError } from '../base/deferred.ts';
import type { BrokerLink, Channel } from '../broker/broker.ts';

/** So many channels are subscribed with one call. */
const BATCH = 500;

/** How long it takes until what the broker has refused is tried again, in milliseconds. */
const RETRY_AFTER = 1000;

/** Who a channel is for. */
export interface ChannelOwner {
  /** The broker has confirmed: what is published from now on comes. */
  onAttached(): void;
  /** Messages may be missing from now on. */
  onDetached(): void;
  /** It is not subscribed any more, and nobody wants it. */
  onReleased(): void;
}

/** One channel: *off*, *subscribing*, *on*, *lingering* or *unsubscribing*, by what is wanted and what is. */
interface Entry {
  readonly owner: ChannelOwner;
  /** Whether it is to be subscribed: while it is used, and some time longer. */
  isWanted: boolean;
  isAttached: boolean;
  /** When it was released; `undefined` while it is used. */
  releasedAt: number | undefined;
}

/** What {@link Channels} are made of. */
export interface ChannelsSetup {
  readonly link: () => BrokerLink;
  /** How long a channel stays subscribed when nobody uses it, in milliseconds. */
  readonly linger: number;
  readonly report: (error: Error) => void;
}

/** The channels that are subscribed at the broker. Changes of one turn of the event loop go out together. */
export class Channels {
  readonly #setup: ChannelsSetup;
  readonly #entries = new Map<Channel, Entry>();
  /** Those for which something may have to be done. */
  readonly #changed = new Set<Channel>();
  readonly #lingering = new Fifo<{ readonly channel: Channel; readonly at: number }>();
  #isFlushing = false;
  #isClosed = false;
  /** How often the broker was lost. */
  #generation = 0;
  #lingerTimer: NodeJS.Timeout | undefined;
  #retryTimer: NodeJS.Timeout | undefined;

  constructor(setup: ChannelsSetup) {
    this.#setup = setup;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Begins to use a channel. Its owner is told when it is attached, and is the same each time until it was told that it is released. */
  use(channel: Channel, owner: ChannelOwner): void {
    const entry = this.#entries.get(channel);
    if (entry === undefined) {
      this.#entries.set(channel, { owner, isWanted: true, isAttached: false, releasedAt: undefined });
    } else {
      entry.isWanted = true;
      entry.releasedAt = undefined;
    }
    this.#change(channel);
  }

  /** Stops using a channel. */
  release(channel: Channel): void {
    const entry = this.#entries.get(channel);
    if (entry === undefined) return;
    const at = performance.now() + this.#setup.linger;
    entry.releasedAt = at;
    this.#lingering.put({ channel, at });
    this.#watchLingering();
  }

  isAttached(channel: Channel): boolean {
    return this.#entries.get(channel)?.isAttached ?? false;
  }

  onUp(): void {
    for (const channel of this.#entries.keys()) this.#change(channel);
  }

  onDown(): void {
    this.#generation++;
    for (const entry of this.#entries.values()) {
      if (!entry.isAttached) continue;
      entry.isAttached = false;
      entry.owner.onDetached();
    }
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#lingerTimer);
    clearTimeout(this.#retryTimer);
    this.#lingering.clear();
    this.#changed.clear();
    this.#entries.clear();
  }

  #change(channel: Channel): void {
    this.#changed.add(channel);
    if (this.#isFlushing || this.#isClosed) return;
    this.#isFlushing = true;
    setImmediate(() => void this.#flush());
  }

  async #flush(): Promise<void> {
    while (this.#changed.size > 0 && this.#setup.link().isUp && !this.#isClosed) {
      const batch = [...this.#takeBatch()];
      const generation = this.#generation;
      try {
        await this.#apply(batch, generation);
      } catch (error) {
        if (generation === this.#generation) this.#retry(batch, toError(error));
      }
    }
    this.#isFlushing = false;
  }

  *#takeBatch(): Iterable<Channel> {
    let size = 0;
    for (const channel of this.#changed) {
      if (size++ === BATCH) return;
      this.#changed.delete(channel);
      yield channel;
    }
  }

  async #apply(batch: readonly Channel[], generation: number): Promise<void> {
    const link = this.#setup.link();
    const unwanted = batch.filter((channel) => this.#entries.get(channel)?.isWanted === false);
    const missing = batch.filter((channel) => {
      const entry = this.#entries.get(channel);
      return entry?.isWanted === true && !entry.isAttached;
    });
    const attached = unwanted.filter((channel) => this.isAttached(channel));
    if (attached.length > 0) await link.unsubscribe(attached);
    // After a loss, nothing is subscribed, whatever was done before it.
    if (generation === this.#generation) for (const channel of unwanted) this.#detach(channel);
    if (missing.length > 0) await link.subscribe(missing);
    if (generation === this.#generation) for (const channel of missing) this.#attach(channel);
  }

  #attach(channel: Channel): void {
    const entry = this.#entries.get(channel);
    if (entry === undefined) return;
    entry.isAttached = true;
    entry.owner.onAttached();
    if (!entry.isWanted) this.#change(channel);
  }

  #detach(channel: Channel): void {
    const entry = this.#entries.get(channel);
    if (entry === undefined) return;
    if (entry.isAttached) entry.owner.onDetached();
    entry.isAttached = false;
    if (entry.isWanted) {
      this.#changed.add(channel);
      return;
    }
    this.#entries.delete(channel);
    entry.owner.onReleased();
  }

  #retry(batch: readonly Channel[], error: Error): void {
    this.#setup.report(error);
    this.#retryTimer ??= setTimeout(() => {
      this.#retryTimer = undefined;
      for (const channel of batch) this.#change(channel);
    }, RETRY_AFTER).unref();
  }

  #watchLingering(): void {
    const next = this.#lingering.peek();
    if (this.#lingerTimer !== undefined || next === undefined) return;
    this.#lingerTimer = setTimeout(() => this.#endLingering(), Math.max(next.at - performance.now(), 0)).unref();
  }

  #endLingering(): void {
    this.#lingerTimer = undefined;
    const now = performance.now();
    for (let next = this.#lingering.peek(); next !== undefined && next.at <= now + 1; next = this.#lingering.peek()) {
      this.#lingering.take();
      const entry = this.#entries.get(next.channel);
      // It may be used again, or have been released again since.
      if (entry?.releasedAt !== next.at) continue;
      entry.isWanted = false;
      this.#change(next.channel);
    }
    this.#watchLingering();
  }
}
