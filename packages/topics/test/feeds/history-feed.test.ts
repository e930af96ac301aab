import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { createTopics } from '../../src/index.ts';
import { NaiveBroker } from '../helpers/naive-broker.ts';
import { TestSubscriber } from '../helpers/test-subscriber.ts';
import { turns, until } from '../helpers/turns.ts';

const TOPICS = { '**': { history: true } };

describe('a topic with history', () => {
  it('holds what comes while it is read what was missed', async () => {
    const broker = new NaiveBroker();
    const topics = createTopics({ broker, topics: TOPICS });
    const subscriber = new TestSubscriber(undefined);
    await topics.subscribe(subscriber, 'a').ready;
    const before = broker.reads;
    broker.cut();
    broker.latency = () => 5;
    broker.mend();
    await until(() => broker.reads > before);
    await turns(7); // it is read, and the answer is on its way

    broker.latency = () => 0;
    await topics.publish('a', 'held');
    await until(() => subscriber.received.length > 0);

    assert.deepEqual(subscriber.received, ['held']);
    await topics.close();
  });

  it('reads what is missing before a message that does not follow, once for all subscribers', async () => {
    const broker = new NaiveBroker();
    const topics = createTopics({ broker, topics: TOPICS });
    const subscribers = Array.from({ length: 3 }, () => new TestSubscriber(undefined));
    for (const subscriber of subscribers) await topics.subscribe(subscriber, 'a').ready;
    await topics.publish('a', '0');
    await turns(3);
    const before = broker.reads;

    broker.losesLive = () => true;
    for (const text of ['1', '2', '3']) await topics.publish('a', text);
    await turns(3);
    broker.losesLive = () => false;
    await topics.publish('a', '4');
    await until(() => subscribers.every(({ received }) => received.length >= 5));

    for (const { received } of subscribers) assert.deepEqual(received, ['0', '1', '2', '3', '4']);
    assert.equal(broker.reads - before, 1);
    assert.equal(topics.stats.gaps, 1);
    await topics.close();
  });

  it('finds out that the last message was missed, though none follows', async () => {
    const broker = new NaiveBroker();
    const topics = createTopics({ broker, topics: TOPICS, compareInterval: 10 });
    const subscriber = new TestSubscriber(undefined);
    await topics.subscribe(subscriber, 'a').ready;
    const alive = setInterval(() => undefined, 1000);

    broker.losesLive = () => true;
    await topics.publish('a', 'last');
    await until(() => subscriber.received.length > 0);

    assert.deepEqual(subscriber.received, ['last']);
    clearInterval(alive);
    await topics.close();
  });

  it('tells a client whose message was lost, and whose offset another message has, that it has not recovered', async () => {
    const broker = new NaiveBroker();
    const topics = createTopics({ broker, topics: TOPICS });
    await topics.publish('a', '1');
    const snapshot = broker.snapshot();
    const { position: since } = await topics.publish('a', 'lost');
    broker.restore(snapshot);
    for (const text of ['2', '3']) await topics.publish('a', text);

    const subscriber = new TestSubscriber(undefined);
    const { recovered } = await topics.subscribe(subscriber, 'a', { since }).ready;

    assert.equal(recovered, false);
    assert.deepEqual(subscriber.received, []);
    await topics.close();
  });

  it('does so where the other message is the newest', async () => {
    const broker = new NaiveBroker();
    const topics = createTopics({ broker, topics: TOPICS });
    await topics.publish('a', '1');
    const snapshot = broker.snapshot();
    const { position: since } = await topics.publish('a', 'lost');
    broker.restore(snapshot);
    await topics.publish('a', '2');

    const { recovered } = await topics.subscribe(new TestSubscriber(undefined), 'a', { since }).ready;

    assert.equal(recovered, false);
    await topics.close();
  });

  it('tells live subscribers that messages were lost, where others have their offsets', async () => {
    const broker = new NaiveBroker();
    const topics = createTopics({ broker, topics: TOPICS });
    const subscriber = new TestSubscriber(undefined);
    const subscription = topics.subscribe(subscriber, 'a');
    await subscription.ready;
    const snapshot = broker.snapshot();
    await topics.publish('a', 'lost');
    await turns(3);

    broker.cut();
    broker.restore(snapshot);
    broker.append({
      ...{ topic: 'a', root: undefined, type: 'text', data: Buffer.from('other'), id: 'other' },
      ...{ idempotencyKey: undefined, history: { messages: 10, age: 1000 } },
    });
    const { epoch } = broker.logOf('a');
    broker.mend();
    await until(() => subscription.lost > 0);
    await turns(5);
    await topics.publish('a', 'new');
    await until(() => subscriber.received.length >= 2);

    assert.deepEqual(subscriber.received, ['lost', 'new']);
    assert.notEqual(broker.logOf('a').epoch, epoch);
    await topics.close();
  });
});
