import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';

import { ConnectionClosedError, type ReconnectOptions, type WebSocketConnection } from '../../../src/index.ts';
import { IteratedConnections } from '../../../src/connections/reconnecting/reconnect.ts';
import type { Surroundings } from '../../../src/connections/reconnecting/reconnection.ts';
import { resolveReconnectRules } from '../../../src/connections/reconnecting/reconnect-options.ts';
import { serveInMemory, VirtualClock, type MemoryServer } from '../../../src/testing/index.ts';
import { listenAnswering } from '../../helpers/answering-server.ts';

/** A world in which waiting takes no time, and chance has always the same mind. */
class QuickWorld implements Surroundings {
  readonly clock = new VirtualClock();
  readonly waits: number[] = [];
  readonly #chance: number;

  constructor(chance = 0) {
    this.#chance = chance;
  }

  now(): number {
    return this.clock.now;
  }

  random(): number {
    return this.#chance;
  }

  wait(milliseconds: number): Promise<void> {
    this.waits.push(milliseconds);
    this.clock.advance(milliseconds);
    return Promise.resolve();
  }
}

function iterate(world: QuickWorld, url: string, options: ReconnectOptions): AsyncIterable<WebSocketConnection> {
  const rules = resolveReconnectRules(url, options);
  return new IteratedConnections<undefined>(url, options, rules, world);
}

/** Serves connections that are lost as soon as they are open; `last` of them is closed as it should be. */
async function serveLosing(t: TestContext, last: number): Promise<MemoryServer> {
  let count = 0;
  const server = await serveInMemory({}, async (connection) => {
    count++;
    await connection.close(count === last ? 1000 : 1011);
  });
  t.after(() => server.close());
  return server;
}

describe('Reconnection', () => {
  it('waits longer from attempt to attempt, by chance', async (t) => {
    const { url } = await listenAnswering(t, [['503 Service Unavailable']]);
    const world = new QuickWorld(0.25);

    const iterator = iterate(world, url, { maxAttempts: 7 })[Symbol.asyncIterator]();

    await assert.rejects(iterator.next(), /503/);
    assert.deepEqual(world.waits, [750, 1500, 3000, 6000, 12_000, 22_500]);
  });

  it('stays away as long as the server asks, and its own wait on top of that', async (t) => {
    const { url } = await listenAnswering(t, [
      ['429 Too Many Requests', 'Retry-After: 3'],
      ['503 Service Unavailable', 'Retry-After: 86400'],
      ['503 Service Unavailable', 'Retry-After: Fri, 01 Jan 2100 00:00:00 GMT'],
      ['403 Forbidden', 'Retry-After: 1'],
    ]);
    const world = new QuickWorld();

    const iterator = iterate(world, url, { backoff: { initial: 10, max: 5000 } })[Symbol.asyncIterator]();

    await assert.rejects(iterator.next(), /403/);
    assert.deepEqual(world.waits, [3010, 5020, 5040]);
  });

  it('forgets what was before only after a connection that was stable', async (t) => {
    const server = await serveLosing(t, 6);
    const world = new QuickWorld();
    const attempts: number[] = [];
    const open = [100, 100, 5000, 4999, 5001, 0];

    const options: ReconnectOptions = {
      stableAfter: 5000,
      maxAttempts: 4,
      createConnection: () => server.dial(),
      onConnecting: ({ attempt }) => void attempts.push(attempt),
    };
    for await (const connection of iterate(world, 'ws://localhost', options)) {
      world.clock.advance(open.shift() ?? 0);
      await connection.closed;
    }

    assert.deepEqual(world.waits, [1000, 2000, 1000, 2000, 1000]);
    assert.deepEqual(attempts, [1, 2, 3, 1, 2, 1]);
  });

  it('counts the time of the connection, not of the body', async (t) => {
    const server = await serveLosing(t, 3);
    const world = new QuickWorld();

    const options: ReconnectOptions = { createConnection: () => server.dial() };
    for await (const connection of iterate(world, 'ws://localhost', options)) {
      await connection.closed;
      world.clock.advance(60_000);
    }

    assert.deepEqual(world.waits, [1000, 2000]);
  });

  it('tells why it connects again', async (t) => {
    const server = await serveLosing(t, 2);
    const causes: (Error | undefined)[] = [];

    const options: ReconnectOptions = {
      createConnection: () => server.dial(),
      onConnecting: ({ cause }) => void causes.push(cause),
    };
    for await (const connection of iterate(new QuickWorld(), 'ws://localhost', options)) await connection.closed;

    assert.equal(causes.length, 2);
    assert.equal(causes[0], undefined);
    assert.ok(causes[1] instanceof ConnectionClosedError && causes[1].closure.code === 1011);
  });
});
