import { LocalUsageError } from 'millrace';

import { describe } from '../../base/checks.ts';
import { fromNatsSubject, toNatsSubject, toNatsToken } from '../../names/nats-name.ts';
import type { Channel, HistoryPolicy, KeptTopic } from '../broker.ts';

const PREFIX = /^[A-Za-z0-9_-]{1,64}$/;

/** Which entries of the presence are meant. */
export interface PresentParts {
  readonly topic?: string | undefined;
  readonly process?: string | undefined;
  readonly user?: string | undefined;
}

/** The names of subjects and streams of one application. */
export class NatsNames {
  readonly #prefix: string;

  /** @throws {LocalUsageError} the prefix is none */
  constructor(prefix: string) {
    if (typeof prefix !== 'string' || !PREFIX.test(prefix)) {
      throw new LocalUsageError(`option prefix is ${describe(prefix)}, expected 1 to 64 letters, digits, '_' or '-'`);
    }
    this.#prefix = prefix;
  }

  /** Where the messages of a topic come. */
  live(topic: string): string {
    return `${this.#prefix}.out.${toNatsSubject(topic)}`;
  }

  /** What all that come begin with, and `>`. */
  get allLive(): string {
    return `${this.#prefix}.out.>`;
  }

  /** The topic of a message that has come; `undefined` for none of ours. */
  topicOf(subject: string): string | undefined {
    return fromNatsSubject(subject.slice(this.#prefix.length + '.out.'.length));
  }

  channel(channel: Channel): string {
    const colon = channel.indexOf(':');
    const name = channel.slice(colon + 1);
    if (channel.startsWith('presence:')) return this.joins(name);
    return channel.startsWith('root:') ? `${this.live(name)}.>` : this.live(name);
  }

  /** The stream of all topics with the same history. */
  history({ messages, age }: HistoryPolicy): string {
    return `${this.#prefix}_history_${messages}_${age}`;
  }

  /** What is stored in that stream. */
  stored({ topic, history }: KeptTopic): string {
    return this.allStored(history).replace('>', toNatsSubject(topic));
  }

  /** What that stream stores. */
  allStored({ messages, age }: HistoryPolicy): string {
    return `${this.#prefix}.in.${messages}-${age}.>`;
  }

  /** The stream of messages without history that have an idempotency key. */
  get once(): string {
    return `${this.#prefix}_once`;
  }

  storedOnce(topic: string): string {
    return this.allOnce.replace('>', toNatsSubject(topic));
  }

  get allOnce(): string {
    return `${this.#prefix}.in.once.>`;
  }

  /** Where it is told that a topic has another epoch. */
  get renewals(): string {
    return `${this.#prefix}.renewed`;
  }

  /** Where it is told who joins and leaves. */
  joins(topic: string): string {
    return `${this.#prefix}.joins.${toNatsSubject(topic)}`;
  }

  get presence(): string {
    return `${this.#prefix}_presence`;
  }

  /** Somebody present; what is not said may be anything. */
  present({ topic, process = '*', user }: PresentParts): string {
    const token = (part: string | undefined): string => (part === undefined ? '*' : toNatsToken(part));
    return `${this.#prefix}.present.${token(topic)}.${process}.${token(user)}`;
  }

  get leases(): string {
    return `${this.#prefix}_leases`;
  }

  lease(process: string): string {
    return `${this.#prefix}.lease.${process}`;
  }
}
