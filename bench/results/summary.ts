import type { Expectation, Workload } from '../workloads/workload.ts';
import type { Round } from './round.ts';
import { estimate, median, type Estimate } from './statistics.ts';

/** All rounds of one peer at one workload. */
export interface PeerResult {
  /** As it is called: the name of a peer, or that with the checkout or the runtime behind `@`. */
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
  /** What a unit of work cost; see {@link unitOf}. `undefined` if it was not measured. */
  readonly cost: Estimate | undefined;
  /** Replies for each second that passed; 0 if there are none. */
  readonly perSecond: number;
  /** CPU time of the peer, and of the generator, in proportion to the time that passed. */
  readonly load: number;
  readonly generatorLoad: number;
  /** What half of the latencies, and 99 % of them do not exceed, in milliseconds. */
  readonly latency50: number;
  readonly latency99: number;
  /** Resident memory at its highest, and what of it each connection has brought about, in bytes. */
  readonly peakMemory: number;
  readonly connectionMemory: number | undefined;
  /** How many times as much `ws` costs, and `ws` with its addon: each round is compared with its neighbour. */
  readonly toWs: Estimate | undefined;
  readonly toWsWithAddon: Estimate | undefined;
}

/** An expectation beside what was reached. */
export interface Verdict extends Expectation {
  readonly workload: string;
  /** `undefined` if one of the two was not measured. */
  readonly reached: Estimate | undefined;
}

/** From so many connections on, memory is told for each. */
const MANY_CONNECTIONS = 200;

const MIB = 2 ** 20;

/** The unit of work: for messages that are large, their bytes count. */
export function unitOf(workload: Workload): 'µs/message' | 'µs/handshake' | 's/GiB' | 'KiB/connection' | 'ms' {
  if (workload.kind === 'import') return 'ms';
  if (workload.kind === 'idle') return 'KiB/connection';
  if (workload.kind === 'handshakes') return 'µs/handshake';
  return workload.size >= MIB ? 's/GiB' : 'µs/message';
}

/** What a unit of work cost in a round. */
export function costOf(workload: Workload, round: Round): number {
  if (round.kind === 'idle') return round.bytesPerConnection / 1024;
  if (round.kind === 'import') return 1000 * round.serverCpu;
  const batch = workload.kind === 'exchange' ? workload.batch : 1;
  const perMessage = round.serverCpu / (round.replies * batch);
  if (workload.kind !== 'exchange' || workload.size < MIB) return 1e6 * perMessage;
  return (perMessage * 2 ** 30) / workload.size;
}

/** Computes the figures of a workload from its rounds. */
export function summarize(workload: Workload, results: readonly PeerResult[]): Summary[] {
  return results.map((result) => {
    const { peer, title, problem, rounds } = result;
    const costs = rounds.map((round) => costOf(workload, round));
    const exchanges = rounds.flatMap((round) => (round.kind === 'exchange' ? [round] : []));
    const batch = workload.kind === 'exchange' ? workload.batch : 1;
    const middle = (value: (round: (typeof exchanges)[number]) => number): number =>
      exchanges.length === 0 ? 0 : median(exchanges.map(value));
    return {
      ...{ peer, title, problem },
      cost: costs.length === 0 ? undefined : estimate(costs),
      perSecond: middle(({ replies, seconds }) => (replies * batch) / seconds),
      load: middle(({ serverCpu, seconds }) => serverCpu / seconds),
      generatorLoad: middle(({ generatorCpu, seconds }) => generatorCpu / seconds),
      latency50: middle(({ latency50 }) => latency50),
      latency99: middle(({ latency99 }) => latency99),
      peakMemory: Math.max(0, ...rounds.map((round) => (round.kind === 'import' ? 0 : round.peakMemory))),
      connectionMemory: connectionMemoryOf(workload, rounds),
      toWs: compare(workload, results, { peer, against: 'ws' }),
      toWsWithAddon: compare(workload, results, { peer, against: 'ws-bufferutil' }),
    };
  });
}

/** How many times as much one costs as another: each round is compared with its neighbour. `undefined` if there are no such rounds. */
export function compare(
  workload: Workload,
  results: readonly PeerResult[],
  { peer, against }: { readonly peer: string; readonly against: string },
): Estimate | undefined {
  const roundsOf = (name: string): readonly Round[] => results.find((result) => result.peer === name)?.rounds ?? [];
  const others = roundsOf(against);
  const ratios = roundsOf(peer).flatMap((round, index) => {
    const other = others[index];
    return other === undefined ? [] : [costOf(workload, other) / costOf(workload, round)];
  });
  return ratios.length === 0 ? undefined : estimate(ratios);
}

/** Compares what was reached with what is expected of a workload. */
export function judge(workload: Workload, results: readonly PeerResult[]): Verdict[] {
  return workload.expectations.map((expectation) => {
    return { ...expectation, workload: workload.name, reached: compare(workload, results, expectation) };
  });
}

function connectionMemoryOf(workload: Workload, rounds: readonly Round[]): number | undefined {
  const figures = rounds.flatMap((round) => {
    if (round.kind === 'idle') return [round.bytesPerConnection];
    if (round.kind === 'import' || workload.kind !== 'exchange' || workload.connections < MANY_CONNECTIONS) return [];
    return [(round.peakMemory - round.startMemory) / workload.connections];
  });
  return figures.length === 0 ? undefined : median(figures);
}
