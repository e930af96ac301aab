import assert from 'node:assert/strict';

import type { PresenceChange } from '../broker/broker.ts';
import type { BrokerCase } from './broker-case.ts';
import { eventually } from './suite-link.ts';

/** What every broker does with presence. */
export const PRESENCE_CASES: readonly BrokerCase[] = [
  {
    name: 'tells all links who is present, once for each user',
    carryOut: async (one, other, topic) => {
      await one.link.updatePresence([join(topic, 'ada'), join(topic, 'ben'), join(`${topic}/other`, 'eve')]);
      await other.link.updatePresence([join(topic, 'ada'), join(topic, 'cyd')]);

      for (const { link } of [one, other]) {
        const { present } = await link.listPresence(topic, { limit: 100 });
        assert.deepEqual(present.map(({ user }) => user).sort(), ['ada', 'ben', 'cyd']);
        assert.equal(await link.countPresence(topic), 3);
      }
      const [eve] = (await other.link.listPresence(`${topic}/other`, { limit: 1 })).present;
      assert.deepEqual(eve, { user: 'eve', info: '{"of":"eve"}' });
    },
  },
  {
    name: 'forgets who leaves, but not while they are in another process',
    carryOut: async (one, other, topic) => {
      await one.link.updatePresence([join(topic, 'ada'), join(topic, 'ben')]);
      await other.link.updatePresence([join(topic, 'ada')]);

      await one.link.updatePresence([leave(topic, 'ada'), leave(topic, 'ben')]);

      const { present } = await other.link.listPresence(topic, { limit: 100 });
      assert.deepEqual(
        present.map(({ user }) => user),
        ['ada'],
      );
    },
  },
  {
    name: 'forgets all of a process that has ended',
    carryOut: async (one, other, topic) => {
      await one.link.updatePresence([join(topic, 'ada'), join(topic, 'ben')]);

      await one.link.close();

      assert.equal(await other.link.countPresence(topic), 0);
    },
  },
  {
    name: 'tells those who have subscribed who joins and leaves',
    carryOut: async (one, other, topic) => {
      await other.link.subscribe([`presence:${topic}`]);

      await one.link.updatePresence([join(topic, 'ada')]);
      await one.link.updatePresence([leave(topic, 'ada')]);

      await eventually('both are told', () => other.presence.length >= 2);
      assert.deepEqual(
        other.presence.map(({ type, user }) => `${type} ${user}`),
        ['join ada', 'leave ada'],
      );
    },
  },
  {
    name: 'lists many users in pages, each of them',
    carryOut: async (one, other, topic) => {
      const users = Array.from({ length: 1200 }, (_, index) => `user ${index}`);
      await one.link.updatePresence(users.map((user) => join(topic, user)));

      const seen = new Set<string>();
      let cursor: string | undefined;
      do {
        const page: Awaited<ReturnType<typeof one.link.listPresence>> = await other.link.listPresence(topic, {
          limit: 100,
          cursor,
        });
        for (const { user } of page.present) seen.add(user);
        ({ cursor } = page);
      } while (cursor !== undefined);

      assert.equal(seen.size, users.length);
      assert.equal(await other.link.countPresence(topic), users.length);
    },
  },
];

function join(topic: string, user: string): PresenceChange {
  return { topic, type: 'join', user, info: JSON.stringify({ of: user }) };
}

function leave(topic: string, user: string): PresenceChange {
  return { ...join(topic, user), type: 'leave' };
}
