import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { LocalUsageError } from '../../src/index.ts';
import { ConnectionSet } from '../../src/engine/connection-set.ts';

function setOf(...members: string[]): { set: ConnectionSet<string>; log: string[]; stop: () => Promise<void> } {
  const log: string[] = [];
  const set: ConnectionSet<string> = new ConnectionSet<string>({
    close: (member, code, reason) => log.push(`close ${member} ${String(code)} ${reason}`.trimEnd()),
    drop: (member) => {
      log.push(`drop ${member}`);
      set.delete(member);
    },
  });
  for (const member of members) set.add(member);
  const stop = (): Promise<void> => {
    log.push('stop');
    return Promise.resolve();
  };
  return { set, log, stop };
}

describe('ConnectionSet', () => {
  it('closes all with 1001, stops, and resolves when the last is over', async () => {
    const { set, log, stop } = setOf('a', 'b');
    assert.deepEqual([...set.members], ['a', 'b']);
    const closing = set.close({}, 60_000, stop).then(() => log.push('closed'));

    set.delete('a');
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(log, ['close a 1001', 'close b 1001', 'stop']);
    set.delete('b');
    await closing;

    assert.deepEqual(log.at(-1), 'closed');
  });

  it('resolves at once without any', async () => {
    const { set, log, stop } = setOf();

    await set.close({ timeout: Infinity }, 0, stop);

    assert.deepEqual(log, ['stop']);
  });

  it('says the code and reason that it is told', async () => {
    const { set, log, stop } = setOf('a');

    await set.close({ code: 4000, reason: 'later', timeout: 0 }, 60_000, stop);

    assert.deepEqual(log, ['close a 4000 later', 'stop', 'drop a']);
  });

  it('drops those that have not ended in time', async () => {
    const { set, log, stop } = setOf('a', 'b');

    await set.close({}, 1, stop);

    assert.deepEqual(log.slice(-2), ['drop a', 'drop b']);
  });

  it('has all who close it wait for the same end', async () => {
    const { set, stop } = setOf('a');
    const closings = [set.close({}, 60_000, stop), set.close({ code: 1012 }, 60_000, stop)];

    set.delete('a');

    await Promise.all(closings);
  });

  it('fails with what fails to stop, without an unhandled rejection while connections end', async () => {
    const { set } = setOf('a');
    const closing = set.close({}, 60_000, () => Promise.reject(new Error('no')));

    await assert.rejects(closing, { message: 'no' });
    set.delete('a');
  });

  for (const options of [{ code: 1005 }, { code: 999 }, { reason: 'x'.repeat(124) }, { timeout: -1 }]) {
    it(`does nothing when told ${JSON.stringify(options).slice(0, 30)}`, async () => {
      const { set, log, stop } = setOf('a');

      await assert.rejects(set.close(options, 1, stop), LocalUsageError);

      assert.deepEqual(log, []);
    });
  }
});
