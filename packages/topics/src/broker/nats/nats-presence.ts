import { toError } from '../../base/deferred.ts';
import { randomId } from '../../base/random-id.ts';
import type { Presence, PresenceChange, PresencePage } from '../broker.ts';
import { encodeContent } from './nats-message.ts';
import type { NatsNames } from './nats-names.ts';
import type { NatsSession } from './nats-session.ts';
import type { NatsEntry, NatsStreams } from './nats-streams.ts';

/** How long the entry of somebody is kept, in milliseconds: two days. It is written again twice a day. */
const LIFETIME = 172_800_000;
const REFRESH_INTERVAL = 43_200_000;

/** How many entries are read at a time, where all are counted. */
const COUNTED_AT_ONCE = 1000;

/** What a {@link NatsPresence} is made of. */
export interface NatsPresenceSetup {
  readonly session: NatsSession;
  readonly streams: NatsStreams;
  readonly names: NatsNames;
  /** How long a process is known to live, in milliseconds. */
  readonly lease: number;
  readonly report: (error: Error) => void;
}

/** Who is present: an entry for each user and process, which counts while the lease of its process lasts, an entry of a stream that keeps each that long. */
export class NatsPresence {
  readonly #setup: NatsPresenceSetup;
  /** What this process has said. */
  readonly #present = new Map<string, PresenceChange>();
  #process = randomId();
  #renewing: NodeJS.Timeout | undefined;
  #refreshedAt = performance.now();

  constructor(setup: NatsPresenceSetup) {
    this.#setup = setup;
  }

  async update(changes: readonly PresenceChange[]): Promise<void> {
    for (const change of changes) {
      const key = `${change.topic}\0${change.user}`;
      if (change.type === 'join') this.#present.set(key, change);
      else this.#present.delete(key);
    }
    await this.#ensure();
    await this.#holdLease();
    await this.#write(changes);
  }

  async list(
    topic: string,
    { limit, cursor = '0' }: { readonly limit: number; readonly cursor?: string | undefined },
  ): Promise<PresencePage> {
    const { names, streams } = this.#setup;
    await this.#ensure();
    const from = /^\d{1,15}$/.test(cursor) ? Number(cursor) : 0;
    const range = { stream: names.presence, subject: names.present({ topic }), from };
    const entries = (await streams.read(range, limit)).map(toEntry);
    const living = await this.#findLiving(entries.map(({ process }) => process));
    const users = new Map(entries.filter(({ process }) => living.has(process)).map((entry) => [entry.user, entry]));
    const last = entries.at(-1);
    const present = [...users.values()].map(({ user, info }): Presence => ({ user, info }));
    return { present, cursor: last === undefined || entries.length < limit ? undefined : String(last.sequence + 1) };
  }

  async count(topic: string): Promise<number> {
    const users = new Set<string>();
    let cursor: string | undefined = '0';
    while (cursor !== undefined) {
      const page: PresencePage = await this.list(topic, { limit: COUNTED_AT_ONCE, cursor });
      for (const { user } of page.present) users.add(user);
      cursor = page.cursor;
    }
    return users.size;
  }

  /** Ends this process's presence. */
  async close(): Promise<void> {
    clearInterval(this.#renewing);
    this.#renewing = undefined;
    const { session } = this.#setup;
    if (this.#present.size === 0 || !session.isUp) return;
    const leaves = [...this.#present.values()].map((change): PresenceChange => ({ ...change, type: 'leave' }));
    this.#present.clear();
    for (const change of leaves) this.#tell(change);
    await this.#forget(this.#process);
  }

  async #ensure(): Promise<void> {
    const { streams, names, lease } = this.#setup;
    const present = names.present({});
    await Promise.all([
      streams.ensure({ name: names.presence, subject: present, messages: 1, age: LIFETIME, repeatWindow: lease }),
      streams.ensure({ name: names.leases, subject: names.lease('*'), messages: 1, age: lease }),
    ]);
  }

  async #write(changes: readonly PresenceChange[]): Promise<void> {
    const { names, streams, session } = this.#setup;
    const process = this.#process;
    await Promise.all(
      changes.map(async ({ topic, type, user, info }) => {
        const subject = names.present({ topic, process, user });
        if (type === 'leave') await streams.purge(names.presence, subject);
        else await streams.publish(subject, Buffer.from(JSON.stringify({ process, user, info })), newHeader());
      }),
    );
    for (const change of changes) this.#tell(change);
    await session.flush();
  }

  #tell({ topic, type, user, info }: PresenceChange): void {
    const { names, session } = this.#setup;
    session.publish(names.joins(topic), JSON.stringify({ topic, type, user, info }));
  }

  /** Forgets what a process has said. */
  async #forget(process: string): Promise<void> {
    const { names, streams } = this.#setup;
    await streams.purge(names.presence, names.present({ process }));
    await streams.purge(names.leases, names.lease(process));
  }

  /** Makes sure that this process is known to live. */
  async #holdLease(): Promise<void> {
    if (this.#renewing !== undefined || this.#present.size === 0) return;
    this.#renewing = setInterval(() => void this.#renew(), this.#setup.lease / 3).unref();
    await this.#setLease();
  }

  async #setLease(): Promise<void> {
    const { names, streams } = this.#setup;
    await streams.publish(names.lease(this.#process), new Uint8Array(), newHeader());
  }

  async #isLiving(process: string): Promise<boolean> {
    const { names, streams } = this.#setup;
    return (await streams.last(names.leases, names.lease(process))) !== undefined;
  }

  /** Renews the lease; where it has run out, others have thrown the entries away, or will: all is written again, under another name. */
  async #renew(): Promise<void> {
    const { session, report } = this.#setup;
    if (!session.isUp || this.#present.size === 0) return;
    try {
      await this.#ensure();
      const isLiving = await this.#isLiving(this.#process);
      if (!isLiving) this.#process = randomId();
      await this.#setLease();
      if (isLiving && performance.now() - this.#refreshedAt < REFRESH_INTERVAL) return;
      this.#refreshedAt = performance.now();
      await this.#write([...this.#present.values()]);
    } catch (error) {
      // Where NATS is away, all is written again when it is back.
      if (this.#setup.session.isUp) report(toError(error));
    }
  }

  /** Finds out which processes live; entries of those that do not are thrown away. */
  async #findLiving(processes: readonly string[]): Promise<Set<string>> {
    const distinct = [...new Set(processes)];
    const areLiving = await Promise.all(distinct.map((process) => this.#isLiving(process)));
    const dead = distinct.filter((_, index) => areLiving[index] === false);
    await Promise.all(dead.map((process) => this.#forget(process)));
    return new Set(distinct.filter((_, index) => areLiving[index] === true));
  }
}

function newHeader(): ReturnType<typeof encodeContent> {
  return encodeContent({ kind: 'mark', id: randomId(), epoch: undefined });
}

function toEntry({ data, sequence }: NatsEntry): Presence & { readonly process: string; readonly sequence: number } {
  const entry: unknown = JSON.parse(Buffer.from(data).toString());
  const { process, user, info }: Partial<Record<string, unknown>> =
    typeof entry === 'object' && entry !== null ? { ...entry } : {};
  return { process: String(process), user: String(user), info: typeof info === 'string' ? info : undefined, sequence };
}
