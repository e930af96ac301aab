import { unitOf, type Summary } from '../results/summary.ts';
import type { Workload } from '../workloads/workload.ts';
import { mebibytes, percent, significant, times, withInterval } from './format.ts';

/** A column: its heading, and what stands in it. */
interface Column {
  readonly heading: string;
  readonly cell: (summary: Summary) => string;
}

/** The columns of a workload, for a page and for a terminal. */
export function columnsOf(workload: Workload): readonly Column[] {
  const { kind } = workload;
  const what = kind === 'idle' ? 'memory' : 'CPU';
  const cost: Column = {
    heading: `${what}, ${unitOf(workload)}`,
    cell: (summary) => (summary.cost === undefined ? (summary.problem ?? '–') : withInterval(summary.cost)),
  };
  const ratios: readonly Column[] = [
    { heading: '× ws', cell: ({ toWs }) => times(toWs) },
    { heading: '× ws + bufferutil', cell: ({ toWsWithAddon }) => times(toWsWithAddon) },
  ];
  const served = kind === 'exchange' || kind === 'handshakes';
  return [
    ...[cost, ...ratios],
    ...(served ? [throughput(kind), ...LATENCIES, LOADS] : []),
    ...(kind === 'import' ? [] : [PEAK]),
    ...(kind === 'exchange' && workload.connections >= 200 ? [PER_CONNECTION] : []),
  ];
}

const LATENCIES: readonly Column[] = [
  { heading: 'p50, ms', cell: ({ latency50 }) => significant(latency50) },
  { heading: 'p99, ms', cell: ({ latency99 }) => significant(latency99) },
];

const LOADS: Column = {
  heading: 'load: peer, generator',
  cell: ({ load, generatorLoad }) => `${percent(load)}, ${percent(generatorLoad)}`,
};

const PEAK: Column = { heading: 'peak, MiB', cell: ({ peakMemory }) => mebibytes(peakMemory) };

const PER_CONNECTION: Column = {
  heading: 'KiB/connection',
  cell: ({ connectionMemory }) => (connectionMemory === undefined ? '–' : significant(connectionMemory / 1024)),
};

function throughput(kind: 'exchange' | 'handshakes'): Column {
  return {
    heading: kind === 'handshakes' ? 'handshakes/s' : 'messages/s',
    cell: ({ perSecond }) => significant(perSecond),
  };
}

/** Rows of a table: headings, and a row for each peer; of one that was not measured, only why. */
export function rowsOf(workload: Workload, summaries: readonly Summary[]): string[][] {
  const columns = columnsOf(workload);
  const rows = summaries.map((summary) => {
    const cells = columns.map(({ cell }, index) => (summary.cost === undefined && index > 0 ? '' : cell(summary)));
    const isCut = summary.cost !== undefined && summary.problem !== undefined;
    return [isCut ? `${summary.title} (${summary.problem})` : summary.title, ...cells];
  });
  return [['', ...columns.map(({ heading }) => heading)], ...rows];
}

/** A table in Markdown; columns behind the first are aligned to the right. */
export function markdownTable([headings = [], ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(escaped).join(' | ')} |`;
  const rule = headings.map((_, index) => (index === 0 ? ':--' : '--:'));
  return [line(headings), line(rule), ...rows.map(line)].join('\n');
}

function escaped(cell: string): string {
  return cell.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
