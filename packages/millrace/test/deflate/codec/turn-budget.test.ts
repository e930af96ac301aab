import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { TurnBudget, nextTurn } from '../../../src/deflate/codec/turn-budget.ts';

describe('TurnBudget', () => {
  it('is exhausted by 64 KiB, and there again in the next turn of the event loop', async () => {
    const turn = new TurnBudget();

    turn.spend(65_535);
    assert.equal(turn.isExhausted, false);
    turn.spend(1);
    assert.equal(turn.isExhausted, true);
    await Promise.resolve();
    assert.equal(turn.isExhausted, true);
    await nextTurn();

    assert.equal(turn.isExhausted, false);
  });

  it('is never exhausted by little in each turn', async () => {
    const turn = new TurnBudget();

    for (let count = 0; count < 100; count++) {
      turn.spend(5000);
      assert.equal(turn.isExhausted, false);
      await nextTurn();
    }
  });
});
