import type { Round } from './round.ts';
import type { Expectation, Workload } from './workloads.ts';

/** All rounds of one peer at one workload. */
export interface PeerResult {
  /** As it is called in the table: the name of a peer, or that with the baseline it was built from. */
  readonly peer: string;
  readonly title: string;
  readonly rounds: readonly Round[];
  /** Why it was not measured, or not to the end. */
  readonly problem: string | undefined;
}

/** The figures of one peer at one workload. */
export interface Summary {
  readonly peer: string;
  readonly title: string;
  readonly problem: string | undefined;
  /** What a unit of work cost (see {@link unitOf}): at best, and in the middle of all rounds. */
  readonly best: number;
  readonly median: number;
  /** Replies for each second that passed; 0 for an idle workload. */
  readonly perSecond: number;
  /** CPU time of the server, and of the generator, in proportion to the time that passed. */
  readonly serverLoad: number;
  readonly generatorLoad: number;
  /** Resident memory at its highest, in bytes. */
  readonly peakMemory: number;
  /** How many times as much `ws` costs, in the middle of all rounds, each compared with its neighbour. */
  readonly toWs: number | undefined;
  /** The same of `ws` with its addon. */
  readonly toWsWithAddon: number | undefined;
}

/** An expectation beside what was reached. */
export interface Verdict extends Expectation {
  readonly workload: string;
  /** `undefined` if one of the two was not measured. */
  readonly reached: number | undefined;
}

/** The unit of work: for messages that are large, their bytes count. */
export function unitOf(workload: Workload): 'µs/message' | 's/GiB' | 'KiB/connection' {
  if (workload.kind === 'idle') return 'KiB/connection';
  return workload.size >= 2 ** 20 ? 's/GiB' : 'µs/message';
}

/** What a unit of work cost in a round. */
export function costOf(workload: Workload, round: Round): number {
  if (round.kind === 'idle') return round.bytesPerConnection / 1024;
  const perReply = round.serverCpu / round.replies;
  return unitOf(workload) === 'µs/message' ? 1e6 * perReply : (perReply * 2 ** 30) / workload.size;
}

/** Computes the figures of a workload from its rounds. */
export function summarize(workload: Workload, results: readonly PeerResult[]): Summary[] {
  return results.map((result) => {
    const costs = result.rounds.map((round) => costOf(workload, round));
    const { peer, title, problem } = result;
    const exchanges = result.rounds.flatMap((round) => (round.kind === 'exchange' ? [round] : []));
    return {
      ...{ peer, title, problem },
      best: Math.min(...costs),
      median: median(costs) ?? NaN,
      perSecond: median(exchanges.map(({ replies, seconds }) => replies / seconds)) ?? 0,
      serverLoad: median(exchanges.map(({ serverCpu, seconds }) => serverCpu / seconds)) ?? 0,
      generatorLoad: median(exchanges.map(({ generatorCpu, seconds }) => generatorCpu / seconds)) ?? 0,
      peakMemory: Math.max(0, ...result.rounds.map(({ peakMemory }) => peakMemory)),
      toWs: ratio(workload, results, { peer, against: 'ws' }),
      toWsWithAddon: ratio(workload, results, { peer, against: 'ws-bufferutil' }),
    };
  });
}

/** Compares what was reached with what is expected of a workload. */
export function judge(workload: Workload, results: readonly PeerResult[]): Verdict[] {
  return workload.expectations.map((expectation) => {
    return { ...expectation, workload: workload.name, reached: ratio(workload, results, expectation) };
  });
}

/** How many times as much one peer costs as another: each round is compared with its neighbour, the middle one counts. */
function ratio(
  workload: Workload,
  results: readonly PeerResult[],
  { peer, against }: { readonly peer: string; readonly against: string },
): number | undefined {
  const roundsOf = (name: string): readonly Round[] => results.find((result) => result.peer === name)?.rounds ?? [];
  const others = roundsOf(against);
  const ratios = roundsOf(peer).flatMap((round, index) => {
    const other = others[index];
    return other === undefined ? [] : [costOf(workload, other) / costOf(workload, round)];
  });
  return median(ratios);
}

function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  if (sorted.length === 0) return undefined;
  return sorted.length % 2 === 1 ? sorted[Math.floor(middle)] : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
