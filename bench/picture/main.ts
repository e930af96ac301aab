// Draws the picture in README: the memory of ws and of Millrace while one message of 1 GiB comes in.
//   npm run bench:picture
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { renderLines } from '../page/charts.ts';
import { measureMemory } from './measure-memory.ts';

const SIZE = 1024;
const TARGET = fileURLToPath(new URL('../../../docs/benchmarks/memory.svg', import.meta.url));

const lines = [];
for (const [title, program] of [
  ['ws: the message, whole', 'ws-server.js'],
  ['Millrace: the message, as a stream', 'millrace-server.js'],
] as const) {
  const points = await measureMemory(program, SIZE);
  console.log(`${title}: ${Math.max(...points.map(({ resident }) => resident)).toFixed()} MiB at most`);
  lines.push({ title, points: points.map(({ sent, resident }): [number, number] => [sent, resident]) });
}
writeFileSync(
  TARGET,
  renderLines(lines, { x: 'MiB received of one message', y: 'resident memory of the server, MiB' }),
);
