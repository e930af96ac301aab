// One message for many: it is framed once, and a slow consumer is nobody's problem but its own.
//
// A connection is behind while `onDrain` has not come. What to do with it, the application decides:
// - skip it, where the next message says it all again (prices, positions): it gets what it can take
// - let it wait, where every message counts: above `maxBufferedAmount`, its connection is closed with 1008
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

import {
  WebSocketClientFactory,
  WebSocketClientProtocol,
  WebSocketServerFactory,
  WebSocketServerProtocol,
  connectWS,
  listenWS,
} from 'millrace';
import type { ConnectionRequest, PreparedMessage } from 'millrace';

const MESSAGES = 200;
const MESSAGE_SIZE = 256 * 1024;
const MAX_BUFFERED = 4 * 1024 * 1024;

const subscribers = new Set<Subscriber>();

class Subscriber extends WebSocketServerProtocol {
  #wantsAll = true;
  #isBehind = false;

  override onConnect(request: ConnectionRequest): void {
    this.#wantsAll = request.path === '/all';
  }

  override onOpen(): void {
    subscribers.add(this);
  }

  publish(message: PreparedMessage): void {
    if (this.#isBehind && !this.#wantsAll) return;
    this.#isBehind = !this.sendPreparedMessage(message);
  }

  override onDrain(): void {
    this.#isBehind = false;
  }

  override onClose(): void {
    subscribers.delete(this);
  }
}

interface Outcome {
  readonly received: number;
  readonly code: number;
}

/** Connects a consumer that works on each message for `time` milliseconds, and resolves when its connection is over. */
function consume(name: string, path: string, time: number): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    let received = 0;

    class Consumer extends WebSocketClientProtocol {
      override async onMessage(): Promise<void> {
        received++;
        if (time > 0) await sleep(time); // Meanwhile nothing is read, and what comes piles up at the server.
      }

      override onClose(_wasClean: boolean, code: number, reason: string): void {
        console.log(`${name}: ${received} of ${MESSAGES} messages, then ${code} ${reason}`);
        resolve({ received, code });
      }
    }
    const { href } = new URL(path, server.url);
    connectWS(new WebSocketClientFactory(href, { protocol: Consumer })).catch(reject);
  });
}

const factory = new WebSocketServerFactory('ws://localhost:0', {
  protocol: Subscriber,
  maxBufferedAmount: MAX_BUFFERED,
});
const server = await listenWS(factory);
const outcomes = Promise.all([
  consume('fast', '/all', 0),
  consume('fast too', '/all', 0),
  consume('slow, skipped', '/newest', 50),
  consume('slow, wants all', '/all', 50),
]);
while (subscribers.size < 4) await sleep(1);

for (let count = 0; count < MESSAGES; count++) {
  const message = factory.prepareMessage(new Uint8Array(MESSAGE_SIZE).fill(count));
  for (const subscriber of subscribers) subscriber.publish(message);
  await sleep(5);
}
await server.close();

const [fast, fastToo, skipped, overwhelmed] = await outcomes;
assert.deepEqual([fast, fastToo], Array(2).fill({ received: MESSAGES, code: 1001 }));
assert.ok(skipped.received < MESSAGES && skipped.code === 1001);
assert.equal(overwhelmed.code, 1008);
