import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';

import { Alarms } from '../../src/transport/alarms.ts';

/** Alarms whose members are told, and when. */
function createAlarms(): { alarms: Alarms<string>; rung: string[]; next: () => Promise<string> } {
  const rung: string[] = [];
  let onRing: ((member: string) => void) | undefined;
  const ring = (member: string): void => {
    rung.push(member);
    onRing?.(member);
  };
  const next = (): Promise<string> => new Promise((resolve) => (onRing = resolve));
  return { alarms: new Alarms<string>({ ring, keepsAlive: true }), rung, next };
}

describe('Alarms', () => {
  it('wakes up each member once, not before its time', async () => {
    const { alarms, rung, next } = createAlarms();
    const begun = performance.now();
    alarms.set('a', 20);
    alarms.set('b', -5);

    assert.equal(await next(), 'b');
    assert.equal(await next(), 'a');

    assert.ok(performance.now() - begun >= 19);
    assert.deepEqual(rung, ['b', 'a']);
  });

  it('has those share an alarm whose times are near to each other', () => {
    const { alarms } = createAlarms();
    const made = Array.from({ length: 100 }, (_, index) => alarms.set(String(index), 60_000));

    assert.ok(new Set(made).size <= 2);
    for (const [index, alarm] of made.entries()) alarm.remove(String(index));
  });

  it('lets those sleep that were taken out', async () => {
    const { alarms, rung, next } = createAlarms();
    const alarm = alarms.set('a', 5);
    alarm.remove('a');
    alarm.remove('a');
    alarms.set('b', 30);

    assert.equal(await next(), 'b');
    assert.deepEqual(rung, ['b']);
  });

  it('serves for times that are not earlier than those that it was asked for', () => {
    const { alarms } = createAlarms();
    const now = performance.now();
    const alarm = alarms.set('a', 60_000);

    assert.equal(alarm.servesFor(now + 50_000), false);
    assert.equal(alarm.servesFor(performance.now() + 60_000), true);
    assert.equal(alarm.servesFor(Infinity), true);
    alarm.remove('a');
  });

  it('takes what is longer than timers can be', () => {
    const { alarms } = createAlarms();

    alarms.set('a', 2 ** 40).remove('a');
  });

  for (const [keepsAlive, output] of [
    [true, 'rung'],
    [false, ''],
  ] as const) {
    it(`${keepsAlive ? 'keeps' : 'does not keep'} the process alive, where that is ${String(keepsAlive)}`, () => {
      const url = new URL('../../src/transport/alarms.js', import.meta.url).href;
      const program = `import { Alarms } from '${url}';
        const alarms = new Alarms({ ring: () => process.stdout.write('rung'), keepsAlive: ${String(keepsAlive)} });
        alarms.set({}, 50); alarms.set(1, 60_000).remove(1);`;
      const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { timeout: 20_000 });

      assert.equal(stdout.toString(), output);
    });
  }
});
