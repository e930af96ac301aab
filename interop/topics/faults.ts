import { join } from 'node:path';

import { openBroker, type BrokerClient } from './brokers.ts';
import type { Fault, FaultScene } from './fault.ts';
import { FaultWorld, sleep } from './fault-world.ts';
import { NATS_FAULTS } from './nats-faults.ts';
import { NatsServer } from './nats-server.ts';
import { NETWORK_FAULTS } from './network-faults.ts';
import { createRandom } from './random.ts';
import { REDIS_FAULTS } from './redis-faults.ts';
import { RedisServer } from './redis-server.ts';
import { Relay } from './relay.ts';
import { SERVER_FAULTS } from './server-faults.ts';
import { CLUSTER_FAULTS, carryOutClusterFault } from './cluster-faults.ts';

/** What can be stopped, and has a port. */
interface Stoppable {
  readonly port: number;
  stop(): Promise<void>;
}

/** A broker of some kind, which can be made to fail. */
interface FaultKind {
  readonly name: string;
  readonly faults: readonly { readonly name: string }[];
  readonly carryOut: (index: number, folder: string, seed: number) => Promise<readonly string[]>;
}

const KINDS: readonly FaultKind[] = [
  kindOf({
    name: 'redis',
    clients: ['redis', 'ioredis'],
    faults: [...REDIS_FAULTS, ...NETWORK_FAULTS, ...SERVER_FAULTS],
    start: (folder, { isPersistent = false }) =>
      RedisServer.start(folder, isPersistent ? 'append only file' : 'nothing'),
  }),
  kindOf({
    name: 'nats',
    clients: ['nats', 'nats'],
    faults: [...NATS_FAULTS, ...NETWORK_FAULTS, ...SERVER_FAULTS],
    start: (folder) => NatsServer.start(folder),
  }),
  { name: 'redis, cluster of three', faults: CLUSTER_FAULTS, carryOut: carryOutClusterFault },
];

/** The names of all that goes wrong. */
export const FAULT_NAMES: readonly string[] = KINDS.flatMap(({ name, faults }) =>
  faults.map((fault) => `${name}: ${fault.name}`),
);

/** How faults are tried. */
export interface FaultOptions {
  readonly folder: string;
  readonly rounds: number;
  /** Part of the name of a fault; `''` for all. */
  readonly words: string;
  /** Of the first round; each further one has the next. */
  readonly seed: number;
}

/** One round of a fault. */
export interface FaultRound {
  readonly group: string;
  readonly name: string;
  /** Gives what is wrong then; nothing, if all is as it should be. */
  readonly act: () => Promise<readonly string[]>;
}

/** Gives all rounds of all faults, to be done one after the other. */
export function* carryOutFaults({ folder, rounds, words, seed }: FaultOptions): Iterable<FaultRound> {
  for (const { name, faults, carryOut } of KINDS) {
    for (const [index, fault] of faults.entries()) {
      const group = `${name}: ${fault.name}`;
      if (!group.includes(words)) continue;
      for (let round = 0; round < rounds; round++) {
        const place = join(folder, `${name.replaceAll(/\W+/g, '-')}-${index}-${round}`);
        const act = (): Promise<readonly string[]> => carryOut(index, place, seed + round);
        yield { group, name: `${group}, round ${round + 1}, seed ${seed + round}`, act };
      }
    }
  }
}

function kindOf<Server extends Stoppable>(setup: {
  readonly name: string;
  readonly clients: readonly BrokerClient[];
  readonly faults: readonly Fault<Server>[];
  readonly start: (folder: string, fault: Fault<Server>) => Promise<Server>;
}): FaultKind {
  const { name, clients, faults, start } = setup;
  const carryOut: FaultKind['carryOut'] = async (index, folder, seed) => {
    const fault = faults[index];
    if (fault === undefined) throw new Error(`there is no fault ${index}`);
    const server = await start(folder, fault);
    const relays = await Promise.all(clients.map(() => Relay.start(server.port)));
    try {
      const brokers = await Promise.all(
        clients.map((client, which) => openBroker(client, relays[which]?.port ?? server.port)),
      );
      const [client = 'redis'] = clients;
      const process = fault.hasProcess === true ? { client, port: server.port } : undefined;
      const world = await FaultWorld.create({ brokers, messages: fault.messages, process });
      return await carryOutFault(fault, { server, relays, world, folder, random: createRandom(seed) });
    } finally {
      for (const relay of relays) relay.close();
      await server.stop();
    }
  };
  return { name, faults, carryOut };
}

/** Makes something go wrong while messages are published, some clients stay, and others go and come back. */
async function carryOutFault<Server>(fault: Fault<Server>, scene: FaultScene<Server>): Promise<readonly string[]> {
  const { world, random } = scene;
  try {
    await world.publish(50);
    world.publishOn(4);
    await Promise.all(world.travellers.map((client) => client.disconnect()));
    await sleep(random.below(40));
    await fault.fail(scene);
    await sleep(random.below(100));
    await world.finish();
    return fault.losesMessages === true ? world.findWrongMessages() : world.findFaults();
  } finally {
    await world.close();
  }
}
