import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { agreeOnDeflate, mayKeepHistory, type DeflateAgreement } from '../../src/deflate/agree-on-deflate.ts';
import { LocalUsageError } from '../../src/protocol/base/errors.ts';
import { receive, send } from '../helpers/deflate.ts';

const AGREEMENT: DeflateAgreement = {
  parameters: [{ name: 'server_max_window_bits', value: '10' }],
  local: { windowBits: 10, keepsHistory: true },
  remote: { windowBits: 15, keepsHistory: false },
};

describe('agreeOnDeflate', () => {
  it('has both directions compress as agreed, and claims RSV1 of first frames', async () => {
    const agreed = agreeOnDeflate(AGREEMENT, { level: 1 });
    assert.deepEqual(agreed.answer, [{ name: 'permessage-deflate', parameters: AGREEMENT.parameters }]);
    const { firstFrameBits, continuationBits, controlBits } = agreed.claims;
    assert.deepEqual([firstFrameBits, continuationBits, controlBits], [0b100, 0, 0]);

    const { local, remote } = AGREEMENT;
    const peer = agreeOnDeflate({ ...AGREEMENT, local: remote, remote: local }, true);
    const [ours, theirs] = [agreed, peer].map(({ extensions }) => extensions[0]?.createSession());
    assert.ok(ours !== undefined && theirs !== undefined);
    const payload = new TextEncoder().encode('the same text, again and again: the same text, again and again');
    const sizes: Record<'ours' | 'theirs', number[]> = { ours: [], theirs: [] };
    for (let round = 0; round < 3; round++) {
      const compressed = await send(ours, payload);
      assert.deepEqual(await receive(theirs, compressed), payload);
      sizes.ours.push(compressed.length);
      const answer = await send(theirs, payload);
      assert.deepEqual(await receive(ours, answer), payload);
      sizes.theirs.push(answer.length);
    }
    ours.close?.();
    theirs.close?.();
    assert.ok(sizes.ours[2]! < sizes.ours[0]!, 'one side refers back to messages before');
    assert.equal(sizes.theirs[2], sizes.theirs[0], 'the other does not');
  });

  it('refuses options that are none', () => {
    assert.throws(() => agreeOnDeflate(AGREEMENT, { level: 10 }), LocalUsageError);
  });
});

describe('mayKeepHistory', () => {
  it('says whether the budget has room for one more', () => {
    assert.equal(mayKeepHistory(15), true);
    assert.equal(mayKeepHistory(15, 1000), false);
  });
});
