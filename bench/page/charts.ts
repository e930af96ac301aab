import { init, type CustomSeriesRenderItemAPI, type EChartsCoreOption, type SeriesOption } from 'echarts';

import type { Peer } from '../peers.ts';
import type { Estimate } from '../results/statistics.ts';

/** A bar of a chart, or a line. */
export interface Named {
  readonly title: string;
  readonly family: Peer['family'];
}

/** What something costs, with its interval. */
export interface Bar extends Named {
  readonly estimate: Estimate;
}

/** What something costs, as something grows. */
export interface Curve extends Named {
  readonly points: readonly { readonly at: number; readonly estimate: Estimate }[];
}

/** What stands at the axes of curves. */
export interface Axes {
  readonly x: string;
  readonly y: string;
  /** How a place on the horizontal axis is written. */
  readonly label: (at: number) => string;
  /** Each step of the horizontal axis is so many times the one before. */
  readonly step: number;
}

const WIDTH = 820;
const BAR_HEIGHT = 26;
const BARS_MARGIN = 60;
const CURVES_HEIGHT = 460;
const LINES_HEIGHT = 320;

/** Readable on white, for the colour-blind too (Okabe and Ito). */
const COLORS: Readonly<Record<Peer['family'], string>> = {
  millrace: '#0072b2',
  node: '#999999',
  other: '#e69f00',
  limit: '#cccccc',
};

const LINE_COLORS = ['#0072b2', '#56b4e9', '#009e73', '#d55e00', '#cc79a7', '#e69f00', '#000000', '#999999'];

const SHARED = {
  animation: false,
  backgroundColor: '#ffffff',
  textStyle: { fontFamily: 'sans-serif' },
} as const;

/** Horizontal bars, each with its interval as a thin line: an SVG. */
export function renderBars(bars: readonly Bar[], unit: string): string {
  const titles = bars.map(({ title }) => title);
  const rightmost = Math.max(...bars.map(({ estimate }) => estimate.high));
  return render(BARS_MARGIN + BAR_HEIGHT * bars.length, {
    ...SHARED,
    grid: { left: 230, right: 30, top: 10, bottom: 40 },
    xAxis: { type: 'value', name: unit, nameLocation: 'middle', nameGap: 26, min: 0, max: niceAbove(rightmost) },
    yAxis: { type: 'category', data: titles, inverse: true, axisTick: { show: false } },
    series: [
      {
        type: 'bar',
        barWidth: '62%',
        data: bars.map(({ estimate, family }) => ({ value: estimate.median, itemStyle: { color: COLORS[family] } })),
      },
      intervals(bars.map(({ estimate }, index) => [estimate.low, estimate.high, index])),
    ],
  });
}

/** Lines over two logarithmic axes, with the interval at each point: an SVG. */
export function renderCurves(curves: readonly Curve[], { x, y, label, step }: Axes): string {
  const series: SeriesOption[] = curves.flatMap(({ title, points }, index) => {
    const color = LINE_COLORS[index % LINE_COLORS.length] ?? COLORS.node;
    const data = points.map(({ at, estimate }) => [at, estimate.median]);
    const bounds = points.map(({ at, estimate }) => [at, estimate.low, estimate.high]);
    return [
      { type: 'line' as const, name: title, data, color, symbolSize: 4, lineStyle: { width: 2 } },
      verticalIntervals(bounds, color),
    ];
  });
  return render(CURVES_HEIGHT, {
    ...SHARED,
    legend: { bottom: 0, itemGap: 24, textStyle: { fontSize: 11 }, data: curves.map(({ title }) => title) },
    grid: { left: 70, right: 30, top: 20, bottom: 110 },
    xAxis: {
      type: 'log',
      logBase: step,
      name: x,
      nameLocation: 'middle',
      nameGap: 28,
      axisLabel: { formatter: label },
    },
    yAxis: { type: 'log', name: y, nameLocation: 'middle', nameGap: 48 },
    series,
  });
}

/** Lines over two axes that begin at zero: an SVG. */
export function renderLines(
  lines: readonly { readonly title: string; readonly points: readonly (readonly [number, number])[] }[],
  { x, y }: Pick<Axes, 'x' | 'y'>,
): string {
  const furthest = Math.max(...lines.flatMap(({ points }) => points.map(([at]) => at)));
  return render(LINES_HEIGHT, {
    ...SHARED,
    color: [COLORS.node, COLORS.millrace],
    legend: { top: 0, itemGap: 24, data: lines.map(({ title }) => title) },
    grid: { left: 70, right: 30, top: 40, bottom: 50 },
    xAxis: { type: 'value', name: x, nameLocation: 'middle', nameGap: 28, min: 0, max: furthest },
    yAxis: { type: 'value', name: y, nameLocation: 'middle', nameGap: 50, min: 0 },
    series: lines.map(({ title, points }) => ({
      type: 'line' as const,
      name: title,
      data: points.map((point) => [...point]),
      showSymbol: false,
      lineStyle: { width: 3 },
    })),
  });
}

function render(height: number, option: EChartsCoreOption): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height });
  try {
    chart.setOption(option);
    return `${chart.renderToSVGString()}\n`;
  } finally {
    chart.dispose();
  }
}

/** From the first to the second value, in the row of the third. */
function intervals(data: readonly (readonly number[])[]): SeriesOption {
  return {
    type: 'custom',
    data: data.map((each) => [...each]),
    encode: { x: [0, 1], y: 2 },
    z: 5,
    renderItem: (_params, api) => {
      const row = api.value(2);
      return line(api, [api.value(0), row], [api.value(1), row], '#000000');
    },
  };
}

/** At the first value, from the second to the third. */
function verticalIntervals(data: readonly (readonly number[])[], color: string): SeriesOption {
  return {
    type: 'custom',
    data: data.map((each) => [...each]),
    encode: { x: 0, y: [1, 2] },
    z: 5,
    renderItem: (_params, api) => {
      const at = api.value(0);
      return line(api, [at, api.value(1)], [at, api.value(2)], color);
    },
  };
}

type Place = readonly (string | number)[];

interface LineShape {
  readonly type: 'line';
  readonly shape: { readonly x1: number; readonly y1: number; readonly x2: number; readonly y2: number };
  readonly style: { readonly stroke: string; readonly lineWidth: number };
}

function line(api: CustomSeriesRenderItemAPI, from: Place, to: Place, stroke: string): LineShape {
  const [x1 = 0, y1 = 0] = api.coord([...from]);
  const [x2 = 0, y2 = 0] = api.coord([...to]);
  return { type: 'line', shape: { x1, y1, x2, y2 }, style: { stroke, lineWidth: 1.5 } };
}

/** The next of 1, 2, 2.5, 5, 10 times a power of ten. */
function niceAbove(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const factor = [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find((each) => each * power >= value) ?? 10;
  return Number((factor * power).toPrecision(3));
}
