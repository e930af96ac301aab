import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { LocalUsageError } from '../../../src/protocol/base/errors.ts';
import { Countdown, MAX_FRAME_LENGTH, checkFrameLength } from '../../../src/protocol/base/length.ts';
import { createRandom } from '../../helpers/random.ts';

// Each power of two up to 2^63 with its neighbours, as far as a frame can be that long.
const LENGTHS = [
  ...new Set(
    Array.from({ length: 64 }, (_, power) => 1n << BigInt(power))
      .flatMap((length) => [length - 1n, length, length + 1n])
      .filter((length) => length <= MAX_FRAME_LENGTH),
  ),
];

function countdownOf(length: bigint): Countdown {
  const countdown = new Countdown();
  countdown.set(Number(length >> 32n), Number(length & 0xffff_ffffn));
  return countdown;
}

/** Compares all that a countdown says with a bigint that says the same. */
function assertLeft(countdown: Countdown, left: bigint): void {
  assert.equal(countdown.remaining, Number(left));
  assert.equal(countdown.done, left === 0n);
  assert.equal(countdown.endless, left >= 1n << 53n);
  for (const available of [0, 1, 2, 125, 65_536, 2 ** 32, 2 ** 52 - 1, 2 ** 52]) {
    const expected = left < BigInt(available) ? Number(left) : available;
    assert.equal(countdown.fitting(available), expected, `fitting(${String(available)}) of ${String(left)}`);
  }
}

describe('MAX_FRAME_LENGTH', () => {
  it('is 2^63−1', () => {
    assert.equal(MAX_FRAME_LENGTH, 2n ** 63n - 1n);
  });
});

describe('Countdown', () => {
  it('has nothing left before it is set', () => {
    assertLeft(new Countdown(), 0n);
  });

  it('holds every power of two and its neighbours, set by halves', () => {
    for (const length of LENGTHS) assertLeft(countdownOf(length), length);
  });

  it('holds lengths over 2^63−1 too, for a header is read before it is judged', () => {
    for (const length of [2n ** 63n, 2n ** 63n + 1n, 2n ** 64n - 1n]) assertLeft(countdownOf(length), length);
  });

  it('holds every power of two and its neighbours, set as a bigint', () => {
    const countdown = new Countdown();
    for (const length of LENGTHS) {
      countdown.setLength(length);
      assertLeft(countdown, length);
    }
  });

  it('holds every power of two up to 2^53 and its neighbours, set as a number', () => {
    const countdown = new Countdown();
    for (const length of LENGTHS.filter((candidate) => candidate <= 1n << 53n)) {
      countdown.setLength(Number(length));
      assertLeft(countdown, length);
    }
  });

  it('counts exactly where a number would be rounded', () => {
    const countdown = countdownOf(2n ** 63n - 1n);

    countdown.take(1);
    countdown.take(2 ** 52);

    assertLeft(countdown, 2n ** 63n - 2n - 2n ** 52n);
  });

  it('counts down exactly by random takes, from every power of two and its neighbours', () => {
    const random = createRandom(1);

    for (const length of LENGTHS) {
      const countdown = countdownOf(length);
      let left = length;
      for (let step = 0; step < 40; step++) {
        const count = countdown.fitting(random(2 ** (1 + random(31))) * 2 ** random(21));
        countdown.take(count);
        left -= BigInt(count);
        assertLeft(countdown, left);
      }
    }
  });

  it('counts 2^57 bytes down to the last, however the takes lie across the laps', () => {
    const random = createRandom(2);
    const countdown = countdownOf(2n ** 57n);
    let left = 2n ** 57n;

    while (left > 0n) {
      const count = countdown.fitting(2 ** 52 - random(2 ** 20));
      countdown.take(count);
      left -= BigInt(count);
      assertLeft(countdown, left);
    }

    assert.equal(countdown.done, true);
  });

  it('takes nothing without a change', () => {
    const countdown = countdownOf(2n ** 53n);

    countdown.take(0);

    assertLeft(countdown, 2n ** 53n);
  });

  it('can be set again at any time', () => {
    const countdown = countdownOf(MAX_FRAME_LENGTH);
    countdown.take(5);

    countdown.set(0, 7);

    assertLeft(countdown, 7n);
  });
});

describe('checkFrameLength', () => {
  const valid = [0, 1, 125, 2 ** 32, 2 ** 53 - 1, 0n, 1n, 2n ** 53n, 2n ** 63n - 1n];
  for (const length of valid) {
    it(`returns ${typeof length} ${String(length)}`, () => {
      assert.equal(checkFrameLength(length), length);
    });
  }

  const invalid = [-1, 0.5, 2 ** 53, 0x7fff_ffff_ffff_ffff, NaN, Infinity, -Infinity, -1n, 2n ** 63n, 2n ** 64n];
  for (const length of invalid) {
    it(`refuses ${typeof length} ${String(length)}, and says so`, () => {
      assert.throws(
        () => checkFrameLength(length),
        (error) => {
          assert.ok(error instanceof LocalUsageError);
          assert.match(error.message, /^frame length is .*, expected an integer from 0 to 2\^63−1/);
          assert.ok(error.message.includes(`is ${String(length)},`));
          return true;
        },
      );
    });
  }
});
