import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { LocalUsageError } from '../../src/index.ts';
import { ConnectionSet } from '../../src/engine/connection-set.ts';
import type { Closure } from '../../src/protocol/base/closure.ts';
import { tick } from '../helpers/transforms.ts';

function closureOf(wasClean: boolean, unsentBytes = 0): Closure {
  return { code: 1001, reason: '', wasClean, initiator: 'application', unsentBytes, discardedBytes: 0 };
}

/** A set whose members end when a test says so, or when they are dropped. */
function setOf(...members: string[]): { set: ConnectionSet<string>; log: string[]; stop: () => Promise<void> } {
  const log: string[] = [];
  const set: ConnectionSet<string> = new ConnectionSet<string>({
    close: (member, code, reason) => log.push(`close ${member} ${String(code)} ${reason}`.trimEnd()),
    drop: (member) => {
      log.push(`drop ${member}`);
      if (!member.includes('stuck')) set.end(member, closureOf(false, 7));
    },
  });
  for (const member of members) set.add(member);
  const stop = (): Promise<void> => {
    log.push('stop');
    return Promise.resolve();
  };
  return { set, log, stop };
}

function finish(set: ConnectionSet<string>, member: string, closure = closureOf(true)): void {
  set.end(member, closure);
  set.finish(member);
}

describe('ConnectionSet', () => {
  it('closes all with 1001, stops, and resolves when the last has ended and its handler has returned', async () => {
    const { set, log, stop } = setOf('a', 'b');
    assert.deepEqual([...set.members], ['a', 'b']);
    const closing = set.close({}, stop).then((result) => log.push(JSON.stringify(result)));

    finish(set, 'a');
    await tick();
    assert.deepEqual(log, ['close a 1001', 'close b 1001', 'stop']);
    set.end('b', closureOf(false, 5));
    assert.equal(set.members.size, 0);
    await tick();
    assert.equal(log.length, 3, 'its handler still runs');
    set.finish('b');
    await closing;

    assert.deepEqual(JSON.parse(log.at(-1) ?? ''), { clean: 1, dropped: 1, unsentBytes: 5, handlersRunning: 0 });
  });

  it('resolves at once without any', async () => {
    const { set, log, stop } = setOf();

    const result = await set.close({}, stop);

    assert.deepEqual(log, ['stop']);
    assert.deepEqual(result, { clean: 0, dropped: 0, unsentBytes: 0, handlersRunning: 0 });
  });

  it('does not count those that have ended before', async () => {
    const { set, stop } = setOf('a', 'b');
    finish(set, 'a', closureOf(false, 9));
    set.end('b', closureOf(true));

    const closing = set.close({}, stop);
    await tick();
    set.finish('b');

    assert.deepEqual(await closing, { clean: 0, dropped: 0, unsentBytes: 0, handlersRunning: 0 });
  });

  it('says the code and reason that it is told, also to those that come meanwhile', async () => {
    const { set, log, stop } = setOf('a');

    const closing = set.close({ code: 4000, reason: 'later' }, stop);
    set.add('b');
    for (const member of ['a', 'b']) finish(set, member);
    await closing;

    assert.deepEqual(log, ['close a 4000 later', 'stop', 'close b 4000 later']);
  });

  it('tells of the closing when it begins', async () => {
    const { set, stop } = setOf('a');
    const { closing: signal } = set;
    assert.equal(signal.aborted, false);

    const closing = set.close({}, stop);
    assert.equal(signal.aborted, true);
    assert.equal(set.closing, signal);
    finish(set, 'a');
    await closing;
  });

  it('drops those that have not ended in time, and waits for no handler then', async () => {
    const { set, log, stop } = setOf('a', 'b');

    const result = await set.close({ timeout: 1 }, stop);

    assert.deepEqual(log, ['close a 1001', 'close b 1001', 'stop', 'drop a', 'drop b']);
    assert.deepEqual(result, { clean: 0, dropped: 2, unsentBytes: 14, handlersRunning: 2 });
  });

  it('waits for no handler when the time is over', async () => {
    const { set, log, stop } = setOf('a');
    set.end('a', closureOf(true));

    const result = await set.close({ timeout: 1 }, stop);

    assert.deepEqual(log, ['stop']);
    assert.equal(result.handlersRunning, 1);
  });

  it('waits but a moment for a connection that does not end though it was dropped', async () => {
    const { set, log, stop } = setOf('stuck', 'a');

    const result = await set.close({ timeout: 0 }, stop);

    assert.deepEqual(log.slice(-2), ['drop stuck', 'drop a']);
    assert.deepEqual(result, { clean: 0, dropped: 1, unsentBytes: 7, handlersRunning: 2 });
    assert.deepEqual([...set.members], ['stuck']);
  });

  it('has all who close it wait for the same end', async () => {
    const { set, stop } = setOf('a');
    const closings = [set.close({}, stop), set.close({ code: 1012 }, stop)];

    await tick();
    finish(set, 'a');

    const [one, other] = await Promise.all(closings);
    assert.equal(one, other);
  });

  it('fails with what fails to stop, when all have ended, without an unhandled rejection before', async () => {
    const { set } = setOf('a');
    const closing = set.close({}, () => Promise.reject(new Error('no')));

    await tick();
    finish(set, 'a');

    await assert.rejects(closing, { message: 'no' });
  });

  for (const options of [
    { code: 1005 },
    { code: 999 },
    { reason: 'x'.repeat(124) },
    { timeout: -1 },
    { timeout: Infinity },
    { timeout: 2 ** 31 },
  ]) {
    it(`does nothing when told ${JSON.stringify(options).slice(0, 30)}`, async () => {
      const { set, log, stop } = setOf('a');

      await assert.rejects(set.close(options, stop), LocalUsageError);

      assert.deepEqual(log, []);
      assert.equal(set.closing.aborted, false);
    });
  }
});
