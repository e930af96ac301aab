import { PEERS, type Peer } from '../peers.ts';
import type { Estimate } from '../results/statistics.ts';
import { compare, costOf, type PeerResult } from '../results/summary.ts';
import { median } from '../results/statistics.ts';
import type { Workload } from '../workloads/workload.ts';

/** One of ours beside another. */
export interface Standing {
  readonly workload: Workload;
  readonly ours: string;
  readonly other: string;
  /** How many times as much as ours the other costs. */
  readonly ratio: Estimate;
  /** `unclear` if the interval contains 1, or if the difference is small and the rounds are few. */
  readonly verdict: 'ahead' | 'behind' | 'unclear';
}

/** A difference of less than 30 % is claimed from this many rounds on. */
const ROUNDS_FOR_SMALL = 9;
const SMALL = 1.3;

/** The form of ours that costs least, beside each other peer that is a WebSocket. */
export function standingsOf(workload: Workload, results: readonly PeerResult[]): Standing[] {
  const best = cheapest(workload, results);
  if (best === undefined) return [];
  return results
    .filter(({ peer, rounds }) => rounds.length > 0 && isRival(familyOf(peer)))
    .flatMap((other) => standing(workload, results, { ours: best, other }));
}

/** Each form of ours that costs more than `ws`. */
export function behindWs(workload: Workload, results: readonly PeerResult[]): Standing[] {
  const other = results.find(({ peer }) => peer === 'ws');
  if (other === undefined) return [];
  return results
    .filter(({ peer }) => familyOf(peer) === 'millrace')
    .flatMap((ours) => standing(workload, results, { ours, other }))
    .filter(({ verdict }) => verdict === 'behind');
}

/** The family of a peer, by the name that results call it. */
export function familyOf(name: string): Peer['family'] {
  return PEERS.get(name.split('@', 1)[0] ?? name)?.family ?? 'other';
}

function isRival(family: Peer['family']): boolean {
  return family === 'node' || family === 'other';
}

function cheapest(workload: Workload, results: readonly PeerResult[]): PeerResult | undefined {
  const cost = ({ rounds }: PeerResult): number => median(rounds.map((round) => costOf(workload, round)));
  const ours = results.filter(({ peer, rounds }) => rounds.length > 0 && familyOf(peer) === 'millrace');
  return ours.sort((a, b) => cost(a) - cost(b))[0];
}

function standing(
  workload: Workload,
  results: readonly PeerResult[],
  { ours, other }: { readonly ours: PeerResult; readonly other: PeerResult },
): Standing[] {
  const ratio = compare(workload, results, { peer: ours.peer, against: other.peer });
  if (ratio === undefined) return [];
  const rounds = Math.min(ours.rounds.length, other.rounds.length);
  return [{ workload, ours: ours.title, other: other.title, ratio, verdict: verdictOf(ratio, rounds) }];
}

function verdictOf({ median: middle, low, high }: Estimate, rounds: number): Standing['verdict'] {
  const isSmall = middle < SMALL && middle > 1 / SMALL;
  if (isSmall && rounds < ROUNDS_FOR_SMALL) return 'unclear';
  if (low > 1) return 'ahead';
  return high < 1 ? 'behind' : 'unclear';
}
