import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { LimitExceededError } from '../../../src/protocol/base/errors.ts';
import { ReceivePace } from '../../../src/protocol/connection/receive-pace.ts';

/** Measures from 1000 on; what has begun the message does not count. */
function started(minimum: number): ReceivePace {
  const pace = new ReceivePace(minimum);
  pace.note(1000, 1_000_000, true);
  return pace;
}

describe('ReceivePace', () => {
  it('looks at nobody while no message comes in', () => {
    const pace = new ReceivePace(100);
    assert.equal(pace.deadline, Infinity);

    pace.note(1000, 5, false);

    assert.equal(pace.deadline, Infinity);
    assert.equal(pace.judge(1e9), undefined);
  });

  it('gives an error five seconds after the begin of a message that comes too slowly', () => {
    const pace = started(100);
    assert.equal(pace.deadline, 6000);
    pace.note(2000, 400, true);
    pace.note(5999, 99, true);
    assert.equal(pace.judge(5999), undefined, 'too early');

    const error = pace.judge(6000);

    assert.ok(error instanceof LimitExceededError);
    assert.deepEqual(
      [error.option, error.limit, error.size, error.closeCode],
      ['minReceiveRate', 100, 99, 1008],
      '499 bytes are 99 a second',
    );
    assert.match(
      error.message,
      /^99 bytes a second exceed minReceiveRate, 100 bytes a second; the peer sends a message/,
    );
  });

  it('leaves alone who is just fast enough, and measures anew each time', () => {
    const pace = started(100);
    pace.note(1500, 500, true);
    assert.equal(pace.judge(6000), undefined);
    assert.equal(pace.deadline, 11_000);

    pace.note(7000, 499, true);

    assert.equal(pace.judge(11_000)?.size, 99);
  });

  it('measures from when it was asked, if that was late', () => {
    const pace = started(100);
    pace.note(1500, 500, true);

    assert.equal(pace.judge(6700), undefined);

    assert.equal(pace.deadline, 11_700);
  });

  it('stops at the end of a message, and starts at the begin of the next with nothing', () => {
    const pace = started(100);
    pace.note(2000, 5000, true);
    pace.note(3000, 5000, false);
    assert.equal(pace.deadline, Infinity);
    assert.equal(pace.judge(6000), undefined);

    pace.note(20_000, 10, true);

    assert.equal(pace.deadline, 25_000);
    assert.equal(pace.judge(25_000)?.size, 0);
  });

  it('counts afresh where it is restarted', () => {
    const pace = started(100);
    pace.note(2000, 5000, true);

    pace.restart(4000);

    assert.equal(pace.judge(6000), undefined);
    assert.equal(pace.deadline, 9000);
    pace.note(8000, 50, true);
    assert.equal(pace.judge(9000)?.size, 10);
  });
});
