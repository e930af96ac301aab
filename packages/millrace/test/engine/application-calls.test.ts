import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { ApplicationCalls } from '../../src/engine/application-calls.ts';

function callsOf(): { calls: ApplicationCalls; log: string[] } {
  const log: string[] = [];
  const calls = new ApplicationCalls({
    connection: {
      pause: () => log.push('pause'),
      resume: () => log.push('resume'),
      fail: (error) => log.push(`fail ${error.message}`),
    },
    onError: (error) => log.push(`report ${error.message}`),
  });
  return { calls, log };
}

describe('ApplicationCalls', () => {
  it('goes on at once after what returns no promise', () => {
    const { calls, log } = callsOf();

    for (const result of [undefined, null, 1, 'a', {}, { then: 1 }]) calls.call(() => result);

    assert.deepEqual(log, []);
  });

  it('pauses until the last of several promises is settled', async () => {
    const { calls, log } = callsOf();
    const [first, second] = [deferred(), deferred()];
    calls.call(() => first.promise);
    calls.waitFor(second.promise);

    second.resolve();
    await turn();
    assert.deepEqual(log, ['pause', 'pause']);
    first.resolve();
    await turn();

    assert.deepEqual(log, ['pause', 'pause', 'resume']);
  });

  it('fails the connection for what is thrown, and reports it', () => {
    const { calls, log } = callsOf();

    calls.call(() => {
      throw new Error('a');
    });
    calls.fail('b');

    const notAnError = 'a value that is no error was thrown';
    assert.deepEqual(log, ['fail a', 'report a', `fail ${notAnError}`, `report ${notAnError}`]);
  });

  it('fails the connection before it goes on, where a promise is rejected', async () => {
    const { calls, log } = callsOf();

    calls.call(() => Promise.reject(new Error('a')));
    await turn();

    assert.deepEqual(log, ['pause', 'fail a', 'report a', 'resume']);
  });

  it('waits for promises of any make', async () => {
    const { calls, log } = callsOf();

    calls.waitFor({ then: (settle: () => void) => void setImmediate(settle) });
    assert.deepEqual(log, ['pause']);
    await turn();
    await turn();

    assert.deepEqual(log, ['pause', 'resume']);
  });
});

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((settle) => (resolve = settle));
  return { promise, resolve };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
