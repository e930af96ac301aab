import Table from 'cli-table3';

import { unitOf, type Summary, type Verdict } from './statistics.ts';
import type { Workload } from './workloads.ts';

/** The table of one workload. */
export function renderWorkload(workload: Workload, summaries: readonly Summary[]): string {
  const unit = unitOf(workload);
  const isIdle = workload.kind === 'idle';
  const cost = isIdle ? 'RSS' : 'CPU';
  const table = createTable([
    workload.name,
    `${cost} ${unit}, best`,
    'median',
    '× ws',
    '× ws+addon',
    ...(isIdle ? [] : ['replies/s', 'server load', 'generator load']),
    'peak MiB',
  ]);
  for (const summary of summaries) {
    if (Number.isNaN(summary.median)) {
      table.push([summary.title, { content: shorten(summary.problem ?? ''), colSpan: isIdle ? 5 : 8 }]);
      continue;
    }
    const { best, median, toWs, toWsWithAddon, perSecond, serverLoad, generatorLoad, peakMemory } = summary;
    const rates = [Math.round(perSecond).toLocaleString('en'), percent(serverLoad), percent(generatorLoad)];
    const name = summary.problem === undefined ? summary.title : `${summary.title} (${shorten(summary.problem)})`;
    const costs = [significant(best), significant(median), times(toWs), times(toWsWithAddon)];
    table.push([name, ...costs, ...(isIdle ? [] : rates), (peakMemory / 2 ** 20).toFixed(0)]);
  }
  return `${workload.title}\n${table.toString()}\n`;
}

/** What is expected of Millrace beside what was reached. */
export function renderVerdicts(verdicts: readonly Verdict[]): string {
  const table = createTable(['workload', 'peer', 'against', 'expected', 'reached', '']);
  for (const { workload, peer, against, atLeast, reached } of verdicts) {
    const verdict = reached === undefined ? '' : reached >= atLeast ? 'yes' : 'short';
    table.push([workload, peer, against, `≥ ${String(atLeast)}`, times(reached), verdict]);
  }
  return `expected: how many times as much the other costs\n${table.toString()}\n`;
}

export const LEGEND: string = [
  'CPU: time of the server process, user and system, all threads, as the operating system counts it',
  '× ws, × ws+addon: how many times as much `ws` costs, without and with bufferutil; each round beside its neighbour, the middle one',
  'load: CPU time in proportion to the time that passed; peak: resident memory at its highest',
].join('\n');

function createTable(head: string[]): Table.Table {
  return new Table({
    head,
    colAligns: ['left', ...head.slice(1).map(() => 'right' as const)],
    style: { head: [], border: [], compact: true },
  });
}

function significant(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

function shorten(text: string): string {
  return text.length <= 90 ? text : `${text.slice(0, 89)}…`;
}

function times(ratio: number | undefined): string {
  return ratio === undefined ? '–' : ratio.toFixed(2);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}
