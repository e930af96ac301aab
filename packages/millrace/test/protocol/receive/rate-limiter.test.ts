import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { Opcode } from '../../../src/protocol/base/opcode.ts';
import { createRateLimiter, type RateLimiter, type ReceiveRate } from '../../../src/protocol/receive/rate-limiter.ts';
import { HoldReason } from '../../../src/protocol/receive/read-ahead.ts';

/** A limiter with a clock that a test sets, which writes down when the application has to wait. */
class Limiting {
  readonly log: string[] = [];
  readonly limiter: RateLimiter;
  time = 0;

  constructor(rate: Partial<ReceiveRate>) {
    const host = {
      now: () => this.time,
    };
    const limiter = createRateLimiter(
      { messages: Infinity, bytes: Infinity, frames: Infinity, burst: 1000, onExcess: 'wait', ...rate },
      host,
      {
        hold: (reason) => this.log.push(`hold ${reason}`),
        release: (reason) => this.log.push(`release ${reason}`),
      },
    );
    assert.ok(limiter !== undefined);
    this.limiter = limiter;
  }
}

const HOLD = `hold ${HoldReason.RATE}`;
const RELEASE = `release ${HoldReason.RATE}`;

function repeat(count: number, act: () => void): void {
  for (let done = 0; done < count; done++) act();
}

describe('createRateLimiter', () => {
  it('makes nothing where there is no rate', () => {
    const readAhead = { hold: () => assert.fail(), release: () => assert.fail() };

    assert.equal(createRateLimiter(undefined, { now: () => 0 }, readAhead), undefined);
  });
});

describe('RateLimiter', () => {
  describe('where what exceeds the rate waits', () => {
    it('has the application wait when a burst has come', () => {
      const { limiter, log } = new Limiting({ messages: 4, burst: 500 });

      limiter.countTold();
      assert.deepEqual(log, []);
      limiter.countTold();

      assert.deepEqual(log, [HOLD]);
    });

    it('lets at least one thing come at once, however short a burst is', () => {
      const { limiter, log } = new Limiting({ messages: 1, burst: 1 });

      limiter.countTold();

      assert.deepEqual(log, [HOLD]);
      assert.equal(limiter.deadline, 1000);
    });

    it('lets it go on when there is one more to come, and not before', () => {
      const limiting = new Limiting({ messages: 2 });
      const { limiter, log } = limiting;
      repeat(2, () => limiter.countTold());
      assert.equal(limiter.deadline, 500);

      limiting.time = 499;
      assert.equal(limiter.renew(), false);
      assert.deepEqual(log, [HOLD]);
      limiting.time = 500;
      assert.equal(limiter.renew(), true);

      assert.deepEqual(log, [HOLD, RELEASE]);
      assert.equal(limiter.deadline, Infinity);
      limiter.countTold();
      assert.equal(limiter.deadline, 1000);
    });

    it('saves up no more than a burst', () => {
      const limiting = new Limiting({ messages: 2 });
      const { limiter, log } = limiting;
      repeat(2, () => limiter.countTold());

      limiting.time = 60_000;
      limiter.renew();
      limiter.countTold();
      assert.deepEqual(log, [HOLD, RELEASE]);
      limiter.countTold();

      assert.deepEqual(log, [HOLD, RELEASE, HOLD]);
    });

    it('counts frames and messages when they have come, and not when they begin', () => {
      const { limiter, log } = new Limiting({ frames: 2 });

      repeat(5, () => limiter.beginFrame(Opcode.TEXT));
      limiter.endFrame();
      assert.deepEqual(log, []);
      limiter.endFrame();

      assert.deepEqual(log, [HOLD]);
    });

    it('waits for the slowest of several rates that are exceeded', () => {
      const { limiter } = new Limiting({ messages: 10, frames: 2, bytes: 1000 });

      repeat(10, () => limiter.countTold());
      assert.equal(limiter.deadline, 100);
      repeat(2, () => limiter.endFrame());

      assert.equal(limiter.deadline, 500);
    });

    it('goes on only when nothing is exceeded', () => {
      const limiting = new Limiting({ messages: 10, frames: 2 });
      const { limiter, log } = limiting;
      repeat(10, () => limiter.countTold());
      repeat(2, () => limiter.endFrame());

      limiting.time = 100;
      assert.equal(limiter.renew(), false, 'there may be a message, but no frame');
      limiting.time = 500;
      assert.equal(limiter.renew(), true);

      assert.deepEqual(log, [HOLD, HOLD, RELEASE]);
    });

    it('is flooded when more than another burst has come than may', () => {
      const limiting = new Limiting({ frames: 2, messages: 100 });
      const { limiter } = limiting;
      const floods: boolean[] = [limiter.isFlooded];

      repeat(5, () => {
        limiter.endFrame();
        floods.push(limiter.isFlooded);
      });

      assert.deepEqual(floods, [false, false, false, false, false, true]);
      assert.equal(limiter.deadline, 2000);
      limiting.time = 2000;
      assert.equal(limiter.renew(), true);
      assert.equal(limiter.isFlooded, false);
    });

    it('says how many bytes may come before it is to look again', () => {
      const limiting = new Limiting({ bytes: 1000, burst: 10 });
      const { limiter } = limiting;
      assert.equal(limiter.bytesAtOnce, 11, 'one more than may come');

      limiter.count('bytes', 4);
      assert.equal(limiter.bytesAtOnce, 7);
      limiting.time = 2;
      assert.equal(limiter.bytesAtOnce, 9);
      limiter.count('bytes', 20);

      assert.equal(limiter.bytesAtOnce, Infinity, 'the application waits for it then');
    });

    it('counts what has come with time when it runs out', () => {
      const limiting = new Limiting({ bytes: 100 });
      const { limiter } = limiting;

      limiter.count('bytes', 99);
      limiting.time = 500;
      limiter.count('bytes', 1);

      assert.equal(limiter.bytesAtOnce, 51, '50 have come with time');
    });
  });

  describe('where what exceeds the rate is refused', () => {
    it('refuses what comes behind a burst', () => {
      const { limiter, log } = new Limiting({ messages: 4, burst: 500, onExcess: 'refuse' });
      repeat(2, () => limiter.beginFrame(Opcode.TEXT));

      assert.throws(() => limiter.beginFrame(Opcode.BINARY), {
        name: 'LimitExceededError',
        option: 'receiveRate.messages',
        limit: 4,
        size: 3,
        closeCode: 1008,
        message: /3 messages in 500 ms exceed receiveRate\.messages.*faster than it may/,
      });
      assert.deepEqual(log, [], 'nothing waits');
      assert.equal(limiter.deadline, Infinity);
      assert.equal(limiter.isFlooded, false);
    });

    it('counts a message with its first frame only', () => {
      const { limiter } = new Limiting({ messages: 1, onExcess: 'refuse' });
      limiter.beginFrame(Opcode.TEXT);

      for (const opcode of [Opcode.CONTINUATION, Opcode.PING, Opcode.PONG, Opcode.CLOSE]) limiter.beginFrame(opcode);

      assert.throws(() => limiter.beginFrame(Opcode.BINARY), { option: 'receiveRate.messages' });
    });

    it('counts each frame where it begins, and nothing later', () => {
      const { limiter } = new Limiting({ frames: 4, messages: 4, onExcess: 'refuse' });
      for (const opcode of [Opcode.TEXT, Opcode.PING, Opcode.CONTINUATION, Opcode.CLOSE]) {
        limiter.beginFrame(opcode);
        limiter.endFrame();
        limiter.countTold();
      }

      assert.throws(() => limiter.beginFrame(Opcode.PING), { option: 'receiveRate.frames', limit: 4, size: 5 });
    });

    it('lets as much come again with time', () => {
      const limiting = new Limiting({ frames: 2, onExcess: 'refuse' });
      const { limiter } = limiting;
      repeat(2, () => limiter.beginFrame(Opcode.PING));

      limiting.time = 500;
      limiter.beginFrame(Opcode.PING);

      assert.throws(() => limiter.beginFrame(Opcode.PING), { option: 'receiveRate.frames' });
    });

    it('takes one byte at a time where none may come, so that it is refused by itself', () => {
      const { limiter } = new Limiting({ bytes: 10, onExcess: 'refuse' });

      limiter.count('bytes', 10);
      assert.equal(limiter.bytesAtOnce, 1);

      assert.throws(() => limiter.count('bytes', 1), { option: 'receiveRate.bytes', limit: 10, size: 11 });
    });
  });

  it('takes no notice of what has no limit', () => {
    for (const onExcess of ['wait', 'refuse'] as const) {
      const { limiter, log } = new Limiting({ frames: 2, onExcess });

      limiter.count('messages', 1e6);
      limiter.count('bytes', 1e9);

      assert.deepEqual(log, []);
      assert.equal(limiter.bytesAtOnce, Infinity);
    }
  });

  it('counts no more when it has ended, and lets the application go on', () => {
    for (const onExcess of ['wait', 'refuse'] as const) {
      const { limiter, log } = new Limiting({ messages: 1, frames: 1, bytes: 1, onExcess });
      limiter.count('bytes', 1);

      limiter.end();
      const told = log.length;
      limiter.count('bytes', 100);
      repeat(10, () => {
        limiter.beginFrame(Opcode.TEXT);
        limiter.endFrame();
        limiter.countTold();
      });

      assert.equal(log.at(-1), RELEASE);
      assert.equal(log.length, told);
      assert.equal(limiter.deadline, Infinity);
      assert.equal(limiter.isFlooded, false);
      assert.equal(limiter.bytesAtOnce, Infinity);
    }
  });
});
