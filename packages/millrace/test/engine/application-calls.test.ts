import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, it } from 'node:test';

import { ApplicationCalls } from '../../src/engine/application-calls.ts';
import { AsyncContext } from '../../src/engine/async-context.ts';
import { HoldReason } from '../../src/protocol/receive/read-ahead.ts';
import { createDeferred } from '../../src/engine/deferred.ts';
import { tick } from '../helpers/transforms.ts';

function callsOf(context = new AsyncContext()): { calls: ApplicationCalls; log: string[] } {
  const log: string[] = [];
  const nameOf = (reason: HoldReason): string => (reason === HoldReason.PROMISE ? '' : ` for ${reason}`);
  const calls = new ApplicationCalls({
    connection: {
      hold: (reason) => log.push(`hold${nameOf(reason)}`),
      release: (reason) => log.push(`release${nameOf(reason)}`),
      fail: (error) => log.push(`fail ${error.message}`),
    },
    context,
    onError: (error) => log.push(`report ${error.message}`),
  });
  return { calls, log };
}

const NOT_AN_ERROR = 'a value that is no error was thrown';

describe('ApplicationCalls', () => {
  it('goes on at once after what returns no promise', () => {
    const { calls, log } = callsOf();

    for (const result of [undefined, null, 1, 'a', {}, { then: 1 }]) calls.call(() => result);

    assert.deepEqual(log, []);
    assert.equal(calls.isPending, false);
  });

  it('waits until the last of several promises is settled', async () => {
    const { calls, log } = callsOf();
    const [first, second] = [createDeferred<undefined>(), createDeferred<undefined>()];
    calls.call(() => first.promise);
    calls.waitFor(second.promise);

    second.resolve(undefined);
    await tick();
    assert.deepEqual(log, ['hold', 'hold']);
    assert.equal(calls.isPending, true);
    first.resolve(undefined);
    await tick();

    assert.deepEqual(log, ['hold', 'hold', 'release']);
    assert.equal(calls.isPending, false);
  });

  it('is not pending any more when it says so', async () => {
    const pending: boolean[] = [];
    const calls: ApplicationCalls = new ApplicationCalls({
      connection: {
        hold: () => pending.push(calls.isPending),
        release: () => pending.push(calls.isPending),
        fail: () => undefined,
      },
      context: new AsyncContext(),
      onError: () => undefined,
    });

    calls.call(() => Promise.resolve());
    await tick();

    assert.deepEqual(pending, [true, false]);
  });

  it('fails the connection for what is thrown, and reports it', () => {
    const { calls, log } = callsOf();

    calls.call(() => {
      throw new Error('a');
    });
    calls.callUnawaited(() => {
      throw new Error('b');
    });
    calls.fail('c');

    const lines = ['fail a', 'report a', 'fail b', 'report b', `fail ${NOT_AN_ERROR}`, `report ${NOT_AN_ERROR}`];
    assert.deepEqual(log, lines);
  });

  it('fails the connection before it goes on, where a promise is rejected', async () => {
    const { calls, log } = callsOf();

    calls.call(() => Promise.reject(new Error('a')));
    await tick();

    assert.deepEqual(log, ['hold', 'fail a', 'report a', 'release']);
  });

  it('does not wait for a call that nobody awaits, but reports its failure', async () => {
    const { calls, log } = callsOf();

    calls.callUnawaited(() => new Promise(() => undefined));
    calls.callUnawaited(() => 'no promise');
    calls.callUnawaited(() => Promise.reject(new Error('a')));
    assert.equal(calls.isPending, false);
    await tick();

    assert.deepEqual(log, ['fail a', 'report a']);
  });

  const THENABLES: [
    name: string,
    then: (settle: () => void, reject: (error: unknown) => void) => void,
    log: string[],
  ][] = [
    ['settles later', (settle) => void setImmediate(settle), ['hold', 'release']],
    ['settles at once', (settle) => settle(), ['hold', 'release']],
    [
      'settles twice',
      (settle, reject) => {
        settle();
        settle();
        reject(new Error('too late'));
      },
      ['hold', 'release'],
    ],
    [
      'throws',
      () => {
        throw new Error('a');
      },
      ['hold', 'fail a', 'report a', 'release'],
    ],
  ];
  for (const [name, then, lines] of THENABLES) {
    it(`waits once for a promise of any make that ${name}`, async () => {
      const { calls, log } = callsOf();

      calls.call(() => ({ then }));
      await tick();
      await tick();

      assert.deepEqual(log, lines);
      assert.equal(calls.isPending, false);
    });
  }

  it('calls in the async context of the connection', () => {
    const storage = new AsyncLocalStorage<string>();
    const context = storage.run('tenant', () => new AsyncContext());
    const { calls } = callsOf(context);
    const seen: (string | undefined)[] = [];

    calls.call(() => seen.push(storage.getStore()));
    calls.callUnawaited(() => seen.push(storage.getStore()));

    assert.deepEqual(seen, ['tenant', 'tenant']);
    assert.equal(storage.getStore(), undefined);
  });
});
