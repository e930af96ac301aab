import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { BROKEN_PEERS } from '../testees/broken-peers.ts';
import { testBrokenPeer, testNaive } from '../testees/test-naive.ts';

describe('a broken peer', { concurrency: 32 }, () => {
  for (const peer of BROKEN_PEERS) {
    it(`that ${peer.name} (${peer.role}) is caught by ${peer.caughtBy}`, async () => {
      const result = await testBrokenPeer(peer);

      assert.equal(result?.verdict, peer.verdict, result?.reason);
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
