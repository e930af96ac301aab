import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { redisBroker } from '@millrace/topics';
import { BROKER_CASES, carryOutBrokerCase } from '@millrace/topics/broker-suite';
import { Redis } from 'ioredis';
import { createClient } from 'redis';

import type { Outcome } from '../test-case.ts';
import { withTimeout } from '../timeout.ts';
import { findVersions, type RouteResult, type RouteResults } from '../tunnel/run-tunnels.ts';
import { FAULT_CASES, carryOutFault } from './fault-cases.ts';
import { RedisServer } from './redis-server.ts';

/** Packages of Debian with the brokers. */
export const TOPICS_PACKAGES: readonly string[] = ['redis-server', 'redis-tools'];

/** In milliseconds, for one case. */
const CASE_TIMEOUT = 60_000;

/** How often each fault is tried. */
const ROUNDS = 2;

/** What is run, and the names of its cases. */
export const TOPICS_CASE_NAMES: readonly string[] = [
  ...BROKER_CASES.map(({ name }) => name),
  ...FAULT_CASES.map(({ name }) => name),
];

/**
 * Starts Redis, has every case of the suite for brokers done with each client of it, and makes it fail while servers use it.
 *
 * @param temporary a folder for files
 * @param words part of the name of a case; `''` for all
 */
export async function runTopics(temporary: string, words: string): Promise<RouteResults> {
  const folder = join(temporary, 'topics');
  mkdirSync(folder);
  const routes: RouteResult[] = [];
  const redis = await RedisServer.start(join(folder, 'suite'), 'nothing');
  try {
    const url = `redis://127.0.0.1:${redis.port}`;
    routes.push({ route: 'redis', outcomes: await runSuite({ client: createClient({ url }) }, words) });
    routes.push({
      route: 'ioredis',
      outcomes: await runSuite({ client: new Redis(url, { lazyConnect: true }) }, words),
    });
  } finally {
    await redis.stop();
  }
  routes.push({ route: 'faults', outcomes: await runFaults(folder, words) });
  return { versions: await findVersions(TOPICS_PACKAGES), routes };
}

async function runSuite(options: Parameters<typeof redisBroker>[0], words: string): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const one of BROKER_CASES.filter(({ name }) => name.includes(words))) {
    const act = async (): Promise<string[]> => {
      await carryOutBrokerCase(one, redisBroker(options));
      return [];
    };
    outcomes.push(await judge(one.name, one.name, act));
  }
  return outcomes;
}

async function runFaults(folder: string, words: string): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const [index, fault] of FAULT_CASES.entries()) {
    if (!fault.name.includes(words)) continue;
    for (let round = 1; round <= ROUNDS; round++) {
      const name = `${fault.name}, round ${round}`;
      outcomes.push(await judge(fault.name, name, () => carryOutFault(fault, join(folder, `fault-${index}-${round}`))));
    }
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
