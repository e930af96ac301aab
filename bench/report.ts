import Table from 'cli-table3';

import { times } from './page/format.ts';
import { rowsOf } from './page/tables.ts';
import type { BaselineVerdict } from './results/baseline.ts';
import type { Summary, Verdict } from './results/summary.ts';
import type { Workload } from './workloads/workload.ts';

const RED = '\u001b[31m';
const PLAIN = '\u001b[39m';

/** The table of one workload. */
export function renderWorkload(workload: Workload, summaries: readonly Summary[]): string {
  const [head = [], ...rows] = rowsOf(workload, summaries);
  const table = createTable([workload.name, ...head.slice(1)]);
  for (const row of rows) table.push(row.map(shorten));
  return `${workload.title}\n${table.toString()}\n`;
}

/** What is expected of Millrace beside what was reached. */
export function renderVerdicts(verdicts: readonly Verdict[]): string {
  const table = createTable(['workload', 'peer', 'against', 'expected', 'reached', '']);
  for (const { workload, peer, against, atLeast, reached } of verdicts) {
    const verdict = reached === undefined ? '' : reached.median >= atLeast ? 'yes' : 'short';
    table.push([workload, peer, against, `≥ ${String(atLeast)}`, times(reached), verdict]);
  }
  return `expected: how many times as much the other costs\n${table.toString()}\n`;
}

/** Ours beside older builds: red is what costs more for sure. */
export function renderBaselines(verdicts: readonly BaselineVerdict[], isColored: boolean): string {
  const table = createTable(['workload', 'peer', 'against', 'cost of ours ÷ its cost', '']);
  for (const { workload, peer, baseline, ratio, verdict } of verdicts) {
    const row = [workload, peer, baseline, times(ratio), verdict];
    table.push(verdict === 'worse' && isColored ? row.map((cell) => `${RED}${cell}${PLAIN}`) : row);
  }
  return `beside the baseline; worse: the whole interval of 95 % lies above 1.05\n${table.toString()}\n`;
}

export const LEGEND: string = [
  'CPU: time of the process that is measured, user and system, all threads; the median, and an interval for it: of 95 % from six rounds on,',
  '  from the least to the greatest (75 %) of three',
  '× ws, × ws + bufferutil: how many times as much `ws` costs, each round beside its neighbour',
  'load: CPU time in proportion to the time that passed; peak: resident memory at its highest',
].join('\n');

function createTable(head: string[]): Table.Table {
  return new Table({
    head,
    colAligns: ['left', ...head.slice(1).map(() => 'right' as const)],
    style: { head: [], border: [], compact: true },
  });
}

function shorten(text: string): string {
  return text.length <= 90 ? text : `${text.slice(0, 89)}…`;
}
