import { join } from 'node:path';

import { BROKER_TIMEOUT } from './brokers.ts';
import type { Fault, FaultScene } from './fault.ts';
import { sleep } from './fault-world.ts';
import { RedisServer } from './redis-server.ts';

/** Messages behind a snapshot, and new ones that take their offsets. */
const LOST = 500;

/** What goes wrong with Redis. */
export const REDIS_FAULTS: readonly Fault<RedisServer>[] = [
  {
    name: 'Redis is killed, and starts again with its append only file',
    isPersistent: true,
    fail: async ({ server }) => {
      await server.kill();
      await sleep(100);
      await server.restart();
    },
  },
  {
    name: 'Redis stops for longer than it may, and goes on',
    fail: freeze,
  },
  { name: 'Redis forgets the scripts', fail: ({ server }) => server.command('SCRIPT', 'FLUSH') },
  { name: 'Redis cuts all subscribers', fail: ({ server }) => server.command('CLIENT', 'KILL', 'TYPE', 'pubsub') },
  {
    name: 'Redis cuts all connections',
    fail: async ({ server }) => {
      await server.command('CLIENT', 'KILL', 'TYPE', 'pubsub');
      await server.command('CLIENT', 'KILL', 'TYPE', 'normal');
    },
  },
  {
    name: 'Redis has no memory left for some time, and evicts nothing',
    fail: async ({ server, world }) => {
      await server.command('CONFIG', 'SET', 'maxmemory', '1');
      await world.publishUntilRefused();
      await server.command('CONFIG', 'SET', 'maxmemory', '0');
    },
  },
  {
    name: 'Redis starts again without anything',
    losesMessages: true,
    fail: async ({ server }) => {
      await server.kill();
      server.forget();
      await server.restart();
    },
  },
  {
    name: 'Redis goes back to an older snapshot, and new messages take the offsets',
    losesMessages: true,
    fail: async ({ server, world }) => {
      await server.save();
      await world.publish(LOST);
      await server.kill();
      server.goBack();
      await server.restart();
      await world.publish(LOST);
    },
  },
  { name: 'Redis is flushed', losesMessages: true, fail: ({ server }) => server.command('FLUSHALL') },
  {
    name: 'what was missed in Redis has been trimmed away',
    losesMessages: true,
    messages: 20,
    fail: ({ world }) => world.publish(100),
  },
  { name: 'a replica of Redis that is behind takes over', losesMessages: true, fail: promoteStaleReplica },
];

/** Stops a broker for longer than it may, which its servers must notice. */
export async function freeze({ server, world }: FaultScene<{ freeze(): void; thaw(): void }>): Promise<void> {
  const before = world.losses;
  server.freeze();
  await sleep(BROKER_TIMEOUT * 1.5);
  const { losses } = world;
  server.thaw();
  if (losses - before < 2) throw new Error(`only ${losses - before} of 2 servers noticed that the broker is silent`);
}

async function promoteStaleReplica({ server, world, relays, folder }: FaultScene<RedisServer>): Promise<void> {
  const replica = await RedisServer.start(join(folder, 'replica'), 'nothing');
  try {
    await replica.command('REPLICAOF', '127.0.0.1', String(server.port));
    while (!(await replica.command('INFO', 'replication')).includes('master_link_status:up')) await sleep(20);
    await server.command('WAIT', '1', '1000');
    await replica.command('REPLICAOF', 'NO', 'ONE');
    await world.publish(LOST);
    for (const relay of relays) relay.leadTo(replica.port);
    await world.publish(LOST);
    await world.finish();
  } finally {
    await replica.stop();
  }
}
