import { isUtf8 } from 'node:buffer';

import { LocalUsageError } from 'millrace';

import { describe, invalidOption } from '../base/checks.ts';
import { untilAborted } from '../base/deferred.ts';
import { PublishError } from '../base/errors.ts';
import { randomId } from '../base/random-id.ts';
import type { BrokerLink, Publication, PublishReceipt } from '../broker/broker.ts';
import type { TopicRule } from './rules.ts';

/** How a message is published. */
export interface PublishOptions {
  /**
   * Whether the message is text or binary.
   *
   * @defaultValue strings are text, bytes are binary
   */
  readonly type?: 'text' | 'binary' | undefined;
  /**
   * Publishes it only if no message with this key was published to the topic within the last two minutes: whoever does not know what became of a message
   * publishes it again. At most 128 characters.
   */
  readonly idempotencyKey?: string | undefined;
  /** Ends the waiting. The message may be published for all that. */
  readonly signal?: AbortSignal | undefined;
}

/** The longest idempotency key. */
const MAX_KEY = 128;

/**
 * Makes a publication. Bytes are copied.
 *
 * @throws {LocalUsageError} the data are nothing that can be published, or an option has a value that it cannot have
 */
export function createPublication(
  topic: string,
  data: string | Uint8Array,
  { root, history }: TopicRule,
  options: PublishOptions,
): Publication {
  const { type = typeof data === 'string' ? 'text' : 'binary', idempotencyKey } = options;
  checkType(type);
  checkKey(idempotencyKey);
  const bytes = toBytes(data);
  if (type === 'text' && typeof data !== 'string' && !isUtf8(bytes)) {
    throw new LocalUsageError('message has the type text, and its bytes are not UTF-8');
  }
  const isBelow = root !== undefined && topic.startsWith(`${root}/`);
  return { topic, root: isBelow ? root : undefined, type, data: bytes, id: randomId(), idempotencyKey, history };
}

/**
 * Publishes.
 *
 * @throws {PublishError} it failed
 */
export function publishThrough(
  link: BrokerLink,
  broker: string,
  publication: Publication,
  signal: AbortSignal | undefined,
): Promise<PublishReceipt> {
  const { topic, data } = publication;
  const refuse = (why: string): Promise<never> =>
    Promise.reject(new PublishError(why, { topic, broker, outcome: 'refused' }));
  if (data.length > link.maxMessageSize) {
    return refuse(`the message has ${data.length} bytes, and may have ${link.maxMessageSize}`);
  }
  if (!link.isUp) return refuse('it is away');
  return untilAborted(link.publish(publication), signal);
}

function toBytes(data: unknown): Uint8Array {
  if (typeof data === 'string') return new TextEncoder().encode(data);
  if (data instanceof Uint8Array) return Uint8Array.from(data);
  throw new LocalUsageError(`message is ${describe(data)}, expected a string or a Uint8Array`);
}

function checkType(type: unknown): void {
  if (type !== 'text' && type !== 'binary') throw invalidOption('type', type, "'text' or 'binary'");
}

function checkKey(key: unknown): void {
  if (key === undefined || (typeof key === 'string' && key !== '' && key.length <= MAX_KEY)) return;
  throw invalidOption('idempotencyKey', key, `a string of 1 to ${MAX_KEY} characters`);
}
