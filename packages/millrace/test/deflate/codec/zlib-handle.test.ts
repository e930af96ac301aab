import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import zlib from 'node:zlib';

import { ZlibError, ZlibHandle, canDriveHandles } from '../../../src/deflate/codec/zlib-handle.ts';
import { nextTurn } from '../../../src/deflate/codec/turn-budget.ts';
import { hex, toHex } from '../../helpers/bytes.ts';
import { randomBytes } from '../../helpers/random.ts';

const { Z_NO_FLUSH, Z_SYNC_FLUSH } = zlib.constants;

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** A handle, and the calls that reach the one of Node beneath it. */
function watched(stream: zlib.DeflateRaw | zlib.InflateRaw): { handle: ZlibHandle; calls: [string, unknown[]][] } {
  const native: unknown = Reflect.get(stream, '_handle');
  assert.ok(typeof native === 'object' && native !== null);
  const calls: [string, unknown[]][] = [];
  for (const name of ['write', 'writeSync', 'reset', 'close']) {
    const original = Reflect.get(native, name) as Method;
    Reflect.set(native, name, (...args: unknown[]) => {
      calls.push([name, args]);
      return Reflect.apply(original, native, args);
    });
  }
  return { handle: new ZlibHandle(stream), calls };
}

const output = new Uint8Array(1000);

describe('ZlibHandle', () => {
  it('works in steps of input and of output', () => {
    const handle = new ZlibHandle(zlib.createInflateRaw());
    handle.load(hex('f2 48 cd c9 c9 07 00'), Z_NO_FLUSH);

    const steps: [number, number, boolean][] = [];
    while (!handle.isDone) {
      const produced = handle.step(output.subarray(0, 2), 0, 3);
      steps.push([produced, handle.left, handle.isDone]);
    }
    handle.close();

    assert.equal(
      steps.reduce((sum, [produced]) => sum + produced, 0),
      5,
    );
    assert.ok(steps.length >= 3);
    assert.deepEqual(steps.at(-1)?.slice(1), [0, true]);
  });

  it('says that it is stuck when a stream has ended, and goes on with another one', () => {
    const handle = new ZlibHandle(zlib.createInflateRaw());
    handle.load(hex('f3 48 cd c9 c9 07 00 f3 48 cd c9 c9 07 00'), Z_NO_FLUSH);

    assert.equal(handle.step(output, 0, 100), 5);
    assert.deepEqual([handle.isStuck, handle.isDone, handle.left], [true, false, 7]);
    handle.restart();
    assert.equal(handle.step(output, 5, 100), 5);

    assert.deepEqual([handle.isStuck, handle.isDone, handle.left], [false, true, 0]);
    assert.equal(toHex(output.subarray(0, 10)), toHex(new TextEncoder().encode('HelloHello')));
    handle.close();
  });

  it('throws what zlib says is wrong, and rejects with it', async () => {
    const handle = new ZlibHandle(zlib.createInflateRaw());
    const isDataError = (error: unknown): boolean => error instanceof ZlibError && error.errno === -3;

    handle.load(hex('ff ff'), Z_NO_FLUSH);
    assert.throws(() => handle.step(output, 0, 100), isDataError);
    handle.restart();
    handle.load(hex('ff ff'), Z_NO_FLUSH);
    await assert.rejects(handle.stepOnPool(output, 100), isDataError);
    handle.restart();
    handle.load(hex('f2 48 cd c9 c9 07 00'), Z_NO_FLUSH);

    assert.equal(handle.step(output, 0, 100), 5);
    handle.close();
  });

  it('does nothing beside a job, and closes when that is done', async () => {
    const { handle, calls } = watched(zlib.createDeflateRaw());
    handle.load(randomBytes(100_000, 1), Z_SYNC_FLUSH);

    const job = handle.stepOnPool(output, 100_000);
    for (const beside of [
      (): unknown => handle.step(output, 0, 10),
      (): unknown => handle.stepOnPool(output, 10),
      (): void => {
        handle.restart();
      },
    ]) {
      assert.throws(beside, /under way/);
    }
    handle.close();
    handle.close();
    assert.deepEqual(
      calls.map(([name]) => name),
      ['write'],
    );
    assert.equal(await job, 0);
    await nextTurn();

    assert.deepEqual(
      calls.map(([name]) => name),
      ['write', 'close'],
    );
    assert.throws(() => handle.step(output, 0, 10), /closed/);
  });

  it('gives a job its own copy of the input, and no more than it takes', async () => {
    const { handle, calls } = watched(zlib.createDeflateRaw());
    const input = randomBytes(100_000, 2);
    handle.load(input, Z_SYNC_FLUSH);

    await handle.stepOnPool(output, 5000);
    const [, [flush, given]] = calls[0] ?? ['', []];

    assert.ok(given instanceof Uint8Array);
    assert.equal(given.length, 5000);
    assert.notEqual(given.buffer, input.buffer);
    // More of the input follows: there is nothing to flush yet.
    assert.equal(flush, Z_NO_FLUSH);
    handle.close();
  });

  it('throws when input is taken away while it is worked on', () => {
    const { handle, calls } = watched(zlib.createDeflateRaw());
    const input = randomBytes(1000, 3);
    handle.load(input, Z_SYNC_FLUSH);
    handle.step(output, 0, 100);

    structuredClone(input.buffer, { transfer: [input.buffer] });

    assert.throws(() => handle.step(output, 0, 100), /taken away/);
    assert.equal(calls.length, 1);
    handle.close();
  });
});

describe('canDriveHandles', () => {
  it('says that those of this Node can be driven, and leaves no trace', () => {
    const prototype = Object.getPrototypeOf(Reflect.get(zlib.createDeflateRaw(), '_handle')) as object;
    const before: unknown = Reflect.get(prototype, 'writeSync');

    assert.equal(canDriveHandles(zlib), true);
    assert.equal(Reflect.get(prototype, 'writeSync'), before);
  });
});
