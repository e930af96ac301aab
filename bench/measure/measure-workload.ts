import type { PeerResult } from '../results/summary.ts';
import type { Workload } from '../workloads/workload.ts';
import { contestantsOf, type Selection } from './contestants.ts';
import { measureRound, type RoundSetup } from './round.ts';

/** How often, and who is told. */
export interface MeasureOptions extends RoundSetup {
  readonly rounds: number;
  readonly onProgress: (text: string) => void;
}

/** Measures all peers of a workload, in turns: A B C A B C …, so that what disturbs the machine disturbs them alike. */
export async function measureWorkload(
  workload: Workload,
  selection: Selection,
  { rounds, onProgress, ...setup }: MeasureOptions,
): Promise<PeerResult[]> {
  const contestants = contestantsOf(workload, selection);
  for (let round = 1; round <= rounds; round++) {
    for (const contestant of contestants) {
      if (contestant.problem !== undefined) continue;
      onProgress(`${workload.name}, round ${String(round)} of ${String(rounds)}: ${contestant.title}`);
      try {
        contestant.rounds.push(await measureRound(workload, contestant, setup));
      } catch (error) {
        contestant.problem = error instanceof Error ? error.message : String(error);
      }
    }
  }
  onProgress('');
  return contestants.map(({ name, title, rounds: measured, problem }) => {
    return { peer: name, title, rounds: measured, problem: problem === undefined ? undefined : anonymous(problem) };
  });
}

/** A text without the folders of this machine. */
function anonymous(text: string): string {
  return text.replaceAll(/(?:file:\/\/)?\/(?:[\w.@+-]+\/)+/g, '');
}
