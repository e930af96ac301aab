import type { StoredWorkload } from '../results/stored.ts';
import { summarize, unitOf, type Summary } from '../results/summary.ts';
import { formatSize, type Workload } from '../workloads/workload.ts';
import { renderBars, renderCurves, type Axes, type Curve } from './charts.ts';
import type { GROUPS } from './groups.ts';
import { familyOf } from './standing.ts';
import { markdownTable, rowsOf } from './tables.ts';

/** A workload with what was measured. */
export interface Measured {
  readonly workload: Workload;
  readonly stored: StoredWorkload;
}

/** A page, and its plots by their file names. */
export interface GroupPage {
  readonly markdown: string;
  readonly plots: ReadonlyMap<string, string>;
}

const AXES: Readonly<Record<string, Omit<Axes, 'y'> & { readonly title: string }>> = {
  connections: { title: 'Connections', x: 'connections', step: 10, label: (at) => at.toLocaleString('en') },
  bytes: { title: 'Length of messages', x: 'bytes in a message', step: 16, label: (at) => formatSize(at) },
};

/** Makes the page of a group. */
export function renderGroup({ title, text }: (typeof GROUPS)[number], measured: readonly Measured[]): GroupPage {
  const plots = new Map<string, string>();
  const curves = new Set(measured.flatMap(({ workload }) => workload.point?.curve ?? []));
  const sections = [
    ...[...curves].map((curve) => renderCurve(curve, measured, plots)),
    ...measured.map((each) => renderSection(each, plots)),
  ];
  return { markdown: [`# ${title}`, text, LINK, ...sections].join('\n\n'), plots };
}

const LINK = '[How to read this, and where we lose](README.md)';

function renderSection({ workload, stored }: Measured, plots: Map<string, string>): string {
  const summaries = summarize(workload, stored.results);
  const table = markdownTable(rowsOf(workload, summaries));
  const facts = `${stored.date}, Millrace ${stored.millrace}, ${String(stored.rounds)} rounds; load of the machine before: ${stored.loadAverage.toFixed(1)}`;
  const bars = summaries.flatMap(({ peer, title, cost }) =>
    cost === undefined ? [] : [{ title, family: familyOf(peer), estimate: cost }],
  );
  const isPlotted = workload.point === undefined && bars.length > 0;
  if (isPlotted) plots.set(`${workload.name}.svg`, renderBars(bars, `${whatOf(workload)}, ${unitOf(workload)}`));
  const plot = isPlotted ? [`![${workload.title}: less is better](plots/${workload.name}.svg)`] : [];
  return [`## ${workload.title}`, `\`${workload.name}\`, ${facts}`, ...plot, table].join('\n\n');
}

function whatOf({ kind }: Workload): string {
  return kind === 'idle' ? 'resident memory' : 'CPU time';
}

function renderCurve(curve: string, measured: readonly Measured[], plots: Map<string, string>): string {
  const { title, ...axes } = AXES[curve] ?? { title: curve, x: curve, step: 10, label: String };
  const name = `growth-${curve}.svg`;
  const points = measured.filter(({ workload }) => workload.point?.curve === curve);
  plots.set(name, renderCurves(curvesOf(points), { ...axes, y: 'CPU time, µs/message' }));
  return [`## ${title}`, `![${title}: CPU time for each message](plots/${name})`].join('\n\n');
}

/** A line for each peer, through all workloads of a curve. */
function curvesOf(measured: readonly Measured[]): Curve[] {
  const curves = new Map<string, { readonly title: string; readonly points: Curve['points'][number][] }>();
  for (const { workload, stored } of measured) {
    for (const summary of summarize(workload, stored.results)) {
      const { point } = workload;
      if (point === undefined || summary.cost === undefined) continue;
      const curve = curves.get(summary.peer) ?? { title: summary.title, points: [] };
      curves.set(summary.peer, curve);
      curve.points.push({ at: point.at, estimate: perMessage(workload, summary.cost) });
    }
  }
  return [...curves].map(([peer, curve]) => ({ ...curve, family: familyOf(peer) }));
}

/** Large messages are counted by the GiB; in a curve all count as messages. */
function perMessage(workload: Workload, cost: NonNullable<Summary['cost']>): NonNullable<Summary['cost']> {
  if (unitOf(workload) !== 's/GiB' || workload.kind !== 'exchange') return cost;
  const factor = (1e6 * workload.size) / 2 ** 30;
  const { median, low, high } = cost;
  return { ...cost, median: factor * median, low: factor * low, high: factor * high };
}
