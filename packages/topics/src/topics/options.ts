import {
  checkFunction,
  checkInteger,
  checkLimit,
  checkOptions,
  invalidOption,
  type KnownNames,
} from '../base/checks.ts';
import type { Broker } from '../broker/broker.ts';
import { memoryBroker } from '../broker/memory/memory-broker.ts';
import type { Subscriber } from '../subscribers/subscriber.ts';
import { TopicRules, type TopicOptions } from './rules.ts';

/** What is asked about a subscription. */
export interface SubscribeRequest<Context> {
  readonly subscriber: Subscriber<Context>;
  /** What {@link Subscriber.context} is. */
  readonly context: Context;
  /** The topic or pattern. */
  readonly topic: string;
  /** Whether it is a pattern: all that matches it would be seen. */
  readonly isPattern: boolean;
}

/** What is asked about a message. */
export interface PublishRequest<Context> {
  readonly subscriber: Subscriber<Context>;
  readonly context: Context;
  readonly topic: string;
  readonly data: string | Uint8Array;
}

/** Whether somebody may: for good, or until a time, when it is asked again. */
export type Permission = boolean | { readonly until: Date };

/** A message, as `frame` gets it. */
export interface FramedMessage {
  readonly topic: string;
  /** Where it stands: what a client gives back with `since`. `undefined` for a topic without history. */
  readonly position: string | undefined;
  /** A string if the message is text. */
  readonly data: string | Uint8Array;
}

/** Options of `createTopics`. */
export interface CreateTopicsOptions<Context = unknown> {
  /**
   * What carries messages to other processes, and keeps their history.
   *
   * @defaultValue `memoryBroker()`: this process alone
   */
  readonly broker?: Broker | undefined;
  /** How topics are dealt with, by pattern: the first that matches decides. */
  readonly topics?: Readonly<Record<string, TopicOptions>> | undefined;
  /**
   * Makes what is sent of a message, once for each message. It gets what a client must remember.
   *
   * @defaultValue the data as they were published
   */
  readonly frame?: ((message: FramedMessage) => string | Uint8Array) | undefined;
  /** Says whether somebody may subscribe. What it throws is a no, and is reported. Without it, everybody may. */
  readonly maySubscribe?: ((request: SubscribeRequest<Context>) => Permission | Promise<Permission>) | undefined;
  /** Says whether somebody may publish: asked for messages with `from`. Without it, everybody may. */
  readonly mayPublish?: ((request: PublishRequest<Context>) => Permission | Promise<Permission>) | undefined;
  /** Learns of errors that no call can be told of. By default, they become process warnings. */
  readonly onError?: ((error: Error) => void) | undefined;
  /**
   * How many subscriptions a subscriber may have.
   *
   * @defaultValue 128
   */
  readonly maxSubscriptions?: number | undefined;
  /**
   * How many topics and patterns may be subscribed in this process.
   *
   * @defaultValue 1_000_000
   */
  readonly maxTopics?: number | undefined;
  /**
   * How much of one topic may wait in this process, in bytes: for its turn, for a gap to be filled, or for those who catch up. What is more is read from the
   * history later; without a history, it is lost.
   *
   * @defaultValue 4_194_304
   */
  readonly maxHeld?: number | undefined;
  /**
   * How much of all topics may wait in this process, in bytes.
   *
   * @defaultValue 134_217_728
   */
  readonly maxHeldTotal?: number | undefined;
  /**
   * How many reads of histories may be on their way at a time.
   *
   * @defaultValue 64
   */
  readonly maxConcurrentRecoveries?: number | undefined;
  /**
   * How many messages a subscription may recover. One that has missed more is not recovered.
   *
   * @defaultValue 10_000
   */
  readonly maxRecovery?: number | undefined;
  /**
   * How long a topic that nobody watches any more stays subscribed at the broker, in milliseconds.
   *
   * @defaultValue 5000
   */
  readonly linger?: number | undefined;
  /**
   * How often it is compared where topics with history stand here and at the broker, in milliseconds.
   *
   * @defaultValue 30_000
   */
  readonly compareInterval?: number | undefined;
}

/** {@link CreateTopicsOptions} with every default filled in. */
export interface ResolvedTopicsOptions<Context> extends Pick<
  CreateTopicsOptions<Context>,
  'frame' | 'maySubscribe' | 'mayPublish' | 'onError'
> {
  readonly broker: Broker;
  readonly rules: TopicRules;
  readonly maxSubscriptions: number;
  readonly maxTopics: number;
  readonly maxHeld: number;
  readonly maxHeldTotal: number;
  readonly maxConcurrentRecoveries: number;
  readonly maxRecovery: number;
  readonly linger: number;
  readonly compareInterval: number;
}

const NAMES: KnownNames<keyof CreateTopicsOptions> = {
  broker: true,
  topics: true,
  frame: true,
  maySubscribe: true,
  mayPublish: true,
  onError: true,
  maxSubscriptions: true,
  maxTopics: true,
  maxHeld: true,
  maxHeldTotal: true,
  maxConcurrentRecoveries: true,
  maxRecovery: true,
  linger: true,
  compareInterval: true,
};

/** The longest that a timer of Node can wait, in milliseconds. */
const MAX_TIME = 2_147_483_647;

/**
 * Fills in the defaults.
 *
 * @throws {LocalUsageError} naming the option, its value and what would be valid
 */
export function resolveTopicsOptions<Context>(options: CreateTopicsOptions<Context>): ResolvedTopicsOptions<Context> {
  checkOptions('createTopics', options, NAMES);
  const { topics = {}, linger = 5000, compareInterval = 30_000 } = options;
  return Object.freeze({
    broker: checkBroker(options.broker ?? memoryBroker()),
    rules: new TopicRules(topics),
    frame: checkFunction('frame', options.frame),
    maySubscribe: checkFunction('maySubscribe', options.maySubscribe),
    mayPublish: checkFunction('mayPublish', options.mayPublish),
    onError: checkFunction('onError', options.onError),
    maxSubscriptions: checkLimit('maxSubscriptions', options.maxSubscriptions ?? 128, 1),
    maxTopics: checkLimit('maxTopics', options.maxTopics ?? 1_000_000, 1),
    maxHeld: checkLimit('maxHeld', options.maxHeld ?? 4 * 1024 * 1024),
    maxHeldTotal: checkLimit('maxHeldTotal', options.maxHeldTotal ?? 128 * 1024 * 1024),
    maxConcurrentRecoveries: checkLimit('maxConcurrentRecoveries', options.maxConcurrentRecoveries ?? 64, 1),
    maxRecovery: checkLimit('maxRecovery', options.maxRecovery ?? 10_000),
    linger: checkInteger('linger', linger, [0, MAX_TIME]),
    compareInterval: checkInteger('compareInterval', compareInterval, [10, MAX_TIME]),
  });
}

/**
 * Checks the option `broker`.
 *
 * @throws {LocalUsageError} it is no broker
 */
export function checkBroker(broker: Broker): Broker {
  if (typeof broker === 'object' && typeof broker.open === 'function' && typeof broker.name === 'string') return broker;
  throw invalidOption('broker', broker, 'what memoryBroker() or redisBroker() has made');
}
