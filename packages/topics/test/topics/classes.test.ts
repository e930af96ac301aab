import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { LocalUsageError, WebSocketServerFactory, WebSocketServerProtocol, connect, listenWS } from 'millrace';

import { createTopics, subscriberOf } from '../../src/index.ts';
import { until } from '../helpers/turns.ts';

describe('an instance of a protocol class', () => {
  it('subscribes, is its own context, and ends its subscriptions with its connection', async () => {
    const topics = createTopics<Member>({ maySubscribe: ({ context }) => context instanceof Member });
    class Member extends WebSocketServerProtocol {
      override onOpen(): void {
        assert.equal(subscriberOf(this), subscriberOf(this));
        topics.subscribe(subscriberOf(this), 'a');
      }
    }
    const factory = new WebSocketServerFactory(undefined, { protocol: Member, port: 0, host: '127.0.0.1' });
    const listener = await listenWS(factory);
    const client = await connect(listener.url);
    await until(() => topics.stats.subscriptions === 1);
    for (let localReceivers = 0; localReceivers === 0;) ({ localReceivers } = await topics.publish('a', 'hello'));

    assert.equal(await (await client.receive())?.text(), 'hello');
    await client.close();
    await until(() => topics.stats.subscriptions === 0);
    await topics.close();
    await listener.close();
  });

  it('cannot subscribe before it is open', () => {
    class Member extends WebSocketServerProtocol {}

    assert.throws(() => subscriberOf(new Member()), LocalUsageError);
  });
});
