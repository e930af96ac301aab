import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { MIB, type Claim, type Measurement } from './claim.ts';
import { TOTAL } from './progress.ts';

/** Growth of resident memory after the warm-up that is allowed, in bytes. */
const MAX_GROWTH: number = 16 * MIB;

/** What an end reports when all has gone through. */
export interface EndReport {
  readonly bytes: number;
  readonly growth: number;
}

/** A message from a file, through `send`, to a handler that reads slowly. */
export const fileThroughSend: Claim = {
  title: '4 GiB from a file through send, to a handler that reads 200 MB/s',
  async measure(): Promise<Measurement[]> {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-'));
    const file = join(folder, 'sparse');
    const handle = await open(file, 'w');
    await handle.truncate(TOTAL);
    await handle.close();
    const server = startEnd('receive');
    const client = startEnd('send', file);
    try {
      const [{ url }] = (await once(server, 'message')) as [{ url: string }];
      const reports = Promise.all([reportOf(server), reportOf(client)]);
      const begin = performance.now();
      client.send({ url });
      const [received, sent] = await reports;
      const rate = TOTAL / 1000 / (performance.now() - begin);
      return [
        describe('growth of the sender after 256 MiB', sent),
        describe('growth of the receiver after 256 MiB', received),
        { what: 'rate', measured: rate, unit: 'MB/s' },
      ];
    } finally {
      server.kill();
      client.kill();
      await rm(folder, { recursive: true });
    }
  },
};

function describe(what: string, { bytes, growth }: EndReport): Measurement {
  if (bytes !== TOTAL) throw new Error(`${what}: ${String(bytes)} bytes went through`);
  return { what, measured: growth / MIB, limit: MAX_GROWTH / MIB, unit: 'MiB' };
}

function startEnd(...args: string[]): ChildProcess {
  return fork(new URL('file-through-send-end.js', import.meta.url), args);
}

async function reportOf(end: ChildProcess): Promise<EndReport> {
  const [message] = (await once(end, 'message')) as [EndReport];
  return message;
}
