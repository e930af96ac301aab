import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { LocalUsageError } from 'millrace';

import { NotAllowedError, TopicLimitError, createTopics, memoryBroker, type Permission } from '../../src/index.ts';
import { TestSubscriber } from '../helpers/test-subscriber.ts';
import { turns, until } from '../helpers/turns.ts';

describe('subscribing', () => {
  it('brings a message once to a subscriber that matches it by several subscriptions', async () => {
    const topics = createTopics({ topics: { 'prices/**': { patterns: true } } });
    const subscriber = new TestSubscriber(undefined);
    for (const name of ['prices/**', 'prices/*', 'prices/*/bid', 'prices/eur', 'prices/**']) {
      await topics.subscribe(subscriber, name).ready;
    }

    for (const topic of ['prices/eur', 'prices/usd', 'prices/usd/bid']) await topics.publish(topic, topic);
    await until(() => subscriber.received.length >= 3);
    await turns(5);

    assert.deepEqual(subscriber.received.sort(), ['prices/eur', 'prices/usd', 'prices/usd/bid']);
    await topics.close();
  });

  it('to a pattern is refused where no rule declares it, and with what is for topics only', () => {
    const topics = createTopics({ topics: { 'a/**': { history: true, patterns: true }, 'b/**': { history: true } } });
    const subscriber = new TestSubscriber(undefined);

    assert.throws(() => topics.subscribe(subscriber, 'b/*'), /patterns: true: "a\/\*\*"/);
    assert.throws(() => topics.subscribe(subscriber, 'a/*', { last: 1 }), LocalUsageError);
    assert.throws(() => topics.subscribe(subscriber, 'c', { since: 'x' }), /no history/);
    assert.throws(() => topics.subscribe(subscriber, 'b/1', { presence: { user: 'ada' } }), /no presence/);
    assert.throws(() => createTopics({ topics: { 'a/*/**': { patterns: true } } }), LocalUsageError);
  });

  it('sends the newest messages first where that is asked for', async () => {
    const topics = createTopics({ topics: { '**': { history: true } } });
    for (let index = 1; index <= 250; index++) await topics.publish('log', String(index));
    const [three, all] = [new TestSubscriber(undefined), new TestSubscriber(undefined)];

    const { recovered } = await topics.subscribe(three, 'log', { last: 3 }).ready;
    await topics.subscribe(all, 'log', { last: 10_000 }).ready;
    await topics.publish('log', 'live');
    await until(() => three.received.length >= 4 && all.received.length >= 251);

    assert.equal(recovered, false);
    assert.deepEqual(three.received, ['248', '249', '250', 'live']);
    assert.equal(all.received.length, 251);
    await topics.close();
  });

  it('takes whatever a peer sends as its position', async () => {
    const topics = createTopics({ topics: { '**': { history: true } } });
    const { position = '' } = await topics.publish('log', 'one');
    const [offset, epoch, id] = position.split('.');
    const hostile = [
      7,
      {},
      [],
      null,
      '',
      'x',
      '9'.repeat(1e6),
      `zzzzzzzzzz.${epoch}.${id}`,
      `${offset}.other.${id}`,
      `${offset}.${epoch}.other`,
      '0.e.',
    ];

    for (const since of hostile) {
      const subscriber = new TestSubscriber(undefined);
      assert.deepEqual(await topics.subscribe(subscriber, 'log', { since }).ready, { recovered: false, position });
      assert.deepEqual(subscriber.received, []);
    }
    await topics.close();
  });

  it('reads the broker little when many come back at once', async () => {
    const topics = createTopics({ topics: { '**': { history: true } } });
    const first = await topics.publish('log', 'first');
    for (let index = 0; index < 300; index++) await topics.publish('log', String(index));
    const subscribers = Array.from({ length: 1000 }, () => new TestSubscriber(undefined));
    const before = topics.stats.reads;

    const readies = subscribers.map((one) => topics.subscribe(one, 'log', { since: first.position }).ready);
    assert.ok((await Promise.all(readies)).every(({ recovered }) => recovered));

    assert.ok(subscribers.every(({ received }) => received.length === 300 && received[299] === '299'));
    assert.ok(topics.stats.reads - before <= subscribers.length / 20, `${topics.stats.reads - before} reads`);
    await topics.close();
  });

  it('is refused beyond maxSubscriptions and maxTopics', async () => {
    const topics = createTopics({ maxSubscriptions: 2, maxTopics: 3, linger: 0 });
    const [ada, ben] = [new TestSubscriber(undefined), new TestSubscriber(undefined)];
    for (const [subscriber, name] of [
      [ada, 'a'],
      [ada, 'b'],
      [ben, 'c'],
    ] as const)
      await topics.subscribe(subscriber, name).ready;

    const limit = (option: string) => (error: unknown) => error instanceof TopicLimitError && error.option === option;
    await assert.rejects(topics.subscribe(ada, 'c').ready, limit('maxSubscriptions'));
    await assert.rejects(topics.subscribe(ben, 'd').ready, limit('maxTopics'));
    await topics.subscribe(ben, 'a').ready;
    assert.equal(topics.stats.subscriptions, 4);
    await topics.close();
  });

  it('leaves nothing behind when subscribers and topics have gone', async () => {
    const topics = createTopics({ linger: 0, topics: { 'h/**': { history: true } } });
    const subscribers = Array.from({ length: 20 }, () => new TestSubscriber(undefined));
    for (const [index, subscriber] of subscribers.entries()) {
      await topics.subscribe(subscriber, `a/${index}`).ready;
      await topics.subscribe(subscriber, `h/${index}`, { last: 1 }).ready;
    }

    for (const subscriber of subscribers) subscriber.close();
    await until(() => topics.stats.topics === 0);

    assert.equal(topics.stats.subscriptions, 0);
    assert.equal(topics.stats.held, 0);
    await topics.close();
  });
});

describe('slow subscribers', () => {
  const publishFive = async (onSlow: 'queue' | 'close' | 'skip' | 'latest'): Promise<TestSubscriber> => {
    const topics = createTopics({ topics: { '**': { onSlow } } });
    const subscriber = new TestSubscriber(undefined);
    const subscription = topics.subscribe(subscriber, 'a');
    await subscription.ready;
    await topics.publish('a', '1');
    await until(() => subscriber.received.length > 0);
    subscriber.slowDown();
    for (const text of ['2', '3', '4']) await topics.publish('a', text);
    await turns(10);
    subscriber.drain();
    await turns(10);
    await topics.publish('a', '5');
    await turns(10);
    assert.equal(topics.stats.lost, subscription.lost);
    await topics.close();
    return subscriber;
  };

  it('are sent all with queue', async () =>
    assert.deepEqual((await publishFive('queue')).received, ['1', '2', '3', '4', '5']));
  it('are sent none meanwhile with skip', async () =>
    assert.deepEqual((await publishFive('skip')).received, ['1', '5']));
  it('are sent the latest with latest', async () =>
    assert.deepEqual((await publishFive('latest')).received, ['1', '4', '5']));
  it('are closed with close, and may come back', async () => {
    const subscriber = await publishFive('close');
    assert.deepEqual([subscriber.received, subscriber.closeCode], [['1'], 1013]);
  });
});

describe('permissions', () => {
  it('are asked for with the context and the pattern, and an error is a no', async () => {
    const asked: unknown[] = [];
    const topics = createTopics<{ name: string }>({
      topics: { 'a/**': { patterns: true } },
      maySubscribe: ({ context: { name }, topic, isPattern }) => {
        asked.push([name, topic, isPattern]);
        if (topic === 'bad') throw new Error('oh');
        return topic !== 'no';
      },
      mayPublish: async ({ context, topic }) => Promise.resolve(context.name === 'ada' && topic === 'yes'),
      onError: (error) => asked.push(error.message),
    });
    const ada = new TestSubscriber({ name: 'ada' });

    await topics.subscribe(ada, 'a/*').ready;
    await assert.rejects(topics.subscribe(ada, 'no').ready, NotAllowedError);
    await assert.rejects(topics.subscribe(ada, 'bad').ready, NotAllowedError);
    await topics.publish('yes', '', { from: ada });
    await assert.rejects(topics.publish('no', '', { from: ada }), NotAllowedError);
    await topics.publish('no', '');

    assert.deepEqual(asked, [['ada', 'a/*', true], ['ada', 'no', false], ['ada', 'bad', false], 'oh']);
    await topics.close();
  });

  it('are asked for again when they end', async () => {
    const answers: Permission[] = [{ until: new Date(Date.now() + 30) }, false];
    const topics = createTopics({ maySubscribe: () => answers.shift() ?? false });
    const subscription = topics.subscribe(new TestSubscriber(undefined), 'a');
    await subscription.ready;
    const alive = setInterval(() => undefined, 1000);

    assert.ok((await subscription.ended) instanceof NotAllowedError);
    assert.deepEqual(answers, []);
    clearInterval(alive);
    await topics.close();
  });

  it('are taken back by revoke', async () => {
    const topics = createTopics<string>();
    const [ada, ben] = [new TestSubscriber('ada'), new TestSubscriber('ben')];
    const all = [ada, ben].flatMap((one) => [topics.subscribe(one, 'a'), topics.subscribe(one, 'b')]);
    await Promise.all(all.map(({ ready }) => ready));

    assert.equal(topics.revoke({ topic: 'a', where: (context) => context === 'ada' }), 1);
    assert.ok((await all[0]?.ended) instanceof NotAllowedError);
    assert.equal(topics.revoke({ where: (context) => context === 'ben' }), 2);
    await topics.publish('a', 'x');
    await topics.publish('b', 'y');
    await until(() => ada.received.length > 0);
    assert.deepEqual([ada.received, ben.received], [['y'], []]);
    await topics.close();
  });
});

describe('publishing', () => {
  it('keeps a message from the one that is excepted, and tells how many get it', async () => {
    const broker = memoryBroker();
    const [here, there] = [createTopics({ broker }), createTopics({ broker })];
    const [ada, ben, cyd] = [
      new TestSubscriber(undefined),
      new TestSubscriber(undefined),
      new TestSubscriber(undefined),
    ];
    for (const [topics, subscriber] of [
      [here, ada],
      [here, ben],
      [there, cyd],
    ] as const)
      await topics.subscribe(subscriber, 'a').ready;

    const { localReceivers, position } = await here.publish('a', 'hello', { except: ada });
    await until(() => ben.received.length + cyd.received.length >= 2);

    assert.deepEqual([localReceivers, position], [2, undefined]);
    assert.deepEqual([ada.received, ben.received, cyd.received], [[], ['hello'], ['hello']]);
    await Promise.all([here.close(), there.close()]);
  });

  it('refuses what cannot be published, naming it', async () => {
    const topics = createTopics();
    const bad = new Uint8Array([0xff]);

    await assert.rejects(topics.publish('*', 'x'), LocalUsageError);
    await assert.rejects(topics.publish('a', bad, { type: 'text' }), /not UTF-8/);
    await assert.rejects(topics.publish('a', 'x', { idempotencyKey: '' }), /idempotencyKey is ""/);
    await topics.close();
    await assert.rejects(topics.publish('a', 'x'), /closed/);
  });

  it('survives a frame that throws, and a subscriber that comes later gets what is sound', async () => {
    const errors: string[] = [];
    const topics = createTopics({
      topics: { '**': { history: true } },
      frame: ({ data }) => {
        if (data === 'bad') throw new Error('cannot frame');
        return `framed ${String(data)}`;
      },
      onError: ({ message }) => errors.push(message),
    });
    const subscriber = new TestSubscriber(undefined);
    await topics.subscribe(subscriber, 'a').ready;

    for (const text of ['one', 'bad', 'two']) await topics.publish('a', text);
    await until(() => subscriber.received.length >= 2);

    assert.deepEqual([subscriber.received, errors], [['framed one', 'framed two'], ['cannot frame']]);
    await topics.close();
  });
});

describe('presence', () => {
  it('counts a user once, whatever number of tabs and processes there is', async () => {
    const broker = memoryBroker();
    const options = { broker, topics: { '**': { presence: true } } };
    const [here, there] = [createTopics(options), createTopics(options)];
    const events: string[] = [];
    there.watchPresence('room', ({ type, user }) => events.push(`${type} ${user}`));
    await turns(2);
    const tabs = Array.from({ length: 3 }, () => new TestSubscriber(undefined));
    const presence = { user: 'ada', info: { age: 36 } };

    for (const [index, tab] of tabs.entries())
      await (index < 2 ? here : there).subscribe(tab, 'room', { presence }).ready;
    await turns(3);
    assert.deepEqual(await there.presence('room'), { present: [presence], cursor: undefined });
    tabs[0]?.close();
    tabs[2]?.close();
    await turns(3);
    assert.equal(await here.presenceCount('room'), 1);
    tabs[1]?.close();
    await until(() => events.length === 2);

    assert.deepEqual(events, ['join ada', 'leave ada']);
    assert.equal(await here.presenceCount('room'), 0);
    await Promise.all([here.close(), there.close()]);
  });
});
