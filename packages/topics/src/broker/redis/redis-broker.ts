import { checkInteger, checkOptions } from '../../base/checks.ts';
import { BrokerError } from '../../base/errors.ts';
import { randomId } from '../../base/random-id.ts';
import { toError } from '../../base/deferred.ts';
import type {
  Broker,
  BrokerLink,
  BrokerListener,
  Channel,
  HistoryPage,
  HistoryPolicy,
  HistoryRange,
  KeptTopic,
  Place,
  PresenceChange,
  PresencePage,
  Publication,
  PublishReceipt,
} from '../broker.ts';
import { REPEAT_WINDOW } from '../memory/memory-broker.ts';
import { decodePresence } from '../presence-event.ts';
import { publishAgain } from '../publish-again.ts';
import { TYPE_LETTERS, decodeEnvelope, decodeReceipt, encodeEnvelope } from './envelope.ts';
import type { RedisConnector, RedisTemplate } from './redis-client.ts';
import { connectorFor } from './redis-connectors.ts';
import { RedisKeys } from './redis-keys.ts';
import { RedisPair, isReply } from './redis-pair.ts';
import { RedisPresence } from './redis-presence.ts';
import { toList, toPage, toTops } from './replies.ts';
import { APPEND, PUBLISH_ONCE, READ, RENEW, TOPS } from './scripts.ts';

/** Options of {@link redisBroker}. */
export interface RedisBrokerOptions {
  /** A client or a cluster of `redis` or `ioredis`. It is a template: connections of our own are made like its. It may be closed, and need not be connected. */
  readonly client: RedisTemplate;
  /**
   * What all keys and channels begin with: 1 to 64 letters, digits, `_`, `.` or `-`. Applications with other prefixes do not see each other.
   *
   * @defaultValue 'millrace'
   */
  readonly prefix?: string | undefined;
  /**
   * How long Redis may take to answer, in milliseconds. Then the connections are given up, and made anew.
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
   * The most data that a message may have, in bytes. Redis drops a subscriber for which more than `client-output-buffer-limit pubsub` would wait.
   *
   * @defaultValue 1_048_576
   */
  readonly maxMessageSize?: number | undefined;
}

interface ResolvedRedisOptions {
  readonly connector: RedisConnector;
  readonly keys: RedisKeys;
  readonly timeout: number;
  readonly lease: number;
  readonly maxMessageSize: number;
}

const NAME = 'redis';

/** The epoch of a topic is remembered for twice its age and a day, in milliseconds. */
const DAY = 86_400_000;

/**
 * Makes a broker of Redis 7 or newer: a single server, a primary with replicas, or a cluster.
 *
 * @throws {LocalUsageError} an option has a value that it cannot have
 */
export function redisBroker(options: RedisBrokerOptions): Broker {
  const names = { client: true, prefix: true, brokerTimeout: true, lease: true, maxMessageSize: true } as const;
  checkOptions('redisBroker', options, names);
  const { client, prefix = 'millrace', brokerTimeout = 5000, lease = 30_000, maxMessageSize = 1_048_576 } = options;
  const resolved = {
    connector: connectorFor(client),
    keys: new RedisKeys(prefix),
    timeout: checkInteger('brokerTimeout', brokerTimeout, [10, 600_000]),
    lease: checkInteger('lease', lease, [100, 3_600_000]),
    maxMessageSize: checkInteger('maxMessageSize', maxMessageSize, [1, 536_000_000]),
  };
  return { name: NAME, open: (listener) => new RedisLink(resolved, listener) };
}

/** One process's side of Redis. */
class RedisLink implements BrokerLink {
  readonly maxMessageSize: number;
  readonly #options: ResolvedRedisOptions;
  readonly #keys: RedisKeys;
  readonly #listener: BrokerListener;
  readonly #pair: RedisPair;
  readonly #presence: RedisPresence;
  /** The channels that are subscribed, by what Redis calls them. */
  readonly #channels = new Map<string, Channel>();
  #isClosed = false;

  constructor(options: ResolvedRedisOptions, listener: BrokerListener) {
    const { connector, keys, timeout, lease, maxMessageSize } = options;
    this.#options = options;
    this.#keys = keys;
    this.#listener = listener;
    this.maxMessageSize = maxMessageSize;
    this.#presence = new RedisPresence({
      pair: () => this.#pair,
      keys,
      publishCommand: connector.isCluster ? 'SPUBLISH' : 'PUBLISH',
      lease,
      report: (error) => listener.onError(error),
    });
    this.#pair = new RedisPair({
      connector,
      timeout,
      onUp: () => listener.onUp(),
      onDown: (error) => {
        this.#channels.clear();
        listener.onDown(error);
      },
      onMessage: (channel, message) => this.#receive(channel, message),
    });
  }

  get isUp(): boolean {
    return this.#pair.isUp;
  }

  async subscribe(channels: readonly Channel[]): Promise<void> {
    const named = channels.map((channel) => [this.#keys.channel(channel), channel] as const);
    for (const [name, channel] of named) this.#channels.set(name, channel);
    await this.#pair.subscribe(named.map(([name]) => name));
  }

  async unsubscribe(channels: readonly Channel[]): Promise<void> {
    const names = channels.map((channel) => this.#keys.channel(channel));
    for (const name of names) this.#channels.delete(name);
    await this.#pair.unsubscribe(names);
  }

  publish(publication: Publication): Promise<PublishReceipt> {
    return publishAgain(publication, {
      broker: NAME,
      timeout: this.#options.timeout,
      isUp: () => this.isUp,
      isClosed: () => this.#isClosed,
      attempt: (one) => this.#publish(one),
      isAnswer: isReply,
    });
  }

  async read(topic: string, { from, before, limit, maxBytes, history }: HistoryRange): Promise<HistoryPage> {
    const range = [from ?? '', before ?? '', limit, maxBytes, history.age, randomId(), timeToLive(history)];
    const keys = [this.#keys.meta(topic), this.#keys.stream(topic)];
    return toPage(topic, await this.#pair.script(READ, keys, range.map(String)));
  }

  async tops(topics: readonly KeptTopic[]): Promise<(Place | undefined)[]> {
    const keys = topics.map(({ topic }) => this.#keys.meta(topic));
    if (!this.#options.connector.isCluster) return toTops(await this.#pair.script(TOPS, keys, []));
    // Each may be on another server.
    const tops = keys.map(async (key) => toTops(await this.#pair.script(TOPS, [key], [])));
    return (await Promise.all(tops)).flat();
  }

  async renew({ topic }: KeptTopic, epoch: string): Promise<void> {
    await this.#pair.script(RENEW, [this.#keys.meta(topic)], [epoch, randomId()]);
  }

  async remove({ topic }: KeptTopic): Promise<void> {
    await this.#pair.command(['DEL', this.#keys.meta(topic), this.#keys.stream(topic)]);
  }

  updatePresence(changes: readonly PresenceChange[]): Promise<void> {
    return this.#presence.update(changes);
  }

  listPresence(topic: string, range: { limit: number; cursor?: string | undefined }): Promise<PresencePage> {
    return this.#presence.list(topic, range);
  }

  countPresence(topic: string): Promise<number> {
    return this.#presence.count(topic);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    try {
      await this.#presence.close();
    } catch (error) {
      this.#listener.onError(toError(error));
    }
    this.#pair.close();
  }

  #receive(name: string, message: Buffer): void {
    const channel = this.#channels.get(name);
    if (channel === undefined) return;
    if (channel.startsWith('presence:')) {
      const change = decodePresence(message);
      if (change !== undefined) this.#listener.onPresence(change);
      return;
    }
    const decoded = decodeEnvelope(message);
    if (decoded !== undefined) this.#listener.onMessage(channel, decoded);
    else this.#listener.onError(new BrokerError(NAME, `${name} has brought what is no message of version 1`));
  }

  /** On a cluster, the channel of a root is on another server than the topic: it is published there afterwards. */
  async #publish(publication: Publication): Promise<PublishReceipt> {
    const { topic, root, history } = publication;
    const { isCluster } = this.#options.connector;
    const channels = [this.#keys.channel(`topic:${topic}`)];
    if (root !== undefined && !isCluster) channels.push(this.#keys.channel(`root:${root}`));
    const receipt = await (history === undefined
      ? this.#publishPlain(publication, channels)
      : this.#append(publication, history, channels));
    if (root !== undefined && isCluster && isFirst(receipt, publication)) {
      await this.#publishToRoot(root, encodeEnvelope(publication, receipt.place));
    }
    return receipt;
  }

  async #publishPlain(publication: Publication, channels: readonly string[]): Promise<PublishReceipt> {
    const envelope = encodeEnvelope(publication);
    if (publication.idempotencyKey === undefined) {
      await Promise.all(channels.map((channel) => this.#pair.command([this.#publishCommand, channel, envelope])));
      return { place: undefined, isRepeat: false };
    }
    const args = [envelope, String(REPEAT_WINDOW), this.#publishCommand, ...channels];
    const reply = await this.#pair.script(PUBLISH_ONCE, [this.#repeatKey(publication)], args);
    return { place: undefined, isRepeat: Number(reply) === 1 };
  }

  async #append(
    publication: Publication,
    history: HistoryPolicy,
    channels: readonly string[],
  ): Promise<PublishReceipt> {
    const { topic, type, data, id } = publication;
    const keys = [this.#keys.meta(topic), this.#keys.stream(topic), this.#repeatKey(publication)];
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    const { messages, age } = history;
    const rest = [topic, messages, age, randomId(), timeToLive(history), REPEAT_WINDOW].map(String);
    const args = [id, TYPE_LETTERS[type], bytes, ...rest, this.#publishCommand, ...channels];
    const [isRepeat, receipt] = toList(await this.#pair.script(APPEND, keys, args));
    return { place: decodeReceipt(receipt), isRepeat: Number(isRepeat) === 1 };
  }

  /** Patterns are live only: what does not arrive there is not published again. */
  async #publishToRoot(root: string, envelope: Buffer): Promise<void> {
    try {
      await this.#pair.command([this.#publishCommand, this.#keys.channel(`root:${root}`), envelope]);
    } catch (error) {
      this.#listener.onError(toError(error));
    }
  }

  get #publishCommand(): string {
    return this.#options.connector.isCluster ? 'SPUBLISH' : 'PUBLISH';
  }

  #repeatKey({ topic, id, idempotencyKey }: Publication): string {
    return this.#keys.repeat(topic, idempotencyKey === undefined ? `i${id}` : `k${idempotencyKey}`);
  }
}

/** Whether Redis has it since this publication: where a reply was lost, it says that it is a repeat for all that. */
function isFirst({ place, isRepeat }: PublishReceipt, { id }: Publication): boolean {
  return !isRepeat || place?.id === id;
}

function timeToLive({ age }: HistoryPolicy): number {
  return 2 * age + DAY;
}
