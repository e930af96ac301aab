import { LocalUsageError } from 'millrace';

import { checkInteger, checkOptions, describe } from '../../base/checks.ts';
import { toError } from '../../base/deferred.ts';
import { BrokerError } from '../../base/errors.ts';
import type {
  Broker,
  BrokerLink,
  BrokerListener,
  BrokerMessage,
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
import { decodePresence } from '../presence-event.ts';
import { REPEAT_WINDOW } from '../memory/memory-broker.ts';
import { publishAgain } from '../publish-again.ts';
import type { NatsConnection, NatsMessage } from './nats-client.ts';
import { NatsHistory } from './nats-history.ts';
import { contentOf, encodePublication, isForRoot } from './nats-message.ts';
import { NatsNames } from './nats-names.ts';
import { NatsPresence } from './nats-presence.ts';
import { NatsSession } from './nats-session.ts';
import { NatsStreams, isJetStreamError } from './nats-streams.ts';

/** Options of {@link natsBroker}. */
export interface NatsBrokerOptions {
  /**
   * A connection of `@nats-io/transport-node`, or another of `@nats-io/*` 3. It may be used for other things, and stays open. Make it with `maxReconnectAttempts: -1`,
   * so that it always comes back.
   */
  readonly connection: NatsConnection;
  /**
   * What all subjects and streams begin with: 1 to 64 letters, digits, `_` or `-`. Applications with other prefixes do not see each other.
   *
   * @defaultValue 'millrace'
   */
  readonly prefix?: string | undefined;
  /**
   * How long NATS may take to answer, in milliseconds. Then its server is left, and the connection made anew.
   *
   * @defaultValue 5000
   */
  readonly brokerTimeout?: number | undefined;
  /**
   * How long those who were present in a process count when it has died, in milliseconds.
   *
   * @defaultValue 30_000
   */
  readonly lease?: number | undefined;
  /**
   * On how many servers streams are kept that are made: 1, 3 or 5. One that is there already stays as it is.
   *
   * @defaultValue 1
   */
  readonly replicas?: number | undefined;
}

interface ResolvedNatsOptions {
  readonly connection: NatsConnection;
  readonly names: NatsNames;
  readonly timeout: number;
  readonly lease: number;
  readonly replicas: number;
}

const NAME = 'nats';

/** What headers may take of the largest message, in bytes: ours, and those that NATS adds where it publishes again. */
const MAX_HEADERS = 4096;

/**
 * Makes a broker of NATS 2.9 or newer, with JetStream for topics that have history or presence.
 *
 * @throws {LocalUsageError} an option has a value that it cannot have
 *
 * @example
 * ```ts
 * const connection = await connect({ servers: 'nats://127.0.0.1', maxReconnectAttempts: -1 });
 * const topics = createTopics({ broker: natsBroker({ connection }) });
 * ```
 */
export function natsBroker(options: NatsBrokerOptions): Broker {
  const names = { connection: true, prefix: true, brokerTimeout: true, lease: true, replicas: true } as const;
  checkOptions('natsBroker', options, names);
  const { connection, prefix = 'millrace', brokerTimeout = 5000, lease = 30_000, replicas = 1 } = options;
  if (typeof connection !== 'object' || typeof connection.requestMany !== 'function') {
    throw new LocalUsageError(
      `option connection is ${describe(connection)}, expected a connection of @nats-io/transport-node`,
    );
  }
  const resolved = {
    connection,
    names: new NatsNames(prefix),
    timeout: checkInteger('brokerTimeout', brokerTimeout, [10, 600_000]),
    lease: checkInteger('lease', lease, [100, 3_600_000]),
    replicas: checkInteger('replicas', replicas, [1, 5]),
  };
  return { name: NAME, open: (listener) => new NatsLink(resolved, listener) };
}

/** One process's side of NATS. */
class NatsLink implements BrokerLink {
  readonly hasSparseOffsets = true;
  readonly #options: ResolvedNatsOptions;
  readonly #names: NatsNames;
  readonly #listener: BrokerListener;
  readonly #session: NatsSession;
  readonly #streams: NatsStreams;
  readonly #history: NatsHistory;
  readonly #presence: NatsPresence;
  /** The messages with a key that are on their way, by topic: those without one do not overtake them. */
  readonly #keyed = new Map<string, Promise<unknown>>();
  #isClosed = false;

  constructor(options: ResolvedNatsOptions, listener: BrokerListener) {
    const { connection, names, timeout, lease, replicas } = options;
    this.#options = options;
    this.#names = names;
    this.#listener = listener;
    this.#session = new NatsSession({
      connection,
      timeout,
      onUp: () => this.#onUp(),
      onDown: (error) => listener.onDown(error),
    });
    const shared = { session: this.#session, names, streams: new NatsStreams(this.#session, replicas) };
    this.#streams = shared.streams;
    this.#history = new NatsHistory(shared);
    this.#presence = new NatsPresence({ ...shared, lease, report: (error) => listener.onError(error) });
  }

  get isUp(): boolean {
    return this.#session.isUp;
  }

  get maxMessageSize(): number {
    return this.#session.maxPayload - MAX_HEADERS;
  }

  async subscribe(channels: readonly Channel[]): Promise<void> {
    for (const channel of channels) {
      this.#session.subscribe(this.#names.channel(channel), (error, message) => {
        if (error === null) this.#receive(channel, message);
        else this.#listener.onError(new BrokerError(NAME, `${channel}: ${error.message}`, error));
      });
    }
    await this.#session.flush();
  }

  async unsubscribe(channels: readonly Channel[]): Promise<void> {
    for (const channel of channels) this.#session.unsubscribe(this.#names.channel(channel));
    await this.#session.flush();
  }

  publish(publication: Publication): Promise<PublishReceipt> {
    return publishAgain(publication, {
      broker: NAME,
      timeout: this.#options.timeout,
      isUp: () => this.isUp,
      isClosed: () => this.#isClosed,
      attempt: (one) => this.#publish(one),
      isAnswer: isJetStreamError,
    });
  }

  read(topic: string, range: HistoryRange): Promise<HistoryPage> {
    return this.#asBroker(this.#history.read(topic, range));
  }

  tops(topics: readonly KeptTopic[]): Promise<(Place | undefined)[]> {
    return this.#asBroker(this.#history.tops(topics));
  }

  renew(topic: KeptTopic, epoch: string): Promise<void> {
    return this.#asBroker(this.#history.renew(topic, epoch));
  }

  remove(topic: KeptTopic): Promise<void> {
    return this.#asBroker(this.#history.remove(topic));
  }

  updatePresence(changes: readonly PresenceChange[]): Promise<void> {
    return this.#asBroker(this.#presence.update(changes));
  }

  listPresence(topic: string, range: { limit: number; cursor?: string | undefined }): Promise<PresencePage> {
    return this.#asBroker(this.#presence.list(topic, range));
  }

  countPresence(topic: string): Promise<number> {
    return this.#asBroker(this.#presence.count(topic));
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    try {
      await this.#presence.close();
    } catch (error) {
      this.#listener.onError(toError(error));
    }
    this.#session.close();
  }

  #onUp(): void {
    // What others have done meanwhile was not heard.
    this.#streams.forget();
    this.#history.forget();
    this.#session.subscribe(this.#names.renewals, (error, message) => {
      if (error === null) this.#history.onRenewal(message.string());
    });
    this.#listener.onUp();
  }

  #receive(channel: Channel, message: NatsMessage): void {
    if (channel.startsWith('presence:')) {
      const change = decodePresence(message.data);
      if (change !== undefined) this.#listener.onPresence(change);
      return;
    }
    if (channel.startsWith('root:') && !isForRoot(message.headers, channel.slice('root:'.length))) return;
    const decoded = this.#decode(message);
    if (decoded !== undefined) this.#listener.onMessage(channel, decoded);
    else
      this.#listener.onError(new BrokerError(NAME, `${message.subject} has brought what is no message of version 1`));
  }

  #decode({ subject, headers, data }: NatsMessage): BrokerMessage | undefined {
    const content = contentOf(headers);
    const topic = this.#names.topicOf(subject);
    if (content === undefined || topic === undefined) return undefined;
    const { kind, id, epoch } = content;
    const type = kind === 'text' ? 'text' : 'binary';
    if (epoch === undefined || headers?.has('Nats-Sequence') !== true)
      return { topic, type, data, id, place: undefined };
    const place = { epoch, offset: Number(headers.get('Nats-Sequence')), id };
    const previous = Number(headers.get('Nats-Last-Sequence'));
    return { topic, type, data, id, place, previous, ...(kind === 'mark' ? { isMark: true } : {}) };
  }

  async #publish(publication: Publication): Promise<PublishReceipt> {
    const { topic, data, history, idempotencyKey } = publication;
    if (history !== undefined) return this.#history.append(publication, history);
    if (idempotencyKey !== undefined) return this.#publishOnce(publication);
    const keyed = this.#keyed.get(topic);
    if (keyed !== undefined) await keyed;
    this.#session.publish(this.#names.live(topic), data, { headers: encodePublication(publication, undefined) });
    await this.#session.flush();
    return { place: undefined, isRepeat: false };
  }

  /** Publishes through a stream, which knows the key for some time. */
  async #publishOnce(publication: Publication): Promise<PublishReceipt> {
    const { topic } = publication;
    const published = this.#storeOnce(publication);
    const done = published.then(ignore, ignore);
    this.#keyed.set(topic, done);
    try {
      return { place: undefined, isRepeat: (await published).isRepeat };
    } finally {
      if (this.#keyed.get(topic) === done) this.#keyed.delete(topic);
    }
  }

  async #storeOnce(publication: Publication): ReturnType<NatsStreams['publish']> {
    const { once, allOnce, allLive } = this.#names;
    const options = { name: once, subject: allOnce, messages: -1, age: REPEAT_WINDOW, republishTo: allLive };
    await this.#streams.ensure(options);
    const { topic, data } = publication;
    return this.#streams.publish(this.#names.storedOnce(topic), data, encodePublication(publication, undefined));
  }

  async #asBroker<T>(promise: Promise<T>): Promise<T> {
    try {
      return await promise;
    } catch (error) {
      if (error instanceof BrokerError) throw error;
      throw new BrokerError(NAME, toError(error).message, error);
    }
  }
}

function ignore(): void {
  // Whoever publishes it is told.
}
