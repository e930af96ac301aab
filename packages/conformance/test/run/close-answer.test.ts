import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { judgeAnswer } from '../../src/run/close-answer.ts';

const rows = [
  [1000, 1000, 'usual'],
  [1000, 'none', 'usual'],
  [1000, 1001, 'usual'],
  [3000, 3000, 'usual'],
  [3000, 1000, 'usual'],
  ['none', 'none', 'usual'],
  ['none', 1000, 'usual'],
  [1002, 1002, 'usual'],
  [1011, 1000, 'usual'],
  [1000, 1012, 'unusual'],
  [1000, 4000, 'unusual'],
  [4000, 4001, 'unusual'],
  [1000, 1002, 'failure'],
  [3000, 1002, 'failure'],
  [1000, 1007, 'failure'],
  ['none', 1011, 'failure'],
] as const;

describe('judgeAnswer', () => {
  for (const [asked, answer, kind] of rows) {
    it(`takes ${String(answer)} for ${kind} in answer to ${String(asked)}`, () => {
      assert.equal(judgeAnswer(asked, answer), kind);
    });
  }
});
