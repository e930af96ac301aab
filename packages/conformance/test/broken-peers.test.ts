import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { BROKEN_PEERS } from '../testees/broken-peers.ts';
import { testNaive } from '../testees/test-naive.ts';

/** Some defects show on a second connection only. */
const BEFORE = { 'sends the same key each time': '21.1.1' } as const;

describe('a broken peer', { concurrency: 32 }, () => {
  for (const { name, role, defects, caughtBy, verdict } of BROKEN_PEERS) {
    it(`that ${name} (${role}) is caught by ${caughtBy}`, async () => {
      const include = [caughtBy, ...Object.entries(BEFORE).flatMap(([key, id]) => (key === name ? [id] : []))];

      const report = await testNaive({ role, defects, include });

      const result = report.cases.find(({ id }) => id === caughtBy);
      assert.equal(result?.verdict, verdict, result?.reason);
    });
  }
});

describe('a correct naive peer', () => {
  for (const role of ['server', 'client'] as const) {
    it(`passes every case as a ${role}`, async () => {
      const report = await testNaive({ role, defects: {} });

      const others = report.cases
        .filter(({ verdict }) => verdict !== 'ok')
        .map(({ id, reason }) => `${id}: ${String(reason)}`);
      assert.deepEqual(others, []);
      assert.ok(report.cases.length > 600);
    });
  }
});
