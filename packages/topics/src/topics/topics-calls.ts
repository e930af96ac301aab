import { LocalUsageError } from 'millrace';

import {
  checkFunction,
  checkInteger,
  checkOptions,
  describe,
  invalidOption,
  quote,
  type KnownNames,
} from '../base/checks.ts';
import type { Presence } from '../broker/broker.ts';
import type { Subscriber } from '../subscribers/subscriber.ts';
import type { PublishOptions } from './publication.ts';
import type { TopicRule } from './rules.ts';

/** Whether a name stands for itself, or for others. */
export type Kind = 'topic' | 'pattern';

/** How somebody subscribes. */
export interface SubscribeOptions {
  /**
   * The position of the last message that was received: all behind it is sent first. It may come from the peer; one that says nothing is as one whose
   * messages are gone.
   */
  readonly since?: unknown;
  /**
   * So many of the newest messages are sent first, at most 10,000. With `since`, only if that cannot be recovered.
   *
   * @defaultValue 0
   */
  readonly last?: number | undefined;
  /** Who is present in the topic while the subscription lasts, and what is said about them, which must have a form in JSON of at most 4 KiB. */
  readonly presence?: { readonly user: string; readonly info?: unknown } | undefined;
  /** Messages were left out: for a slow subscriber, or because the broker has them no more. */
  readonly onLost?: ((topic: string) => void) | undefined;
}

/** How a message is published by somebody. */
export interface PublishFromOptions<Context> extends PublishOptions {
  /** Who publishes it: `mayPublish` is asked. Without it, it is the application itself. */
  readonly from?: Subscriber<Context> | undefined;
  /** Who does not get it, while it is live, from this process. Another process, and history, know nothing of that. */
  readonly except?: Subscriber<Context> | undefined;
}

/** What became of a message: the broker has it. */
export interface PublishResult {
  /** Where it stands; `undefined` for a topic without history. */
  readonly position: string | undefined;
  /** How many live subscriptions of this process get it, or have got it. 0 for one that was published before. */
  readonly localReceivers: number;
}

const SUBSCRIBE_NAMES: KnownNames<keyof SubscribeOptions> = { since: true, last: true, presence: true, onLost: true };

/** What {@link PublishFromOptions} are called. */
export const PUBLISH_NAMES: KnownNames<keyof PublishFromOptions<unknown>> = {
  type: true,
  idempotencyKey: true,
  signal: true,
  from: true,
  except: true,
};

/** The most messages that `last` or one page of history may have. */
export const MAX_LAST = 10_000;

/** The longest name of a user, and what is said about one, in characters. */
const MAX_USER = 256;
const MAX_INFO = 4096;

/** Somebody who is present. */
export interface PresentUser {
  readonly user: string;
  /** What was said about them. */
  readonly info: unknown;
}

/** Somebody has joined or left. */
export interface PresenceEvent extends PresentUser {
  readonly topic: string;
  readonly type: 'join' | 'leave';
}

/**
 * Checks how somebody subscribes.
 *
 * @throws {LocalUsageError} an option has a value that it cannot have, or the topic has no history or presence
 */
export function checkSubscribeOptions(name: string, rule: TopicRule, kind: Kind, options: SubscribeOptions): void {
  checkOptions('subscribe', options, SUBSCRIBE_NAMES);
  const { since, last = 0, presence, onLost } = options;
  checkInteger('last', last, [0, MAX_LAST]);
  checkFunction('onLost', onLost);
  const wantsHistory = since !== undefined || last > 0;
  if (kind === 'pattern' && (wantsHistory || presence !== undefined)) {
    throw new LocalUsageError(`pattern ${quote(name)}: since, last and presence are for topics only`);
  }
  if (wantsHistory && rule.history === undefined) throw new LocalUsageError(`topic ${quote(name)} has no history`);
  if (presence !== undefined && !rule.presence) throw new LocalUsageError(`topic ${quote(name)} has no presence`);
}

/**
 * Checks that something can subscribe.
 *
 * @throws {LocalUsageError} it cannot
 */
export function checkSubscriber(subscriber: Partial<Subscriber>): void {
  if (typeof subscriber === 'object' && typeof subscriber.send === 'function') {
    if (typeof subscriber.drained === 'function' && subscriber.closed !== undefined) return;
  }
  throw new LocalUsageError(
    `subscriber is ${describe(subscriber)}, expected a connection, or what subscriberOf has made`,
  );
}

/**
 * Reads who is present.
 *
 * @throws {LocalUsageError} the user has no name, or what is said about them has no form in JSON, or a long one
 */
export function toPresence(presence: SubscribeOptions['presence']): Presence | undefined {
  if (presence === undefined) return undefined;
  const { user, info } = presence;
  if (typeof user !== 'string' || user === '' || user.length > MAX_USER || user.includes('\0')) {
    throw invalidOption('presence.user', user, `a string of 1 to ${MAX_USER} characters`);
  }
  const json: unknown = info === undefined ? undefined : JSON.stringify(info);
  if (json === undefined) return { user, info: undefined };
  if (typeof json === 'string' && json.length <= MAX_INFO) return { user, info: json };
  throw invalidOption('presence.info', info, `what JSON can say in ${MAX_INFO} characters`);
}

/** Reads what a broker says of somebody. */
export function toPresentUser({ user, info }: Presence): PresentUser {
  return { user, info: info === undefined ? undefined : parse(info) };
}

/** Another program may have written it. */
function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
