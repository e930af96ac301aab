import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { SizeLimiter } from '../../../../src/protocol/receive/stages/size-limiter.ts';
import { createFrameHeaderBuffer, type FrameHeader } from '../../../../src/protocol/wire/frame-header.ts';
import { hex } from '../../../helpers/bytes.ts';
import { EventLog } from '../../../helpers/event-log.ts';

function header(payloadLength: number): FrameHeader {
  return { ...createFrameHeaderBuffer(), payloadLength };
}

describe('SizeLimiter', () => {
  it('passes on what is within the limit, each message for itself', () => {
    const log = new EventLog();
    const limiter = new SizeLimiter(log.streaming, 3);

    for (let count = 0; count < 2; count++) {
      limiter.onMessageBegin(2);
      limiter.onFrameBegin(header(2));
      limiter.onFrameData(hex('01 02'));
      limiter.onFrameEnd();
      limiter.onFrameBegin(header(1));
      limiter.onFrameData(hex('03'));
      limiter.onFrameEnd();
      limiter.onMessageEnd();
    }

    const once = ['begin 2', 'frame 2', 'data 01 02', 'frame end', 'frame 1', 'data 03', 'frame end', 'end'];
    assert.deepEqual(log.lines, [...once, ...once]);
  });

  for (const [before, length, isAllowed] of [
    [0, 9, true],
    [0, 10, true],
    [0, 11, false],
    [4, 5, true],
    [4, 6, true],
    [4, 7, false],
    [0, 2 ** 63, false],
  ] as const) {
    it(`${isAllowed ? 'accepts' : 'refuses'} ${length} bytes after ${before} by the header, with a limit of 10`, () => {
      const limiter = new SizeLimiter(new EventLog().streaming, 10);
      limiter.onMessageBegin(2);
      limiter.onFrameData(new Uint8Array(before));

      const begin = (): void => limiter.onFrameBegin(header(length));

      if (isAllowed) assert.doesNotThrow(begin);
      else
        assert.throws(begin, { option: 'maxStreamedMessageSize', limit: 10, size: before + length, closeCode: 1009 });
    });
  }

  it('refuses a message that grows beyond the limit and beyond its header', () => {
    const log = new EventLog();
    const limiter = new SizeLimiter(log.streaming, 2);
    limiter.onMessageBegin(2);
    limiter.onFrameBegin(header(1));
    limiter.onFrameData(hex('01 02'));

    assert.throws(() => limiter.onFrameData(hex('03')), { name: 'LimitExceededError', size: 3 });
    assert.equal(log.lines.at(-1), 'data 01 02');
  });

  it('counts the payload of all messages that it has passed, also of those that are under way', () => {
    const limiter = new SizeLimiter(new EventLog().streaming, 3);
    assert.equal(limiter.passed, 0);

    limiter.onMessageBegin(2);
    limiter.onFrameBegin(header(3));
    limiter.onFrameData(hex('01 02'));
    assert.equal(limiter.passed, 2);
    limiter.onFrameData(hex('03'));
    limiter.onFrameEnd();
    limiter.onMessageEnd();
    limiter.onMessageBegin(2);
    assert.equal(limiter.passed, 3);
    limiter.onFrameData(hex('04'));

    assert.equal(limiter.passed, 4);
  });
});
