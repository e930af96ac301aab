import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import zlib from 'node:zlib';

import { HandleCodec } from '../../../src/deflate/codec/handle-codec.ts';
import { TurnBudget, nextTurn } from '../../../src/deflate/codec/turn-budget.ts';
import { DEFAULT_SETTINGS, deflateMessage } from '../../helpers/deflate.ts';
import { randomBytes } from '../../helpers/random.ts';

const KIB = 1024;

const codec = new HandleCodec(zlib);

async function compressed(size: number): Promise<Uint8Array> {
  return deflateMessage(codec.createDeflater(DEFAULT_SETTINGS), new Uint8Array(size));
}

describe('HandleCodec', () => {
  it('does little at once', async () => {
    const deflater = codec.createDeflater(DEFAULT_SETTINGS);
    const inflater = codec.createInflater(13);
    const turn = new TurnBudget();

    deflater.push(randomBytes(6000, 1));
    deflater.flush();
    assert.ok(deflater.pull(turn) instanceof Uint8Array);
    assert.equal(deflater.pull(turn), undefined);
    inflater.push(await compressed(60_000));
    assert.ok(inflater.pull(turn) instanceof Uint8Array);
    assert.equal(inflater.pull(turn), undefined);
    deflater.close();
    inflater.close();
  });

  it('promises what takes longer: much input', async () => {
    for (const [level, size] of [
      [6, 6145],
      [1, 16_385],
      [9, 65],
    ] as const) {
      const deflater = codec.createDeflater({ ...DEFAULT_SETTINGS, level });
      deflater.push(randomBytes(size, 1));
      deflater.flush();
      const promised = deflater.pull(new TurnBudget());
      assert.ok(promised instanceof Promise);
      assert.ok((await promised) instanceof Uint8Array);
      deflater.close();
    }
    const inflater = codec.createInflater(13);
    inflater.push(await deflateMessage(codec.createDeflater(DEFAULT_SETTINGS), randomBytes(17_000, 2)));
    const promised = inflater.pull(new TurnBudget());
    assert.ok(promised instanceof Promise);
    assert.ok((await promised) instanceof Uint8Array);
    inflater.close();
  });

  it('V090: promises what comes behind the first 64 KiB of output', async () => {
    const inflater = codec.createInflater(13);
    const turn = new TurnBudget();
    inflater.push(await compressed(200 * KIB));

    const first = inflater.pull(turn);
    assert.ok(first instanceof Uint8Array && first.length === 64 * KIB);
    await nextTurn();
    // A new turn: but of a message like this, the rest is for the pool.
    const second = inflater.pull(turn);
    assert.ok(second instanceof Promise);
    assert.equal((await second)?.length, 64 * KIB);
    inflater.close();
  });

  it('promises the rest of many small messages in one turn, and goes on at once in the next', async () => {
    const inflater = codec.createInflater(13);
    const turn = new TurnBudget();
    const payload = await compressed(1000);
    const take = (): unknown => {
      inflater.reset();
      inflater.push(payload);
      return inflater.pull(turn);
    };

    let atOnce = 0;
    let piece = take();
    while (piece instanceof Uint8Array) {
      atOnce++;
      piece = take();
    }
    assert.ok(piece instanceof Promise);
    assert.ok(atOnce >= 64 && atOnce <= 66, String(atOnce));
    assert.ok((await piece) instanceof Uint8Array);
    assert.ok(take() instanceof Uint8Array);
    inflater.close();
  });

  it('has no more than 16 jobs on the thread pool, and does them all', async () => {
    const data = randomBytes(100_000, 3);
    const before = process.memoryUsage().arrayBuffers;
    const deflaters = Array.from({ length: 200 }, () => codec.createDeflater({ ...DEFAULT_SETTINGS, level: 1 }));
    const pulls = deflaters.map(async (deflater) => {
      deflater.push(data);
      deflater.flush();
      return deflater.pull(new TurnBudget());
    });

    assert.ok(process.memoryUsage().arrayBuffers - before < 17 * (64 + 98) * KIB);
    for (const deflater of deflaters.slice(100)) deflater.close();
    const pieces = await Promise.all(pulls);

    assert.equal(pieces.filter((piece) => piece !== undefined).length, 100);
    for (const deflater of deflaters) deflater.close();
  });

  const child = fileURLToPath(new URL('children/busy-handles.js', import.meta.url));
  const run = promisify(execFile);
  for (const [what, task] of [
    ['closing', 'close'],
    ['closing and dropping everything', 'drop'],
    ['closing a session', 'session'],
    ['pulling again, resetting and closing', 'misuse'],
    ['an error', 'error'],
    ['taking its input away', 'transfer'],
    ['exiting', 'exit'],
  ] as const) {
    it(`survives ${what} while jobs are under way`, async () => {
      const { stdout } = await run(process.execPath, ['--expose-gc', child, task], { timeout: 60_000 });

      assert.equal(stdout, 'survived\n');
    });
  }

  it('would not, without an owner that waits: Node aborts the process', async () => {
    await assert.rejects(run(process.execPath, [child, 'unowned'], { timeout: 60_000 }), { signal: 'SIGABRT' });
  });
});
