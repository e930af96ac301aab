// What the settings of compression cost: size, CPU time and memory, on traffic of five kinds, beside those of `ws`.
//   npm run compression                 around the defaults
//   npm run compression -- --all        all windows, memory levels and levels; takes an hour

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { measureCost, type Cost, type Settings } from './measure.ts';
import { createTraffic, type Traffic } from './traffic.ts';

/** What zlib has by default, and `ws` with it. */
const USUAL = { windowBits: 15, memLevel: 8, level: 6 };
const OURS = { windowBits: 13, memLevel: 5, level: 5 };

const AROUND = [
  USUAL,
  ...[9, 10, 11, 12, 13, 14, 15].map((windowBits) => ({ ...OURS, windowBits })),
  ...[1, 3, 4, 6, 8, 9].map((memLevel) => ({ ...OURS, memLevel })),
  ...[1, 2, 3, 4, 6, 7, 8, 9].map((level) => ({ ...OURS, level })),
];

const ALL = [9, 10, 11, 12, 13, 14, 15].flatMap((windowBits) =>
  [1, 2, 3, 4, 5, 6, 7, 8, 9].flatMap((memLevel) =>
    [1, 2, 3, 4, 5, 6, 7, 8, 9].map((level) => ({ windowBits, memLevel, level })),
  ),
);

const traffic = createTraffic(400, new URL('../../../docs/', import.meta.url));
const tried = process.argv.includes('--all') ? [USUAL, ...ALL] : AROUND;
const memory = measureMemory(tried);
for (const isAlone of [false, true]) {
  console.log(`\n${isAlone ? 'Each message by itself' : 'With the history of the messages before'}\n`);
  await printTable(isAlone);
}

async function printTable(isAlone: boolean): Promise<void> {
  const usual = new Map<Traffic, Cost>();
  for (const kind of traffic) usual.set(kind, await measureCost(kind.messages, { ...USUAL, isAlone }));
  printRow(['window, memLevel, level', 'KiB', ...traffic.map(({ name }) => name)]);
  printRow(Array.from({ length: traffic.length + 2 }, () => '---'));
  for (const settings of tried) {
    const cells: string[] = [];
    for (const kind of traffic) {
      const cost = settings === USUAL ? usual.get(kind) : await measureCost(kind.messages, { ...settings, isAlone });
      cells.push(describe(kind, cost, usual.get(kind)));
    }
    const { windowBits, memLevel, level } = settings;
    printRow([[windowBits, memLevel, level].join(', '), String(memory.get(memoryKey(settings))), ...cells]);
  }
}

/** Size in proportion to the original, size and CPU time for compressing in proportion to the usual settings. */
function describe({ messages }: Traffic, cost: Cost | undefined, usual: Cost | undefined): string {
  if (cost === undefined || usual === undefined) return '';
  const mean = messages.reduce((sum, { length }) => sum + length, 0) / messages.length;
  if (cost === usual) {
    const times = `${cost.deflating.toFixed(1)} µs, ${cost.inflating.toFixed(1)} µs`;
    return `${mean.toFixed(0)} B ÷ ${(mean / cost.size).toFixed(2)}; ${times}`;
  }
  return `${(cost.size / usual.size).toFixed(2)}; ${(cost.deflating / usual.deflating).toFixed(2)}`;
}

/** Resident memory of a context for compressing, in KiB; the level makes no difference. */
function measureMemory(list: readonly Omit<Settings, 'isAlone'>[]): ReadonlyMap<string, number> {
  const program = fileURLToPath(new URL('memory.js', import.meta.url));
  const figures = new Map<string, number>();
  for (const settings of list) {
    const key = memoryKey(settings);
    if (figures.has(key)) continue;
    figures.set(key, Number(execFileSync(process.execPath, ['--expose-gc', program, 'deflate', ...key.split(' ')])));
  }
  for (const windowBits of [9, 12, 13, 15]) {
    const figure = Number(execFileSync(process.execPath, ['--expose-gc', program, 'inflate', String(windowBits), '5']));
    console.log(`decompressing with a window of ${String(windowBits)}: ${String(figure)} KiB`);
  }
  return figures;
}

function memoryKey({ windowBits, memLevel }: Omit<Settings, 'isAlone'>): string {
  return `${String(windowBits)} ${String(memLevel)}`;
}

function printRow(cells: readonly string[]): void {
  console.log(`| ${cells.join(' | ')} |`);
}
