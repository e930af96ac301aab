import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { BROKEN_PEERS } from '../testees/broken-peers.ts';
import { testBrokenPeer } from '../testees/test-naive.ts';

describe('a broken peer', { concurrency: 32 }, () => {
  for (const peer of BROKEN_PEERS) {
    it(`that ${peer.name} (${peer.role}) is caught by ${peer.caughtBy}`, async () => {
      const result = await testBrokenPeer(peer);

      assert.equal(result?.verdict, peer.verdict, result?.reason);
    });
  }
});
