import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';

import { reportError } from '../../src/engine/report-error.ts';

/** Runs something, and gives the warning that the process has because of it. */
async function warningOf(run: () => void): Promise<Error> {
  const warned = once(process, 'warning');
  run();
  const [warning] = (await warned) as [Error];
  return warning;
}

const ERROR = new Error('an error to report');

describe('reportError', { concurrency: false }, () => {
  it('hands the error and its subject to the callback', () => {
    const told: unknown[] = [];

    reportError((error, subject) => told.push([error, subject]), ERROR, 'subject');

    assert.deepEqual(told, [[ERROR, 'subject']]);
  });

  it('warns of it where there is no callback', async () => {
    assert.equal(await warningOf(() => reportError(undefined, ERROR, undefined)), ERROR);
  });

  const failure = new Error('the callback fails');
  const FAILING: [name: string, callback: () => unknown][] = [
    [
      'throws',
      () => {
        throw failure;
      },
    ],
    ['rejects', () => Promise.reject(failure)],
    ['rejects in its own way', () => ({ then: (_: unknown, reject: (error: Error) => void) => reject(failure) })],
  ];
  for (const [name, callback] of FAILING) {
    it(`warns of a callback that ${name}`, async () => {
      assert.equal(await warningOf(() => reportError(callback, ERROR, undefined)), failure);
    });
  }
});
