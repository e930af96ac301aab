// The process of a cell, which is looked at. Arguments: the cell as JSON, and for the interface of the web the port to connect to.

import { startApplication, startWebSocket, type Counter } from './applications.ts';
import type { Cell } from './cell.ts';
import { Stalls } from './stalls.ts';

/** What a process says of itself, in bytes and milliseconds. */
export interface GridReport {
  readonly count: number;
  /** In use by JavaScript and its buffers, after garbage was collected. */
  readonly retained: number;
  readonly peakRss: number;
  /** The longest time that the event loop stood still, since the last report. */
  readonly stall: number;
}

const counter: Counter = { count: 0 };
const stalls = new Stalls();

function takeReport(): GridReport {
  const stall = stalls.longest;
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  const peakRss = process.resourceUsage().maxRSS * 1024;
  stalls.reset();
  return { count: counter.count, retained: heapUsed + external, peakRss, stall };
}

const [json = '', port] = process.argv.slice(2);
const cell = JSON.parse(json) as Cell;
process.on('message', () => process.send?.(takeReport()));
process.on('disconnect', () => process.exit());
if (port === undefined) {
  process.send?.({ port: await startApplication(cell, counter) });
} else {
  process.send?.({ port: 0 });
  process.once('message', () => void startWebSocket(Number(port), cell, counter));
}
