import type { Workload } from '../workloads/workload.ts';
import type { Estimate } from './statistics.ts';
import { compare, type PeerResult } from './summary.ts';

/** Beyond this, ours costs so much more than the baseline that it is a fault. */
const TOLERATED = 1.05;

/** Ours beside the same of another checkout. */
export interface BaselineVerdict {
  readonly workload: string;
  readonly peer: string;
  readonly baseline: string;
  /** How many times as much as the baseline ours costs. */
  readonly ratio: Estimate;
  /** `worse` if the whole interval lies above 1.05, `better` if it lies below 1, otherwise `same`. */
  readonly verdict: 'worse' | 'better' | 'same';
}

/** Compares what is of this checkout with what is of others. */
export function judgeBaselines(
  workload: Workload,
  results: readonly PeerResult[],
  baselines: readonly string[],
): BaselineVerdict[] {
  return results.flatMap(({ peer }) => {
    return baselines.flatMap((baseline) => {
      const ratio = compare(workload, results, { peer: `${peer}@${baseline}`, against: peer });
      return ratio === undefined ? [] : [{ workload: workload.name, peer, baseline, ratio, verdict: verdictOf(ratio) }];
    });
  });
}

function verdictOf({ low, high }: Estimate): BaselineVerdict['verdict'] {
  if (low > TOLERATED) return 'worse';
  return high < 1 ? 'better' : 'same';
}
