import { MillraceError } from 'millrace';

/** What is known of a message that was not published. */
export interface FailedPublication {
  readonly topic: string;
  /** The name of the broker, such as `redis`. */
  readonly broker: string;
  /**
   * Whether the broker has the message for all that:
   *
   * - `'refused'`: it has not, and never will
   * - `'unknown'`: nobody knows; with an `idempotencyKey`, publish it again
   */
  readonly outcome: 'refused' | 'unknown';
  readonly cause?: unknown;
}

/** A message was not published, or nobody knows whether it was. */
export class PublishError extends MillraceError {
  override readonly name: string = 'PublishError';
  override readonly code = 'MILLRACE_TOPICS_PUBLISH';
  readonly topic: string;
  readonly broker: string;
  readonly outcome: 'refused' | 'unknown';

  constructor(why: string, { topic, broker, outcome, cause }: FailedPublication) {
    super(
      `publish to ${JSON.stringify(topic)}: broker ${broker}: ${why} (outcome: ${outcome})`,
      cause === undefined ? undefined : { cause },
    );
    this.topic = topic;
    this.broker = broker;
    this.outcome = outcome;
  }
}

/** `maySubscribe` or `mayPublish` has said no, or has taken back what it allowed. The peer is not told why. */
export class NotAllowedError extends MillraceError {
  override readonly name: string = 'NotAllowedError';
  override readonly code = 'MILLRACE_TOPICS_NOT_ALLOWED';
  /** The topic or pattern. */
  readonly topic: string;

  constructor(action: 'publish' | 'subscribe', topic: string) {
    super(`${action} ${JSON.stringify(topic)}: not allowed`);
    this.topic = topic;
  }
}

/** There are too many subscriptions, or too many topics. */
export class TopicLimitError extends MillraceError {
  override readonly name: string = 'TopicLimitError';
  override readonly code = 'MILLRACE_TOPICS_LIMIT';
  /** The option that set the limit. */
  readonly option: string;
  readonly limit: number;

  constructor(topic: string, option: string, limit: number) {
    super(`subscribe ${JSON.stringify(topic)}: there are as many already as ${option} allows, ${limit}`);
    this.option = option;
    this.limit = limit;
  }
}

/** The broker is away, or has answered with an error. */
export class BrokerError extends MillraceError {
  override readonly name: string = 'BrokerError';
  override readonly code = 'MILLRACE_TOPICS_BROKER';
  readonly broker: string;

  constructor(broker: string, why: string, cause?: unknown) {
    super(`broker ${broker}: ${why}`, cause === undefined ? undefined : { cause });
    this.broker = broker;
  }
}

/** A subscription ended before it was ready: by `unsubscribe`, with its connection, or with the topics. */
export class UnsubscribedError extends MillraceError {
  override readonly name: string = 'UnsubscribedError';
  override readonly code = 'MILLRACE_TOPICS_UNSUBSCRIBED';
  readonly topic: string;

  constructor(topic: string) {
    super(`subscription to ${JSON.stringify(topic)} has ended`);
    this.topic = topic;
  }
}
