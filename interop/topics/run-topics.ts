import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { redisBroker, type Broker } from '@millrace/topics';
import { BROKER_CASES, carryOutBrokerCase } from '@millrace/topics/broker-suite';
import { natsBroker } from '@millrace/topics/nats';
import { Cluster, Redis } from 'ioredis';
import { createClient, createCluster } from 'redis';

import type { Outcome } from '../test-case.ts';
import { withTimeout } from '../timeout.ts';
import { findVersions, type RouteResult, type RouteResults } from '../tunnel/run-tunnels.ts';
import { FAULT_NAMES, carryOutFaults } from './faults.ts';
import { NatsServer } from './nats-server.ts';
import { RedisCluster } from './redis-cluster.ts';
import { RedisServer } from './redis-server.ts';

/** Packages of Debian with the brokers. */
export const TOPICS_PACKAGES: readonly string[] = ['redis-server', 'redis-tools', 'nats-server'];

/** In milliseconds, for one case. */
const CASE_TIMEOUT = 60_000;

/** How often each fault is tried. */
const ROUNDS = 2;

/** What is run, and the names of its cases. */
export const TOPICS_CASE_NAMES: readonly string[] = [...BROKER_CASES.map(({ name }) => name), ...FAULT_NAMES];

/** What is done with each broker. */
type Use = (route: string, broker: Broker) => Promise<void>;

/**
 * Starts each broker, has every case of the suite for brokers done with each client of it, and makes it fail while servers use it.
 *
 * @param temporary a folder for files
 * @param words part of the name of a case; `''` for all
 */
export async function runTopics(temporary: string, words: string): Promise<RouteResults> {
  const folder = join(temporary, 'topics');
  mkdirSync(folder);
  const routes: RouteResult[] = [];
  const use: Use = async (route, broker) => {
    routes.push({ route, outcomes: await runSuite(broker, words) });
  };
  if (BROKER_CASES.some(({ name }) => name.includes(words))) {
    for (const brokers of [withRedis, withCluster, withNats]) await brokers(join(folder, brokers.name), use);
  }
  const faults: Outcome[] = [];
  const options = { folder: join(folder, 'faults'), rounds: ROUNDS, words, seed: Date.now() % 1_000_000 };
  for (const { group, name, act } of carryOutFaults(options)) faults.push(await judge(group, name, act));
  routes.push({ route: 'faults', outcomes: faults });
  return { versions: await findVersions(TOPICS_PACKAGES), routes };
}

async function withRedis(folder: string, use: Use): Promise<void> {
  const redis = await RedisServer.start(folder, 'nothing');
  try {
    const url = `redis://127.0.0.1:${redis.port}`;
    await use('redis', redisBroker({ client: createClient({ url }) }));
    await use('ioredis', redisBroker({ client: new Redis(url, { lazyConnect: true }) }));
  } finally {
    await redis.stop();
  }
}

async function withCluster(folder: string, use: Use): Promise<void> {
  const cluster = await RedisCluster.start(folder);
  try {
    const rootNodes = cluster.ports.map((port) => ({ url: `redis://127.0.0.1:${port}` }));
    await use('redis, cluster of three', redisBroker({ client: createCluster({ rootNodes }) }));
    const nodes = cluster.ports.map((port) => ({ host: '127.0.0.1', port }));
    await use('ioredis, cluster of three', redisBroker({ client: new Cluster(nodes, { lazyConnect: true }) }));
  } finally {
    await cluster.stop();
  }
}

async function withNats(folder: string, use: Use): Promise<void> {
  const server = await NatsServer.start(folder);
  const connections = await Promise.all([server.connect(), server.connect()]);
  try {
    const brokers = connections.map((connection) => natsBroker({ connection }));
    let opened = 0;
    // Each link has a connection of its own, as in two processes.
    const open: Broker['open'] = (listener) => {
      const broker = brokers[opened++ % brokers.length];
      if (broker === undefined) throw new Error('there is no broker');
      return broker.open(listener);
    };
    await use('nats', { name: 'nats', open });
  } finally {
    await Promise.all(connections.map((connection) => connection.close()));
    await server.stop();
  }
}

async function runSuite(broker: Broker, words: string): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const one of BROKER_CASES.filter(({ name }) => name.includes(words))) {
    const act = async (): Promise<string[]> => {
      await carryOutBrokerCase(one, broker);
      return [];
    };
    outcomes.push(await judge(one.name, one.name, act));
  }
  return outcomes;
}

async function judge(group: string, name: string, act: () => Promise<readonly string[]>): Promise<Outcome> {
  const begin = performance.now();
  const details: readonly string[] = await withTimeout(act(), CASE_TIMEOUT, () => 'It did not end').catch(
    (error: unknown) => [error instanceof Error ? error.message : String(error)],
  );
  const milliseconds = Math.round(performance.now() - begin);
  return { group, case: name, status: details.length === 0 ? 'passed' : 'failed', details, milliseconds };
}
