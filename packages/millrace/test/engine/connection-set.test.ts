import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { LocalUsageError } from '../../src/index.ts';
import type { CloseServerOptions, CloseServerResult } from '../../src/engine/close-options.ts';
import { ConnectionSet } from '../../src/engine/connection-set.ts';
import type { Closure } from '../../src/protocol/base/closure.ts';
import { VirtualClock } from '../../src/testing/index.ts';
import { tick } from '../helpers/transforms.ts';

function closureOf(wasClean: boolean, unsentBytes = 0): Closure {
  return { code: 1001, reason: '', wasClean, initiator: 'application', unsentBytes, discardedBytes: 0 };
}

interface TestSet {
  readonly set: ConnectionSet<string>;
  readonly clock: VirtualClock;
  readonly log: string[];
  readonly close: (options?: CloseServerOptions) => Promise<CloseServerResult>;
}

/** A set whose members end when a test says so, or when they are dropped. */
function setOf(...members: string[]): TestSet {
  const log: string[] = [];
  const clock = new VirtualClock();
  const set: ConnectionSet<string> = new ConnectionSet<string>(
    {
      close: (member, code, reason) => log.push(`close ${member} ${String(code)} ${reason}`.trimEnd()),
      drop: (member) => {
        log.push(`drop ${member}`);
        if (!member.includes('stuck')) set.end(member, closureOf(false, 7));
      },
    },
    clock,
  );
  for (const member of members) set.add(member);
  const source = {
    keepsPort: true,
    announceEnd: () => log.push('announce'),
    refuseNew: ({ keepPort }: { keepPort: boolean }) => log.push(keepPort ? 'refuse' : 'refuse, port closed'),
    close: () => {
      log.push('stop');
      return Promise.resolve();
    },
  };
  return { set, clock, log, close: (options = {}) => set.close(options, source) };
}

function finish(set: ConnectionSet<string>, member: string, closure = closureOf(true)): void {
  set.end(member, closure);
  set.finish(member);
}

describe('ConnectionSet', () => {
  it('closes all with 1001, ends its source with the last, and resolves when its handler has returned', async () => {
    const { set, log, clock, close } = setOf('a', 'b');
    assert.deepEqual([...set.members], ['a', 'b']);
    const closing = close().then((result) => log.push(JSON.stringify(result)));

    finish(set, 'a');
    await tick();
    assert.deepEqual(log, ['announce', 'refuse', 'close a 1001', 'close b 1001']);
    set.end('b', closureOf(false, 5));
    assert.equal(set.members.size, 0);
    await tick();
    assert.deepEqual(log.slice(4), ['stop'], 'its handler still runs');
    set.finish('b');
    await closing;

    assert.deepEqual(JSON.parse(log.at(-1) ?? ''), { clean: 1, dropped: 1, unsentBytes: 5, handlersRunning: 0 });
    assert.equal(clock.nextAlarm, Infinity);
  });

  it('resolves at once without any', async () => {
    const { log, clock, close } = setOf();

    const result = await close();

    assert.deepEqual(log, ['announce', 'refuse', 'stop']);
    assert.deepEqual(result, { clean: 0, dropped: 0, unsentBytes: 0, handlersRunning: 0 });
    assert.equal(clock.nextAlarm, Infinity);
  });

  it('does not count those that have ended before', async () => {
    const { set, close } = setOf('a', 'b');
    finish(set, 'a', closureOf(false, 9));
    set.end('b', closureOf(true));

    const closing = close();
    await tick();
    set.finish('b');

    assert.deepEqual(await closing, { clean: 0, dropped: 0, unsentBytes: 0, handlersRunning: 0 });
  });

  it('says the code and reason that it is told, also to those that come meanwhile', async () => {
    const { set, log, close } = setOf('a');

    const closing = close({ code: 4000, reason: 'later' });
    set.add('b');
    for (const member of ['a', 'b']) finish(set, member);
    await closing;

    assert.deepEqual(log.slice(2), ['close a 4000 later', 'close b 4000 later', 'stop']);
  });

  it('tells of the closing when it begins', async () => {
    const { set, close } = setOf('a');
    const { closing: signal } = set;
    assert.equal(signal.aborted, false);

    const closing = close();
    assert.equal(signal.aborted, true);
    assert.equal(set.closing, signal);
    finish(set, 'a');
    await closing;
  });

  it('leaves connections alone for lameDuck, and lets others come', async () => {
    const { set, clock, log, close } = setOf('a');
    const closing = close({ lameDuck: 100 });

    assert.deepEqual(log, ['announce']);
    clock.advance(99);
    set.add('b');
    finish(set, 'a');
    assert.deepEqual(log, ['announce']);
    clock.advance(1);
    assert.deepEqual(log, ['announce', 'refuse', 'close b 1001']);
    finish(set, 'b');

    assert.deepEqual(await closing, { clean: 2, dropped: 0, unsentBytes: 0, handlersRunning: 0 });
  });

  it('waits for lameDuck without any connection, too', async () => {
    const { clock, log, close } = setOf();
    const closing = close({ lameDuck: 100 });

    clock.advance(99);
    assert.deepEqual(log, ['announce']);
    clock.advance(1);
    await closing;
  });

  it('spreads closings over drain, and passes over those that have ended', async () => {
    const { set, clock, log, close } = setOf('a', 'b', 'c', 'd');
    const closing = close({ lameDuck: 10, drain: 100 });

    const at: string[][] = [];
    for (let time = 0; time < 100; time += 25) {
      clock.advance(time === 0 ? 10 : 25);
      at.push(log.splice(0));
      if (time === 25) finish(set, 'c');
    }
    assert.deepEqual(at, [['announce', 'refuse', 'close a 1001'], ['close b 1001'], [], ['close d 1001']]);
    for (const member of ['a', 'b', 'd']) finish(set, member);

    assert.equal((await closing).clean, 4);
    assert.equal(clock.nextAlarm, Infinity);
  });

  it('is done before drain is over when all have ended', async () => {
    const { set, clock, close } = setOf('a', 'b');
    const closing = close({ drain: 100 });

    for (const member of ['a', 'b']) finish(set, member);

    assert.equal((await closing).clean, 2);
    assert.equal(clock.nextAlarm, Infinity);
  });

  it('catches up where the clock was late', async () => {
    const { set, clock, log, close } = setOf('a', 'b', 'c');
    const closing = close({ drain: 30 });

    clock.setAlarm(1, () => clock.advance(50));
    clock.advance(1);

    assert.deepEqual(log.slice(2), ['close a 1001', 'close b 1001', 'close c 1001']);
    for (const member of ['a', 'b', 'c']) finish(set, member);
    await closing;
  });

  it('keeps the port, or not, as it is told', async () => {
    for (const [keepPort, word] of [
      [true, 'refuse'],
      [false, 'refuse, port closed'],
    ] as const) {
      const { log, close } = setOf();

      await close({ keepPort });

      assert.deepEqual(log, ['announce', word, 'stop']);
    }
  });

  it('drops those that have not ended in time, from the call on, and waits for no handler then', async () => {
    const { clock, log, close } = setOf('a', 'b');
    const closing = close({ lameDuck: 10, drain: 10, timeout: 30 });

    clock.advance(29);
    assert.deepEqual(log, ['announce', 'refuse', 'close a 1001', 'close b 1001']);
    clock.advance(1);

    assert.deepEqual(await closing, { clean: 0, dropped: 2, unsentBytes: 14, handlersRunning: 2 });
    assert.deepEqual(log.slice(4, 7), ['stop', 'drop a', 'drop b']);
    assert.equal(clock.nextAlarm, Infinity);
  });

  it('has ten seconds by default, besides lameDuck and drain', async () => {
    const { clock, log, close } = setOf('a');
    const closing = close({ lameDuck: 1000, drain: 2000 });

    clock.advance(12_999);
    assert.equal(log.includes('drop a'), false);
    clock.advance(1);

    assert.equal((await closing).dropped, 1);
  });

  it('waits for no handler when the time is over', async () => {
    const { set, clock, close } = setOf('a');
    set.end('a', closureOf(true));
    const closing = close({ timeout: 1 });

    clock.advance(1);

    assert.equal((await closing).handlersRunning, 1);
  });

  it('waits but a moment for a connection that does not end though it was dropped', async () => {
    const { set, clock, log, close } = setOf('stuck', 'a');
    const closing = close({ timeout: 0 });

    clock.advance(0);
    await tick();
    assert.deepEqual(log.slice(-2), ['drop stuck', 'drop a']);
    clock.advance(100);

    assert.deepEqual(await closing, { clean: 0, dropped: 1, unsentBytes: 7, handlersRunning: 2 });
    assert.deepEqual([...set.members], ['stuck']);
  });

  it('has all who close it wait for the same end, also who does so when told that it is closing', async () => {
    const { set, log, close } = setOf('a');
    const closings: Promise<CloseServerResult>[] = [];
    set.closing.addEventListener('abort', () => closings.push(close({ code: 1012 })));
    closings.push(close(), close({ code: 1013 }));

    await tick();
    finish(set, 'a');

    const [one, ...others] = await Promise.all(closings);
    assert.equal(others.length, 2);
    for (const other of others) assert.equal(other, one);
    assert.deepEqual(
      log.filter((line) => line.startsWith('close')),
      ['close a 1001'],
    );
  });

  for (const options of [
    { code: 1005 },
    { code: 999 },
    { reason: 'x'.repeat(124) },
    { timeout: -1 },
    { timeout: Infinity },
    { timeout: 2 ** 31 },
    { lameDuck: NaN },
    { lameDuck: Infinity },
    { drain: -1 },
    { drain: 2 ** 31 },
    { lameDuck: 100, drain: 100, timeout: 199 },
    { keepPort: 'no' as never },
  ]) {
    it(`does nothing when told ${JSON.stringify(options).slice(0, 50)}`, async () => {
      const { set, log, close } = setOf('a');

      await assert.rejects(close(options), LocalUsageError);

      assert.deepEqual(log, []);
      assert.equal(set.closing.aborted, false);
    });
  }
});
