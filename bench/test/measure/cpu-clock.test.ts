import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

import { CpuClock } from '../../measure/process-figures.ts';

/** Works for so long, in milliseconds of CPU time. */
const WORK = `
  const start = process.cpuUsage();
  const spent = () => { const { user, system } = process.cpuUsage(start); return (user + system) / 1000; };
  while (spent() < 60);
`;

describe('CpuClock', { skip: process.platform !== 'linux' && 'reads what Linux has' }, () => {
  it('counts what a thread has had that has ended, and never goes back', async () => {
    const clock = new CpuClock(process.pid);
    const before = clock.seconds();
    const worker = new Worker(
      `${WORK} require('node:worker_threads').parentPort.once('message', () => {}).postMessage('done')`,
      {
        eval: true,
      },
    );
    await once(worker, 'message');
    const during = clock.seconds();
    await worker.terminate();

    const after = clock.seconds();

    assert.ok(during - before > 0.03, String(during - before));
    assert.ok(after >= during, `${String(after)} after ${String(during)}`);
  });
});
