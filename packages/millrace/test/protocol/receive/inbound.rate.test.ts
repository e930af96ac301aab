import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { ReceiveRate } from '../../../src/protocol/receive/rate-limiter.ts';
import { HoldReason } from '../../../src/protocol/receive/read-ahead.ts';
import { concat, hex } from '../../helpers/bytes.ts';
import { Receiving, type ReceivingSetup } from '../../helpers/receiving.ts';

const { DEMAND, RATE } = HoldReason;

function receivingAt(rate: Partial<ReceiveRate>, setup: ReceivingSetup = {}): Receiving {
  const receiveRate: ReceiveRate = {
    messages: Infinity,
    bytes: Infinity,
    frames: Infinity,
    burst: 1000,
    onExcess: 'wait',
    ...rate,
  };
  return new Receiving({ level: 'message', ...setup, limits: { ...setup.limits, receiveRate } });
}

/** `count` frames of two bytes. */
function frames(bytes: string, count: number): Uint8Array<ArrayBuffer> {
  return concat(Array<Uint8Array>(count).fill(hex(bytes)));
}

/** Has the time come at which more may come. */
function renew(receiving: Receiving): void {
  receiving.time = receiving.inbound.rate?.deadline ?? assert.fail();
  assert.equal(receiving.inbound.renewRate(receiving.time), true);
}

describe('Inbound, with a rate', () => {
  it('has messages wait that exceed it, and tells one after the other with time', () => {
    const receiving = receivingAt({ messages: 2 });

    receiving.feed([frames('82 00', 4)]);
    assert.equal(receiving.log.lines.length, 2);
    renew(receiving);
    assert.equal(receiving.log.lines.length, 3);
    renew(receiving);

    assert.equal(receiving.log.lines.length, 4);
    assert.equal(receiving.time, 1000);
    assert.deepEqual(receiving.errors, []);
  });

  it('does not go on before its time', () => {
    const receiving = receivingAt({ messages: 1 });
    assert.equal(receiving.inbound.renewRate(5000), false, 'nothing has come');
    receiving.feed([frames('82 00', 2)]);

    assert.equal(receiving.inbound.renewRate(999), false);
    assert.equal(receiving.inbound.renewRate(1000), false, 'the clock of the host says less');

    assert.equal(receiving.log.lines.length, 1);
    renew(receiving);
    assert.equal(receiving.log.lines.length, 2);
  });

  it('has nothing to renew without one', () => {
    const receiving = new Receiving();

    assert.equal(receiving.inbound.rate, undefined);
    assert.equal(receiving.inbound.renewRate(Infinity), false);
  });

  it('parses nothing more in a flood, not even control frames, until its time has come', () => {
    const receiving = receivingAt({ frames: 2 });

    receiving.feed([frames('89 00', 10)]);
    assert.equal(receiving.log.lines.length, 5, 'twice a burst, and one');
    assert.equal(receiving.inbound.hasUnread, true);
    assert.equal(receiving.inbound.wantsInput, false);
    receiving.feed([frames('89 00', 1)]);
    assert.equal(receiving.log.lines.length, 5);
    renew(receiving);

    assert.equal(receiving.time, 2000);
    assert.equal(receiving.log.lines.length, 9);
    renew(receiving);
    assert.equal(receiving.log.lines.length, 11);
    assert.equal(receiving.inbound.hasUnread, false);
  });

  it('takes bytes that exceed it, and has what they say wait', () => {
    const receiving = receivingAt({ bytes: 10 });

    receiving.feed([frames('82 00', 10)]);
    assert.equal(receiving.log.lines.length, 5, 'it looks behind eleven bytes');
    assert.equal(receiving.inbound.counts.messagesReceived, 10);
    assert.equal(receiving.inbound.rate?.deadline, 1100);
    renew(receiving);

    assert.equal(receiving.log.lines.length, 10);
  });

  it('refuses bytes that exceed it, whatever they are cut into', () => {
    for (const size of [1, 2, 3, 20]) {
      const receiving = receivingAt({ bytes: 10, onExcess: 'refuse' });
      const stream = frames('82 00', 10);

      for (let start = 0; start < stream.length; start += size) receiving.feed([stream.slice(start, start + size)]);

      assert.equal(receiving.log.lines.length, 5);
      assert.deepEqual(
        receiving.errors.map(({ name }) => name),
        ['LimitExceededError'],
      );
      assert.equal(receiving.inbound.isStopped, true);
    }
  });

  it('refuses a message that exceeds it by its first header', () => {
    const receiving = receivingAt({ messages: 1, onExcess: 'refuse' }, { level: 'streaming' });

    receiving.feed([hex('02 00 89 00 80 00 82 05')]);

    assert.deepEqual(receiving.log.lines, [
      'begin 2',
      'frame 0',
      'frame end',
      'control 9: ',
      'frame 0 fin',
      'frame end',
      'end',
    ]);
    assert.deepEqual(
      receiving.errors.map((error) => (error as { option?: string }).option),
      ['receiveRate.messages'],
    );
  });

  it('hands out one thing at a time only as fast, and says so to its owner, who sets a clock', () => {
    const receiving = receivingAt({ messages: 1 });
    receiving.inbound.hold(DEMAND);
    receiving.feed([hex('81 01 61 81 01 62')]);
    const { advances } = receiving;

    assert.equal(receiving.inbound.handOutOne(), true);
    assert.equal(receiving.advances, advances + 1);
    assert.equal(receiving.inbound.handOutOne(), false);
    assert.deepEqual(receiving.log.lines, ['text: a']);
    renew(receiving);
    assert.deepEqual(receiving.log.lines, ['text: a'], 'it is held for another reason');

    assert.equal(receiving.inbound.handOutOne(), true);
    assert.deepEqual(receiving.log.lines, ['text: a', 'text: b']);
  });

  for (const end of ['stop', 'stopWaiting'] as const) {
    it(`counts no more behind ${end}, and holds nothing back`, () => {
      const receiving = receivingAt({ messages: 1 });
      receiving.feed([frames('82 00', 3)]);
      assert.equal(receiving.log.lines.length, 1);

      receiving.inbound[end]();
      receiving.inbound.proceed();

      assert.equal(receiving.log.lines.length, 3);
      assert.equal(receiving.inbound.release(RATE), false, 'it is gone');
      assert.equal(receiving.inbound.rate?.deadline, Infinity);
    });
  }
});
