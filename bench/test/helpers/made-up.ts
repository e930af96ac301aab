import { PEERS, type PeerName } from '../../peers.ts';
import type { Round } from '../../results/round.ts';
import type { StoredWorkload } from '../../results/stored.ts';
import type { PeerResult } from '../../results/summary.ts';
import { WORKLOADS } from '../../workloads/all.ts';
import type { Workload } from '../../workloads/workload.ts';

/** A workload by its name. */
export function workloadNamed(name: string): Workload {
  const workload = WORKLOADS.find((each) => each.name === name);
  if (workload === undefined) throw new Error(`there is no workload ${name}`);
  return workload;
}

/** A round in which each reply took the server so many microseconds. */
export function roundOf(microseconds: number): Round {
  return {
    ...{ kind: 'exchange', replies: 1000, seconds: 0.5, serverCpu: microseconds / 1000, generatorCpu: 0.1 },
    ...{ latency50: 0.2, latency99: 1.5, startMemory: 50 * 2 ** 20, peakMemory: 60 * 2 ** 20 },
  };
}

/** What a peer was measured to take, in microseconds in each round. */
export function resultOf(peer: string, costs: readonly number[], problem?: string): PeerResult {
  const title = PEERS.get(peer)?.title ?? peer;
  return { peer, title, rounds: costs.map(roundOf), problem };
}

/** A workload as if it had been measured. */
export function storedOf(
  name: string,
  costs: Partial<Record<PeerName, readonly number[]>>,
  change: Partial<StoredWorkload> = {},
): StoredWorkload {
  return {
    name,
    date: '2026-11-30',
    millrace: '0.1.0 (abc1234)',
    machine: {
      ...{ processor: 'Made-up CPU', processors: 2, memory: 8, system: 'Linux 6.1', node: '20.20.2', isPinned: true },
    },
    loadAverage: 0.1,
    rounds: 9,
    seconds: 0.3,
    versions: { ws: '8.23.0', bun: '1.4.5' },
    results: Object.entries(costs).map(([peer, rounds]) => resultOf(peer, rounds)),
    ...change,
  };
}
