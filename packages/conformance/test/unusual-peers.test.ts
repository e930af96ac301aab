import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { AgentReport } from '@millrace/conformance';

import type { Habits } from '../testees/naive/habits.ts';
import { testNaive } from '../testees/test-naive.ts';
import { ALL_HABITS, UNUSUAL_PEERS } from '../testees/unusual-peers.ts';

/** What the habits of peers are about; `npm run conformance` runs all cases. */
const SAMPLE = [
  '1.1.2',
  '2.{1,2,7,8,10,11,12}',
  '3.2',
  '5.{1,3,6,19}',
  '7.1.*',
  '7.3.3',
  '16.{1,2,3}.*',
  '17.2.*',
  '20.1.1',
  '21.1.1',
];

/** What is not ok; the naive peers do not have permessage-deflate, which groups 12 and 13 are about. */
function describeOthers({ cases }: AgentReport): string[] {
  const others = cases.filter(({ id, verdict }) => !(/^1[23]\./.test(id) && verdict === 'unimplemented'));
  return others.filter(({ verdict }) => verdict !== 'ok').map(({ id, reason }) => `${id}: ${String(reason)}`);
}

describe('a correct naive peer', { concurrency: 4 }, () => {
  const plain: Habits = {};
  const rows = (['server', 'client'] as const).flatMap((role) => [
    { role, habits: plain, name: 'without habits' },
    { role, habits: ALL_HABITS, name: 'with all habits that go together' },
  ]);
  for (const { role, habits, name } of rows) {
    it(`passes every case as a ${role} ${name}`, async () => {
      const report = await testNaive({ role, habits });

      assert.deepEqual(describeOthers(report), []);
      assert.ok(report.cases.length > 600);
    });
  }
});

describe('an unusual peer', { concurrency: 4 }, () => {
  for (const { name, role, habits } of UNUSUAL_PEERS) {
    it(`that ${name} (${role}) passes`, async () => {
      const report = await testNaive({ role, habits, include: SAMPLE });

      assert.deepEqual(describeOthers(report), []);
      assert.ok(report.cases.length > 40);
    });
  }
});
