import { randomId } from '../../base/random-id.ts';
import { Fifo } from '../../base/fifo.ts';
import type { HistoryPage, HistoryPolicy, HistoryRange, Place, Publication, StoredMessage } from '../broker.ts';

/** What an entry costs beside its data, in bytes, about: objects, strings, its place in the list. */
const ENTRY_COST = 320;

interface Entry {
  readonly message: StoredMessage;
  readonly time: number;
}

/** The history of one topic. */
export class MemoryLog {
  readonly #entries = new Fifo<Entry>();
  #epoch = randomId();
  #top = 0;
  #topId = '';
  #cost = 0;
  #policy: HistoryPolicy;
  /** When it was used last. */
  lastUse: number;

  constructor(policy: HistoryPolicy, now: number) {
    this.#policy = policy;
    this.lastUse = now;
  }

  /** What it holds, in bytes. */
  get cost(): number {
    return this.#cost;
  }

  get top(): Place {
    return { epoch: this.#epoch, offset: this.#top, id: this.#topId };
  }

  /** When nobody can miss it. */
  get expiry(): number {
    return this.lastUse + this.#policy.age;
  }

  append({ topic, type, data, id }: Publication, policy: HistoryPolicy, now: number): StoredMessage {
    this.#policy = policy;
    this.lastUse = now;
    this.#topId = id;
    const message: StoredMessage = { topic, type, data, id, place: { epoch: this.#epoch, offset: ++this.#top, id } };
    this.#entries.put({ message, time: now });
    this.#cost += ENTRY_COST + data.length;
    this.trim(now);
    return message;
  }

  /** Forgets what is too much or too old. */
  trim(now: number): void {
    const { messages, age } = this.#policy;
    for (let oldest = this.#entries.peek(); oldest !== undefined; oldest = this.#entries.peek()) {
      if (this.#entries.size <= messages && now - oldest.time <= age) return;
      this.#entries.take();
      this.#cost -= ENTRY_COST + oldest.message.data.length;
    }
  }

  read({ from, before, limit, maxBytes }: HistoryRange, now: number): HistoryPage {
    this.lastUse = now;
    this.trim(now);
    const first = this.#top - this.#entries.size + 1;
    const messages =
      from === undefined
        ? this.#readDown(Math.min(before ?? Infinity, this.#top + 1) - first, { limit, maxBytes })
        : this.#readUp(Math.max(from - first, 0), { limit, maxBytes });
    return { top: this.top, messages };
  }

  /** Begins a new epoch: the offsets go on, but no place of before is known any more. */
  renew(): void {
    this.#epoch = randomId();
    const kept: Entry[] = [];
    for (let entry = this.#entries.take(); entry !== undefined; entry = this.#entries.take()) kept.push(entry);
    for (const { message, time } of kept) {
      this.#entries.put({ time, message: { ...message, place: { ...message.place, epoch: this.#epoch } } });
    }
  }

  #readUp(start: number, { limit, maxBytes }: { limit: number; maxBytes: number }): StoredMessage[] {
    const messages: StoredMessage[] = [];
    for (let index = start, bytes = 0; messages.length < limit; index++) {
      const entry = this.#entries.at(index);
      if (entry === undefined || (messages.length > 0 && bytes + entry.message.data.length > maxBytes)) break;
      bytes += entry.message.data.length;
      messages.push(entry.message);
    }
    return messages;
  }

  #readDown(end: number, { limit, maxBytes }: { limit: number; maxBytes: number }): StoredMessage[] {
    const messages: StoredMessage[] = [];
    for (let index = end - 1, bytes = 0; messages.length < limit; index--) {
      const entry = this.#entries.at(index);
      if (entry === undefined || (messages.length > 0 && bytes + entry.message.data.length > maxBytes)) break;
      bytes += entry.message.data.length;
      messages.push(entry.message);
    }
    return messages.reverse();
  }
}
