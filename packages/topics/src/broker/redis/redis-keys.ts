import { LocalUsageError } from 'millrace';

import { describe } from '../../base/checks.ts';
import { toRedisName } from '../../names/redis-name.ts';
import type { Channel } from '../broker.ts';

const PREFIX = /^[A-Za-z0-9_.-]{1,64}$/;

/** How kinds of channels are written. */
const KINDS: Readonly<Record<string, string>> = { topic: 't', root: 'r', presence: 'j' };

/** The names of keys and channels of one application. All keys of a topic have the topic as their hash tag. */
export class RedisKeys {
  readonly #prefix: string;

  /** @throws {LocalUsageError} the prefix is none */
  constructor(prefix: string) {
    if (typeof prefix !== 'string' || !PREFIX.test(prefix)) {
      throw new LocalUsageError(
        `option prefix is ${describe(prefix)}, expected 1 to 64 letters, digits, '_', '.' or '-'`,
      );
    }
    this.#prefix = prefix;
  }

  meta(topic: string): string {
    return this.#of(topic, 'm');
  }

  stream(topic: string): string {
    return this.#of(topic, 's');
  }

  /** Knows for some time that a message was published. */
  repeat(topic: string, key: string): string {
    return this.#of(topic, `k:${key}`);
  }

  presence(topic: string): string {
    return this.#of(topic, 'p');
  }

  lease(process: string): string {
    return `${this.#prefix}:lease:${process}`;
  }

  channel(channel: Channel): string {
    const colon = channel.indexOf(':');
    const kind = KINDS[channel.slice(0, colon)] ?? '';
    return `${this.#prefix}:${kind}:{${toRedisName(channel.slice(colon + 1))}}`;
  }

  #of(topic: string, what: string): string {
    return `${this.#prefix}:{${toRedisName(topic)}}:${what}`;
  }
}
