import { redisBroker } from '@millrace/topics';
import { Cluster } from 'ioredis';
import { createCluster } from 'redis';

import { BROKER_TIMEOUT } from './brokers.ts';
import { TOPIC } from './fault-server.ts';
import { FaultWorld, sleep } from './fault-world.ts';
import { createRandom } from './random.ts';
import { RedisCluster } from './redis-cluster.ts';

/** What goes wrong with a cluster. */
export const CLUSTER_FAULTS: readonly { readonly name: string }[] = [{ name: 'the slot of the topic moves' }];

/** Moves the slot of the topic from server to server while messages are published. */
export async function carryOutClusterFault(_: number, folder: string, seed: number): Promise<readonly string[]> {
  const random = createRandom(seed);
  const cluster = await RedisCluster.start(folder);
  const rootNodes = cluster.ports.map((port) => ({ url: `redis://127.0.0.1:${port}` }));
  const nodes = cluster.ports.map((port) => ({ host: '127.0.0.1', port }));
  const templates = [createCluster({ rootNodes }), new Cluster(nodes, { lazyConnect: true })];
  const brokers = templates.map((client) => ({
    broker: redisBroker({ client, brokerTimeout: 4 * BROKER_TIMEOUT }),
    close: () => Promise.resolve(),
  }));
  const world = await FaultWorld.create({ brokers });
  try {
    await world.publish(50);
    world.publishOn(4);
    await Promise.all(world.travellers.map((client) => client.disconnect()));
    for (let times = 0; times < 2; times++) {
      await sleep(random.below(100));
      await cluster.migrate(`{${TOPIC}}`);
    }
    await world.finish();
    return world.findFaults();
  } finally {
    await world.close();
    await cluster.stop();
  }
}
