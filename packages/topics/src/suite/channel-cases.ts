import assert from 'node:assert/strict';

import { randomId } from '../base/random-id.ts';
import type { BrokerCase } from './broker-case.ts';
import { eventually } from './suite-link.ts';

/** Names that mean something else to this or that broker. */
const NAMES = ['a', 'a ', 'ü', '{', '}', '{a}', '=7B', 'a=b', 'a.b', 'a*', '>', '[a]', 'a\\', '$', '\u{1f600}', 'A'];

/** What every broker does with channels. */
export const CHANNEL_CASES: readonly BrokerCase[] = [
  {
    name: 'brings each link what is published to its channels, in the order of the publisher',
    carryOut: async (one, other, topic) => {
      await Promise.all([one.link.subscribe([`topic:${topic}`]), other.link.subscribe([`topic:${topic}`])]);
      const texts = Array.from({ length: 200 }, (_, index) => `message ${index}`);

      await Promise.all(texts.map((text) => one.publish(topic, text, { history: undefined })));

      for (const link of [one, other]) {
        await eventually('all have come', () => link.received.length >= texts.length);
        assert.deepEqual(link.texts(`topic:${topic}`), texts);
      }
    },
  },
  {
    name: 'has one order for all links, whoever publishes, in a topic with history',
    carryOut: async (one, other, topic) => {
      await Promise.all([one.link.subscribe([`topic:${topic}`]), other.link.subscribe([`topic:${topic}`])]);

      const sent = Array.from({ length: 100 }, (_, index) => [
        one.publish(topic, `a${index}`),
        other.publish(topic, `b${index}`),
      ]);
      await Promise.all(sent.flat());

      await eventually('all have come', () => one.received.length + other.received.length >= 400);
      assert.deepEqual(one.texts(`topic:${topic}`), other.texts(`topic:${topic}`));
      for (const [index, [, { place, previous }]] of one.received.entries()) {
        const before = one.received[index - 1]?.[1].place?.offset;
        if (before !== undefined) assert.equal(previous ?? (place?.offset ?? 0) - 1, before);
        assert.ok((place?.offset ?? 0) > (before ?? 0));
      }
    },
  },
  {
    name: 'carries text and bytes of any value and size, unchanged',
    carryOut: async (one, other, topic) => {
      await other.link.subscribe([`topic:${topic}`]);
      const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
      const large = new Uint8Array(Math.min(other.link.maxMessageSize, 1_048_576)).fill(0x0a);
      const payloads = ['', 'Grüße, 世界\n\0', new Uint8Array(), all, new Uint8Array(64).fill(0x31), large];

      for (const history of [undefined, { messages: 10, age: 60_000 }]) {
        for (const payload of payloads) await one.publish(topic, payload, { history });
      }

      await eventually('all have come', () => other.received.length >= 2 * payloads.length);
      for (const [index, [, { topic: name, type, data }]] of other.received.entries()) {
        const payload = payloads[index % payloads.length] ?? '';
        assert.equal(name, topic);
        assert.equal(type, typeof payload === 'string' ? 'text' : 'binary');
        assert.ok(Buffer.from(payload).equals(data), `payload ${index % payloads.length}`);
      }
    },
  },
  {
    name: 'brings the messages of all topics below a root to its channel',
    carryOut: async (one, other, topic) => {
      await other.link.subscribe([`root:${topic}`]);

      await one.publish(`${topic}/a`, 'a', { root: topic, history: undefined });
      await one.publish(`${topic}/b/c`, 'b', { root: topic });
      await one.publish(`${topic}/d`, 'd', { root: topic, history: undefined, idempotencyKey: 'key' });

      await eventually('all have come', () => other.received.length >= 3);
      assert.deepEqual(other.received.map(([, message]) => message.topic).sort(), [
        `${topic}/a`,
        `${topic}/b/c`,
        `${topic}/d`,
      ]);
    },
  },
  {
    name: 'brings nothing of a channel that was unsubscribed',
    carryOut: async (one, other, topic) => {
      await other.link.subscribe([`topic:${topic}/a`, `topic:${topic}/b`]);
      await other.link.unsubscribe([`topic:${topic}/a`]);

      await one.publish(`${topic}/a`, 'a');
      await one.publish(`${topic}/b`, 'b');

      await eventually('one has come', () => other.received.length > 0);
      assert.deepEqual(other.texts(`topic:${topic}/a`), []);
      assert.deepEqual(other.texts(`topic:${topic}/b`), ['b']);
    },
  },
  {
    name: 'keeps topics apart whatever their names are',
    carryOut: async (one, other, topic) => {
      await other.link.subscribe(NAMES.map((name) => `topic:${topic}/${name}` as const));

      for (const name of NAMES) await one.publish(`${topic}/${name}`, name);

      await eventually('all have come', () => other.received.length >= NAMES.length);
      for (const name of NAMES) {
        assert.deepEqual(other.texts(`topic:${topic}/${name}`), [name]);
        assert.deepEqual(await other.readTexts(`${topic}/${name}`), [name]);
      }
    },
  },
  {
    name: 'publishes once what is published again with the same key, and tells where it stands',
    carryOut: async (one, other, topic) => {
      await other.link.subscribe([`topic:${topic}`, `topic:${topic}/plain`]);
      const idempotencyKey = `key ${randomId()}`;

      const publish = (link: typeof one) => link.publish(topic, 'once', { idempotencyKey });
      const receipts = await Promise.all([publish(one), publish(other), publish(one)]);
      const plain = { idempotencyKey, history: undefined };
      const [first, second] = [
        await one.publish(`${topic}/plain`, 'once', plain),
        await other.publish(`${topic}/plain`, 'once', plain),
      ];
      await one.publish(topic, 'last');

      await eventually('the last has come', () => other.texts(`topic:${topic}`).includes('last'));
      assert.deepEqual(other.texts(`topic:${topic}`), ['once', 'last']);
      assert.equal(receipts.filter(({ isRepeat }) => isRepeat).length, 2);
      assert.equal(new Set(receipts.map(({ place }) => JSON.stringify(place))).size, 1);
      assert.deepEqual([first.isRepeat, second.isRepeat], [false, true]);
    },
  },
];
