// Does things with contexts of zlib that have a job on the thread pool; in a process of its own, since Node aborts it if they are done wrong.
import zlib from 'node:zlib';

import type { Deflater } from '../../../../src/deflate/codec/codec.ts';
import { HandleCodec } from '../../../../src/deflate/codec/handle-codec.ts';
import { TurnBudget } from '../../../../src/deflate/codec/turn-budget.ts';
import { CODECS, DEFAULT_SETTINGS, createEnds, sendTransform } from '../../../helpers/deflate.ts';
import { randomBytes } from '../../../helpers/random.ts';

const codec = new HandleCodec(zlib);
const data = randomBytes(150_000, 1);
const { signal } = new AbortController();

/** Contexts, more than the pool has threads, and what they promise. */
function startJobs(): { deflaters: Deflater[]; pulls: Promise<unknown>[] } {
  const deflaters = Array.from({ length: 24 }, () => codec.createDeflater(DEFAULT_SETTINGS));
  const pulls = deflaters.map(async (deflater) => {
    deflater.push(data);
    deflater.flush();
    return deflater.pull(new TurnBudget());
  });
  return { deflaters, pulls };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const TASKS: Readonly<Record<string, () => Promise<void>>> = {
  async close() {
    for (let wait = 0; wait < 10; wait++) {
      const { deflaters, pulls } = startJobs();
      for (let turns = 0; turns < wait % 5; turns++) await turn();
      for (const deflater of deflaters) deflater.close();
      await Promise.all(pulls);
    }
  },

  async drop() {
    for (let round = 0; round < 10; round++) {
      const { deflaters } = startJobs();
      if (round % 2 === 0) for (const deflater of deflaters) deflater.close();
      await turn();
      globalThis.gc?.();
    }
    await Promise.all(startJobs().pulls);
    globalThis.gc?.();
  },

  async session() {
    const [handles] = CODECS;
    for (let wait = 0; handles !== undefined && wait < 10; wait++) {
      const { client, server } = createEnds(handles.codec);
      for (const session of [client, server]) {
        const transform = sendTransform(session.send);
        transform.begin({ opcode: 2, reservedBits: 0, compress: true, length: data.length });
        transform.push(data);
        transform.end();
        const pull = transform.pull(signal);
        for (let turns = 0; turns < wait % 4; turns++) await turn();
        session.close?.();
        await pull;
      }
    }
  },

  async misuse() {
    const { deflaters, pulls } = startJobs();
    for (const deflater of deflaters) {
      for (const misuse of [(): unknown => deflater.pull(new TurnBudget()), (): void => deflater.reset()]) {
        try {
          misuse();
        } catch {
          // It must say so, or do nothing; what it must not do is reach the handle.
        }
      }
      deflater.close();
    }
    await Promise.all(pulls);
  },

  async error() {
    for (let round = 0; round < 10; round++) {
      const inflaters = Array.from({ length: 20 }, () => codec.createInflater(15));
      const pulls = inflaters.map(async (inflater) => {
        inflater.push(new Uint8Array(100_000).fill(0xff));
        return inflater.pull(new TurnBudget());
      });
      if (round % 2 === 0) for (const inflater of inflaters) inflater.close();
      const results = await Promise.allSettled(pulls);
      for (const inflater of inflaters) inflater.close();
      if (round % 2 === 1 && results.some(({ status }) => status === 'fulfilled')) throw new Error('no error');
    }
  },

  async transfer() {
    const deflaters = Array.from({ length: 40 }, () => codec.createDeflater(DEFAULT_SETTINGS));
    const pulls = deflaters.map(async (deflater, index) => {
      const own = randomBytes(150_000, index + 1);
      deflater.push(own);
      deflater.flush();
      const pull = deflater.pull(new TurnBudget());
      structuredClone(own.buffer, { transfer: [own.buffer] });
      await pull;
      return deflater.pull(new TurnBudget());
    });
    await Promise.allSettled(pulls);
  },

  exit() {
    startJobs();
    console.log('survived');
    process.exit();
  },

  async unowned() {
    const stream = zlib.createDeflateRaw();
    const handle: unknown = Reflect.get(stream, '_handle');
    if (typeof handle !== 'object' || handle === null) throw new Error('no handle');
    stream.write(data);
    const write: unknown = Reflect.get(handle, 'writeSync');
    if (typeof write === 'function') Reflect.apply(write, handle, [0, data, 0, 10, new Uint8Array(100), 0, 100]);
    await turn();
  },
};

await TASKS[process.argv[2] ?? '']?.();
console.log('survived');
