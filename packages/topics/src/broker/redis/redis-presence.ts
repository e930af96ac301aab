import { toError } from '../../base/deferred.ts';
import { randomId } from '../../base/random-id.ts';
import type { Presence, PresenceChange, PresencePage } from '../broker.ts';
import type { RedisKeys } from './redis-keys.ts';
import type { RedisPair } from './redis-pair.ts';
import { toList } from './replies.ts';

/** How long the presence of a topic is kept when nobody joins or leaves, in milliseconds: two days. It is renewed twice a day. */
const TOPIC_LIFETIME = 172_800_000;
const REFRESH_INTERVAL = 43_200_000;

/** Between process and user, in the name of a field. */
const SEPARATOR = '\n';

/** What a {@link RedisPresence} is made of. */
export interface RedisPresenceSetup {
  readonly pair: () => RedisPair;
  readonly keys: RedisKeys;
  /** `PUBLISH`, or `SPUBLISH` on a cluster. */
  readonly publishCommand: string;
  /** How long a process is known to live, in milliseconds. */
  readonly lease: number;
  readonly report: (error: Error) => void;
}

/** Who is present: entries name their process, and count while its lease lasts, which is one key. */
export class RedisPresence {
  readonly #setup: RedisPresenceSetup;
  /** What this process has said. */
  readonly #present = new Map<string, PresenceChange>();
  #process = randomId();
  #renewing: NodeJS.Timeout | undefined;
  #refreshedAt = performance.now();

  constructor(setup: RedisPresenceSetup) {
    this.#setup = setup;
  }

  async update(changes: readonly PresenceChange[]): Promise<void> {
    for (const change of changes) {
      const key = `${change.topic}\0${change.user}`;
      if (change.type === 'join') this.#present.set(key, change);
      else this.#present.delete(key);
    }
    await this.#holdLease();
    await this.#write(changes);
  }

  async list(
    topic: string,
    { limit, cursor = '0' }: { limit: number; cursor?: string | undefined },
  ): Promise<PresencePage> {
    const { keys } = this.#setup;
    const pair = this.#setup.pair();
    const reply = toList(
      await pair.command([
        'HSCAN',
        keys.presence(topic),
        /^\d{1,20}$/.test(cursor) ? cursor : '0',
        'COUNT',
        String(limit),
      ]),
    );
    const entries = toEntries(toList(reply[1]));
    const living = await this.#findLiving(entries.map(({ process }) => process));
    const dead = entries.filter(({ process }) => !living.has(process));
    if (dead.length > 0) await pair.command(['HDEL', keys.presence(topic), ...dead.map(({ field }) => field)]);
    const users = new Map(entries.filter(({ process }) => living.has(process)).map((entry) => [entry.user, entry]));
    const next = String(reply[0]);
    const present = [...users.values()].map(({ user, info }): Presence => ({ user, info }));
    return { present, cursor: next === '0' ? undefined : next };
  }

  async count(topic: string): Promise<number> {
    const users = new Set<string>();
    let cursor: string | undefined = '0';
    while (cursor !== undefined) {
      const page: PresencePage = await this.list(topic, { limit: 1000, cursor });
      for (const { user } of page.present) users.add(user);
      cursor = page.cursor;
    }
    return users.size;
  }

  /** Ends this process's presence. */
  async close(): Promise<void> {
    clearInterval(this.#renewing);
    this.#renewing = undefined;
    if (this.#present.size === 0 || !this.#setup.pair().isUp) return;
    const leaves = [...this.#present.values()].map((change): PresenceChange => ({ ...change, type: 'leave' }));
    this.#present.clear();
    await this.#write(leaves);
    await this.#setup.pair().command(['DEL', this.#setup.keys.lease(this.#process)]);
  }

  async #write(changes: readonly PresenceChange[]): Promise<void> {
    const { keys, publishCommand } = this.#setup;
    const pair = this.#setup.pair();
    const commands = changes.flatMap((change) => {
      const { topic, type, user, info = '' } = change;
      const key = keys.presence(topic);
      const field = `${this.#process}${SEPARATOR}${user}`;
      const write = type === 'join' ? ['HSET', key, field, info] : ['HDEL', key, field];
      const event = JSON.stringify({ topic, type, user, info });
      return [
        write,
        ['PEXPIRE', key, String(TOPIC_LIFETIME)],
        [publishCommand, keys.channel(`presence:${topic}`), event],
      ];
    });
    await Promise.all(commands.map((command) => pair.command(command)));
  }

  /** Makes sure that this process is known to live. */
  async #holdLease(): Promise<void> {
    if (this.#renewing !== undefined || this.#present.size === 0) return;
    const { lease } = this.#setup;
    this.#renewing = setInterval(() => void this.#renew(), lease / 3).unref();
    await this.#setLease();
  }

  async #setLease(): Promise<void> {
    const { keys, lease } = this.#setup;
    await this.#setup.pair().command(['SET', keys.lease(this.#process), '1', 'PX', String(lease)]);
  }

  /** Renews the lease; where it has run out, others have thrown the entries away, or will: all is written again, under another name. */
  async #renew(): Promise<void> {
    const { keys, lease, pair, report } = this.#setup;
    if (!pair().isUp || this.#present.size === 0) return;
    try {
      const renewed = await pair().command(['SET', keys.lease(this.#process), '1', 'XX', 'PX', String(lease)]);
      const isStale = performance.now() - this.#refreshedAt > REFRESH_INTERVAL;
      if (renewed !== null && !isStale) return;
      if (renewed === null) this.#process = randomId();
      this.#refreshedAt = performance.now();
      await this.#setLease();
      await this.#write([...this.#present.values()]);
    } catch (error) {
      // Where Redis is away, all is written again when it is back.
      if (pair().isUp) report(toError(error));
    }
  }

  async #findLiving(processes: readonly string[]): Promise<Set<string>> {
    const { keys, pair } = this.#setup;
    const distinct = [...new Set(processes)];
    const replies = await Promise.all(distinct.map((process) => pair().command(['EXISTS', keys.lease(process)])));
    return new Set(distinct.filter((_, index) => Number(replies[index]) === 1));
  }
}

function toEntries(fields: readonly unknown[]): (Presence & { readonly field: string; readonly process: string })[] {
  const entries = [];
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const field = String(fields[index]);
    const end = field.indexOf(SEPARATOR);
    const info = String(fields[index + 1]);
    const process = field.slice(0, end);
    entries.push({ field, process, user: field.slice(end + 1), info: info === '' ? undefined : info });
  }
  return entries;
}
