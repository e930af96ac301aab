import { checkOptions } from '../base/checks.ts';
import type { Broker, BrokerLink } from '../broker/broker.ts';
import { formatPosition } from '../broker/position.ts';
import { checkTopic } from '../names/topic-name.ts';
import { checkBroker } from './options.ts';
import { createPublication, publishThrough, type PublishOptions } from './publication.ts';
import { TopicRules, type TopicOptions } from './rules.ts';

/** Options of {@link createPublisher}. */
export interface PublisherOptions {
  readonly broker: Broker;
  /** How topics are dealt with: the same as in the servers, or messages have no history. */
  readonly topics?: Readonly<Record<string, TopicOptions>> | undefined;
  /** Learns of errors that no call can be told of. By default, they become process warnings. */
  readonly onError?: ((error: Error) => void) | undefined;
}

/** Publishes without a server. */
export interface Publisher {
  /** Whether the broker can be used now. */
  readonly isUp: boolean;
  /** Waits until the broker can be used. */
  up(): Promise<void>;
  /**
   * Publishes a message, as `Topics.publish` does.
   *
   * @throws {LocalUsageError} the name, the data or an option is invalid
   * @throws {PublishError} the broker has it not, or nobody knows whether it has: its `outcome` tells
   */
  publish(
    topic: string,
    data: string | Uint8Array,
    options?: PublishOptions,
  ): Promise<{ readonly position: string | undefined }>;
  /** Ends the connection to the broker. */
  close(): Promise<void>;
}

/**
 * Makes a publisher for a process that has no subscribers: a job, a command.
 *
 * @throws {LocalUsageError} an option has a value that it cannot have
 */
export function createPublisher(options: PublisherOptions): Publisher {
  checkOptions('createPublisher', options, { broker: true, topics: true, onError: true });
  return new BrokerPublisher(options);
}

class BrokerPublisher implements Publisher {
  readonly #rules: TopicRules;
  readonly #brokerName: string;
  readonly #link: BrokerLink;
  #waiting: (() => void)[] = [];

  constructor({ broker, topics = {}, onError = (error) => process.emitWarning(error) }: PublisherOptions) {
    this.#rules = new TopicRules(topics);
    this.#brokerName = checkBroker(broker).name;
    this.#link = broker.open({
      onUp: () => this.#onUp(),
      onDown: ignore,
      onMessage: ignore,
      onPresence: ignore,
      onError,
    });
  }

  get isUp(): boolean {
    return this.#link.isUp;
  }

  up(): Promise<void> {
    if (this.isUp) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async publish(
    topic: string,
    data: string | Uint8Array,
    options: PublishOptions = {},
  ): Promise<{ readonly position: string | undefined }> {
    checkOptions('publish', options, { type: true, idempotencyKey: true, signal: true });
    const publication = createPublication(checkTopic(topic), data, this.#rules.of(topic), options);
    const { place } = await publishThrough(this.#link, this.#brokerName, publication, options.signal);
    return { position: place === undefined ? undefined : formatPosition(place) };
  }

  close(): Promise<void> {
    return this.#link.close();
  }

  #onUp(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting = [];
  }
}

function ignore(): void {
  // It has no subscribers.
}
