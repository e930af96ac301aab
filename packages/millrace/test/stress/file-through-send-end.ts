// One end of a file that goes through `send`, in a process of its own. Arguments: `receive`, or `send` and the file; the sender is told the URL.

import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { connect, serve } from '../../src/index.ts';
import { Progress } from './progress.ts';

/** How fast the receiver reads, in bytes a millisecond. */
const RATE = 200_000;

/** What it may read at once after it was late, in milliseconds. */
const BURST = 20;

/** How often the sender looks at its memory, in milliseconds. */
const SAMPLE = 5;

/** Lets bytes through at {@link RATE}. */
class Throttle {
  #paidUntil = performance.now();

  /** Resolves when `size` bytes more may be read; `undefined` for at once. */
  take(size: number): Promise<void> | undefined {
    const now = performance.now();
    this.#paidUntil = Math.max(this.#paidUntil, now - BURST) + size / RATE;
    return this.#paidUntil > now ? sleep(this.#paidUntil - now) : undefined;
  }
}

const progress = new Progress();
const [does, file = ''] = process.argv.slice(2);
if (does === 'receive') {
  const server = await serve({ port: 0, host: '127.0.0.1' }, async (connection) => {
    const throttle = new Throttle();
    for await (const message of connection) {
      for await (const chunk of message) {
        progress.add(chunk.length);
        await throttle.take(chunk.length);
      }
    }
    process.send?.(progress.report());
  });
  process.send?.({ url: server.url });
} else {
  const [{ url }] = (await once(process, 'message')) as [{ url: string }];
  const connection = await connect(url);
  const source = createReadStream(file);
  let noted = 0;
  const note = (): void => {
    progress.add(source.bytesRead - noted);
    noted = source.bytesRead;
  };
  const sampler = setInterval(note, SAMPLE);
  await connection.send(source);
  clearInterval(sampler);
  note();
  await connection.close();
  process.send?.(progress.report());
}
process.on('disconnect', () => process.exit());
