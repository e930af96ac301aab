import type { Presence, PresenceChange, PresencePage } from '../broker.ts';

/** Who is present, by topic, process and user. */
export class MemoryPresence<Process> {
  readonly #topics = new Map<string, Map<string, Map<Process, Presence>>>();

  /** Notes a change; returns whether it is one for those who look at all processes. */
  apply(process: Process, { topic, type, user, info }: PresenceChange): boolean {
    const users = this.#topics.get(topic) ?? new Map<string, Map<Process, Presence>>();
    const places = users.get(user) ?? new Map<Process, Presence>();
    const before = places.size;
    if (type === 'join') places.set(process, { user, info });
    else places.delete(process);

    if (places.size > 0) users.set(user, places);
    else users.delete(user);
    if (users.size > 0) this.#topics.set(topic, users);
    else this.#topics.delete(topic);
    return (before === 0) !== (places.size === 0);
  }

  /** Forgets a process; returns what that changes. */
  end(process: Process): PresenceChange[] {
    const changes: PresenceChange[] = [];
    for (const [topic, users] of this.#topics) {
      for (const [user, places] of users) {
        const presence = places.get(process);
        if (presence !== undefined) changes.push({ topic, type: 'leave', user, info: presence.info });
      }
    }
    return changes.filter((change) => this.apply(process, change));
  }

  list(
    topic: string,
    { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined },
  ): PresencePage {
    const users = [...(this.#topics.get(topic)?.keys() ?? [])].sort();
    const start = cursor === undefined ? 0 : users.findIndex((user) => user > cursor);
    const page = start === -1 ? [] : users.slice(start, start + limit);
    const present = page.map((user) => this.#get(topic, user));
    return { present, cursor: start !== -1 && start + limit < users.length ? page.at(-1) : undefined };
  }

  count(topic: string): number {
    return this.#topics.get(topic)?.size ?? 0;
  }

  #get(topic: string, user: string): Presence {
    const [presence] = this.#topics.get(topic)?.get(user)?.values() ?? [];
    return presence ?? { user, info: undefined };
  }
}
