import { BROKER_TIMEOUT, FaultWorld, sleep } from './fault-world.ts';
import { RedisServer, type Persistence } from './redis-server.ts';

/** Something that goes wrong. */
export interface FaultCase {
  readonly name: string;
  readonly persistence: Persistence;
  /** Whether Redis loses messages by it. */
  readonly losesMessages: boolean;
  /** How many messages are kept of a topic. */
  readonly messages?: number;
  readonly fail: (redis: RedisServer, world: FaultWorld) => Promise<unknown>;
}

/** Every fault. */
export const FAULT_CASES: readonly FaultCase[] = [
  {
    name: 'Redis is killed, and starts again with its append only file',
    persistence: 'append only file',
    losesMessages: false,
    fail: async (redis) => {
      await redis.kill();
      await sleep(100);
      await redis.restart();
    },
  },
  {
    name: 'Redis stops for longer than it may, and goes on',
    persistence: 'append only file',
    losesMessages: false,
    fail: async (redis) => {
      redis.freeze();
      await sleep(BROKER_TIMEOUT * 1.5);
      redis.thaw();
    },
  },
  {
    name: 'Redis forgets the scripts',
    persistence: 'nothing',
    losesMessages: false,
    fail: (redis) => redis.command('SCRIPT', 'FLUSH'),
  },
  {
    name: 'Redis cuts all subscribers',
    persistence: 'nothing',
    losesMessages: false,
    fail: (redis) => redis.command('CLIENT', 'KILL', 'TYPE', 'pubsub'),
  },
  {
    name: 'Redis cuts all connections',
    persistence: 'nothing',
    losesMessages: false,
    fail: async (redis) => {
      await redis.command('CLIENT', 'KILL', 'TYPE', 'pubsub');
      await redis.command('CLIENT', 'KILL', 'TYPE', 'normal');
    },
  },
  {
    name: 'Redis starts again without anything',
    persistence: 'nothing',
    losesMessages: true,
    fail: async (redis) => {
      await redis.kill();
      redis.forget();
      await redis.restart();
    },
  },
  {
    name: 'Redis goes back to an older snapshot, and new messages take the offsets',
    persistence: 'nothing',
    losesMessages: true,
    fail: async (redis, world) => {
      await redis.save();
      await world.publish(100);
      await redis.kill();
      redis.goBack();
      await redis.restart();
      await world.publish(200);
    },
  },
  {
    name: 'Redis is flushed',
    persistence: 'nothing',
    losesMessages: true,
    fail: (redis) => redis.command('FLUSHALL'),
  },
  {
    name: 'what was missed has been trimmed away',
    persistence: 'nothing',
    losesMessages: true,
    messages: 20,
    fail: (_, world) => world.publish(100),
  },
];

/**
 * Makes something go wrong while messages are published, some clients stay, and others go and come back.
 *
 * @returns what is wrong then; nothing, if all is as it should be
 */
export async function carryOutFault(fault: FaultCase, folder: string): Promise<string[]> {
  const redis = await RedisServer.start(folder, fault.persistence);
  const world = await FaultWorld.create(redis, { messages: fault.messages });
  try {
    await world.publish(50);
    const stop = world.publishOn(4);
    await Promise.all(world.travellers.map((client) => client.disconnect()));
    await sleep(20);
    await fault.fail(redis, world);
    await sleep(50);
    await world.connectAll(world.travellers);
    await stop();
    await world.settle();
    return fault.losesMessages ? world.findWrongMessages() : world.findFaults();
  } finally {
    await world.close();
    await redis.stop();
  }
}
