import assert from 'node:assert/strict';

import type { Place } from '../broker/broker.ts';
import type { BrokerCase } from './broker-case.ts';
import { eventually, kept, textsOf, type SuiteLink } from './suite-link.ts';

/** What every broker does with history. */
export const HISTORY_CASES: readonly BrokerCase[] = [
  {
    name: 'keeps what was published, with the places that its publishers were told',
    carryOut: async (one, other, topic) => {
      const receipts = await publishAll(one, topic, 20);

      const { top, messages } = await other.read(topic);

      assert.deepEqual(
        messages.filter(({ isMark }) => isMark !== true).map(({ place }) => place),
        receipts,
      );
      assert.deepEqual(top, receipts.at(-1));
      assert.equal(new Set(receipts.map((place) => place?.id)).size, 20);
    },
  },
  {
    name: 'reads from an offset, before an offset, and the newest, within limits',
    carryOut: async (one, other, topic) => {
      const places = await publishAll(one, topic, 20);
      const offsetOf = (number: number): number => places[number - 1]?.offset ?? 0;
      const above = offsetOf(20) + 1;

      const read = (range: Parameters<SuiteLink['read']>[1]): Promise<string[]> => other.readTexts(topic, range);

      assert.deepEqual(await read({ from: offsetOf(18) }), ['18', '19', '20']);
      assert.deepEqual(await read({ from: offsetOf(3), limit: 2 }), ['3', '4']);
      assert.deepEqual(await read({ from: above }), []);
      assert.deepEqual(await read({ limit: 3 }), ['18', '19', '20']);
      assert.deepEqual(await read({ limit: 1 }), ['20']);
      assert.deepEqual(await read({ before: offsetOf(4), limit: 2 }), ['2', '3']);
      assert.deepEqual(await read({ before: offsetOf(1) }), []);
      assert.deepEqual(await read({ from: offsetOf(1), maxBytes: 3 }), ['1', '2', '3']);
      assert.deepEqual(await read({ from: offsetOf(10), maxBytes: 3 }), ['10']);
      assert.deepEqual(await read({ from: offsetOf(20), maxBytes: 0 }), ['20']);
    },
  },
  {
    name: 'keeps exactly as many messages as it should',
    carryOut: async (one, other, topic) => {
      const history = { messages: 5, age: 60_000 };
      let last: Place | undefined;
      for (let index = 1; index <= 12; index++) last = (await one.publish(topic, String(index), { history })).place;

      const page = await other.read(topic, { from: 1, history });

      assert.deepEqual(textsOf(page), ['8', '9', '10', '11', '12']);
      assert.deepEqual(page.top, last);
    },
  },
  {
    name: 'keeps messages no longer than it should, and counts on',
    carryOut: async (one, other, topic) => {
      const history = { messages: 100, age: 200 };
      const { place } = await one.publish(topic, 'old', { history });

      await eventually('it is gone', async () => {
        return (await other.readTexts(topic, { from: 1, history })).length === 0;
      });
      const { top } = await other.read(topic, { from: 1, history });
      const next = (await one.publish(topic, 'new', { history })).place;

      assert.deepEqual(top, place);
      assert.equal(next?.epoch, place?.epoch);
      assert.ok((next?.offset ?? 0) > (place?.offset ?? 0));
    },
  },
  {
    name: 'gives a topic without messages an epoch that its first message has',
    carryOut: async (one, other, topic) => {
      const { top, messages } = await other.read(topic);
      const { place } = await one.publish(topic, 'first');

      assert.deepEqual(textsOf({ messages }), []);
      assert.equal(place?.epoch, top.epoch);
      assert.ok(place.offset > top.offset);
    },
  },
  {
    name: 'tells where topics stand',
    carryOut: async (one, other, topic) => {
      const [first] = await publishAll(one, `${topic}/a`, 1);
      const last = (await publishAll(one, `${topic}/b`, 3)).at(-1);

      const topics = [`${topic}/a`, `${topic}/none`, `${topic}/b`].map(kept);
      assert.deepEqual(await other.link.tops(topics), [first, undefined, last]);
    },
  },
  {
    name: 'begins a new epoch, in which offsets go on, if it still has the one that is named',
    carryOut: async (one, other, topic) => {
      const last = (await publishAll(one, topic, 3)).at(-1);
      await one.link.renew(kept(topic), 'another');
      const before = await other.read(topic);
      await one.link.renew(kept(topic), last?.epoch ?? '');

      const { place } = await one.publish(topic, '4');
      const { top } = await other.read(topic);

      assert.equal(before.top.epoch, last?.epoch);
      assert.notEqual(place?.epoch, last?.epoch);
      assert.deepEqual(top, place);
      assert.ok((place?.offset ?? 0) > (last?.offset ?? 0));
    },
  },
  {
    name: 'forgets a topic that is removed: its messages, and its epoch',
    carryOut: async (one, other, topic) => {
      const last = (await publishAll(one, topic, 3)).at(-1);

      await other.link.remove(kept(topic));

      // Whoever publishes may learn of the new epoch a moment later; whoever reads what is there has it.
      await one.publish(topic, 'anew');
      const page = await other.read(topic);
      assert.notEqual(page.top.epoch, last?.epoch);
      assert.deepEqual(textsOf(page), ['anew']);
    },
  },
  {
    name: 'refuses everything when it is closed',
    carryOut: async (one, other, topic) => {
      await one.link.close();

      assert.equal(one.link.isUp, false);
      await assert.rejects(one.publish(topic, 'late'), { outcome: 'refused' });
      await assert.rejects(one.read(topic));
      await assert.rejects(one.link.subscribe([`topic:${topic}`]));
      assert.deepEqual(textsOf(await other.read(topic)), []);
    },
  },
];

async function publishAll(
  link: SuiteLink,
  topic: string,
  count: number,
): Promise<Awaited<ReturnType<SuiteLink['publish']>>['place'][]> {
  const receipts = [];
  for (let index = 1; index <= count; index++) receipts.push(await link.publish(topic, String(index)));
  return receipts.map(({ place }) => place);
}
