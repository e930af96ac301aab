import { toError } from '../base/deferred.ts';
import type { BrokerLink, Presence, PresenceChange } from '../broker/broker.ts';

/** So many changes go to the broker with one call. */
const BATCH = 500;

/** How long it takes until what has failed is tried again, in milliseconds. */
const RETRY_AFTER = 1000;

/** Somebody who is present in this process: once, however many of their subscriptions there are. */
interface Present extends Presence {
  readonly topic: string;
  count: number;
}

/** Who is present by subscriptions of this process. Changes of one turn of the event loop go to the broker together. */
export class LocalPresence {
  readonly #link: () => BrokerLink;
  readonly #report: (error: Error) => void;
  readonly #present = new Map<string, Present>();
  /** What the broker has not been told, the last of each. */
  readonly #changes = new Map<string, PresenceChange>();
  #isWriting = false;
  #isClosed = false;
  #retryTimer: NodeJS.Timeout | undefined;

  constructor(setup: { readonly link: () => BrokerLink; readonly report: (error: Error) => void }) {
    this.#link = setup.link;
    this.#report = setup.report;
  }

  /** Somebody is present by one more subscription; returns what takes that back. */
  join(topic: string, { user, info }: Presence): () => void {
    const key = `${topic}\0${user}`;
    const present = this.#present.get(key) ?? { topic, user, info, count: 0 };
    this.#present.set(key, present);
    if (present.count++ === 0) this.#change(key, { topic, type: 'join', user, info });
    let hasLeft = false;
    return () => {
      if (hasLeft) return;
      hasLeft = true;
      if (--present.count > 0) return;
      this.#present.delete(key);
      this.#change(key, { topic, type: 'leave', user, info: present.info });
    };
  }

  /** Tells the broker all: it may know nothing of this process. */
  writeAll(): void {
    for (const [key, { topic, user, info }] of this.#present) this.#change(key, { topic, type: 'join', user, info });
    this.#write();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#retryTimer);
    this.#changes.clear();
  }

  #change(key: string, change: PresenceChange): void {
    this.#changes.set(key, change);
    this.#write();
  }

  #write(): void {
    if (this.#isWriting || this.#isClosed || this.#changes.size === 0) return;
    this.#isWriting = true;
    setImmediate(() => void this.#writeChanges());
  }

  async #writeChanges(): Promise<void> {
    while (this.#changes.size > 0 && this.#link().isUp && !this.#isClosed) {
      const batch = [...this.#changes].slice(0, BATCH);
      for (const [key] of batch) this.#changes.delete(key);
      try {
        await this.#link().updatePresence(batch.map(([, change]) => change));
      } catch (error) {
        // What was said since stands.
        for (const [key, change] of batch) if (!this.#changes.has(key)) this.#changes.set(key, change);
        if (this.#link().isUp) this.#report(toError(error));
        this.#retryTimer = setTimeout(() => this.#write(), RETRY_AFTER).unref();
        break;
      }
    }
    this.#isWriting = false;
  }
}
