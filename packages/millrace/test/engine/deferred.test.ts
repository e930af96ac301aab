import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { onAbort } from '../../src/engine/abort.ts';
import { DONE, attempt, createDeferred, handled, rejected } from '../../src/engine/deferred.ts';
import { tick } from '../helpers/transforms.ts';

/** What fails the process, while something runs. */
async function unhandledDuring(run: () => void): Promise<unknown[]> {
  const unhandled: unknown[] = [];
  const listener = (reason: unknown): void => void unhandled.push(reason);
  process.on('unhandledRejection', listener);
  run();
  await tick();
  process.off('unhandledRejection', listener);
  return unhandled;
}

describe('A deferred promise', () => {
  it('is settled later, and once', async () => {
    const [one, other] = [createDeferred<number>(), createDeferred<number>()];

    one.resolve(1);
    one.reject(new Error('late'));
    other.reject(new Error('no'));
    other.resolve(2);

    assert.equal(await one.promise, 1);
    await assert.rejects(other.promise, { message: 'no' });
  });

  it('may fail without anybody who looks', async () => {
    const unhandled = await unhandledDuring(() => {
      createDeferred().reject(new Error('deferred'));
      void rejected(new Error('rejected'));
      void handled(Promise.reject(new Error('handled')));
      void attempt(() => {
        throw new Error('thrown');
      });
    });

    assert.deepEqual(unhandled, []);
  });

  it('is had of what throws, and of what has happened already', async () => {
    await assert.rejects(
      attempt(() => {
        throw new Error('thrown');
      }),
      { message: 'thrown' },
    );
    assert.equal(await attempt(() => Promise.resolve(1)), 1);
    await assert.rejects(rejected(new Error('reason')), { message: 'reason' });
    await DONE;
  });
});

describe('onAbort', () => {
  it('calls when a signal is aborted while something is pending, with the reason', () => {
    const reasons: unknown[] = [];
    const controller = new AbortController();

    onAbort(controller.signal, createDeferred().promise, (reason) => reasons.push(reason));
    onAbort(undefined, createDeferred().promise, () => reasons.push('never'));
    controller.abort('enough');

    assert.deepEqual(reasons, ['enough']);
  });

  for (const how of ['resolve', 'reject'] as const) {
    it(`lets go of the signal when it does not matter any more (${how})`, async () => {
      const reasons: unknown[] = [];
      const { signal } = new AbortController();
      let listeners = 0;
      const add = signal.addEventListener.bind(signal);
      const remove = signal.removeEventListener.bind(signal);
      Object.assign(signal, {
        addEventListener: (...args: Parameters<typeof add>): void => {
          listeners++;
          add(...args);
        },
        removeEventListener: (...args: Parameters<typeof remove>): void => {
          listeners--;
          remove(...args);
        },
      });
      const pending = createDeferred<undefined>();
      onAbort(signal, pending.promise, (reason) => reasons.push(reason));
      assert.equal(listeners, 1);

      if (how === 'resolve') pending.resolve(undefined);
      else pending.reject(new Error('no'));
      await tick();

      assert.equal(listeners, 0);
      assert.deepEqual(reasons, []);
    });
  }
});
