import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { ENTRY_COST } from '../../../../src/protocol/base/costs.ts';
import { InvalidPayloadError } from '../../../../src/protocol/base/errors.ts';
import { HoldReason } from '../../../../src/protocol/receive/read-ahead.ts';
import { hex, toHex } from '../../../helpers/bytes.ts';
import { frame } from '../../../helpers/frames.ts';
import { createRandom } from '../../../helpers/random.ts';
import { Receiving } from '../../../helpers/receiving.ts';
import { splits } from '../../../helpers/splits.ts';
import { TestTransform, double, increment, tick } from '../../../helpers/transforms.ts';

const later = (): boolean => true;
const random = createRandom(5);

/** Ends all jobs of `transforms`, one after the other, until there are none. */
async function finishJobs(...transforms: readonly TestTransform[]): Promise<void> {
  for (;;) {
    const job = transforms.flatMap(({ jobs }) => jobs)[0];
    if (job === undefined) return;
    job.finish();
    await tick();
  }
}

/** Two messages, the first in fragments with a Ping between them, and an empty one. */
const STREAM = hex('02 02 10 20 89 01 07 00 00 80 01 30 82 01 40 82 00');

/** What comes of it where each byte is incremented, or given twice and incremented. */
const INCREMENTED = [
  ...['begin 2', 'frame 2', 'data 11 21', 'frame end', 'control 9: 07', 'frame 0', 'frame end'],
  ...['frame 1 fin', 'data 31', 'frame end', 'end'],
  ...['begin 2', 'frame 1 fin', 'data 41', 'frame end', 'end'],
  ...['begin 2', 'frame 0 fin', 'frame end', 'end'],
];

describe('TransformStage', () => {
  for (const [way, isLater] of [
    ['at once', () => false],
    ['later', later],
    ['now at once, now later', () => random(2) === 0],
  ] as const) {
    it(`passes payload through a transform that gives ${way}, however the stream is cut`, async () => {
      for (const chunks of splits(STREAM)) {
        const transform = new TestTransform({ change: increment, isLater });
        const receiving = new Receiving({ transforms: [transform] });

        receiving.feed(chunks);
        await finishJobs(transform);

        assert.deepEqual(receiving.log.merged, INCREMENTED);
        assert.deepEqual(receiving.errors, []);
      }
    });

    it(`undoes the last of several transforms that give ${way} first`, async () => {
      for (const chunks of splits(STREAM)) {
        // What is sent went through the first one first.
        const first = new TestTransform({ change: double, isLater, pieceSize: 1 });
        const middle = new TestTransform({ change: increment, isLater, keepsAll: true });
        const last = new TestTransform({ change: (bytes) => bytes.map((byte) => byte / 16), isLater });
        const receiving = new Receiving({ level: 'message', transforms: [first, middle, last] });

        receiving.feed(chunks);
        await finishJobs(first, middle, last);

        const lines = ['message 2: 02 02 03 03 04 04', 'message 2: 05 05', 'message 2: '];
        assert.deepEqual(
          receiving.log.lines.filter((line) => !line.startsWith('control')),
          lines,
        );
      }
    });
  }

  it('gives what is left at the end of a message within its last frame', () => {
    const transform = new TestTransform({ change: double, keepsAll: true, pieceSize: 2 });
    const receiving = new Receiving({ transforms: [transform] });

    receiving.feed([hex('02 01 aa 00 01 bb 80 00')]);

    assert.deepEqual(receiving.log.lines, [
      ...['begin 2', 'frame 1', 'frame end', 'frame 1', 'frame end'],
      ...['frame 0 fin', 'data aa aa', 'data bb bb', 'frame end', 'end'],
    ]);
  });

  it('asks of each message whether it is to be changed, by the header of its first frame', () => {
    const transform = new TestTransform({ change: increment, applies: ({ opcode }) => opcode === 2 });
    const receiving = new Receiving({ transforms: [transform] });

    receiving.feed([hex('01 01 61 80 01 62 82 01 63 81 01 64')]);

    assert.deepEqual(
      receiving.log.merged.filter((line) => line.startsWith('data')),
      ['data 61', 'data 62', 'data 64', 'data 64'],
    );
    const [opcodes, bits] = [[1, 2, 1], [0]];
    assert.deepEqual(
      transform.messages.map(({ opcode }) => opcode),
      opcodes,
    );
    assert.deepEqual([...new Set(transform.messages.map(({ reservedBits }) => reservedBits))], bits);
  });

  it('gives a transform bytes of its own, and hands on what it gives', () => {
    const pushed: Uint8Array[] = [];
    const transform = new TestTransform({
      change: (bytes) => {
        pushed.push(bytes);
        return bytes;
      },
    });
    const receiving = new Receiving({ transforms: [transform] });

    receiving.feed([hex('82 02 01 02')]);

    assert.equal(toHex(pushed[0]!), '01 02', 'the chunk was only lent');
  });

  it('has limits and the check of UTF-8 see what comes out', () => {
    for (const [limits, opcode, error] of [
      [{ maxMessageSize: 4 }, 2, { name: 'LimitExceededError', option: 'maxMessageSize' }],
      [{ maxStreamedMessageSize: 4 }, 2, { name: 'LimitExceededError', option: 'maxStreamedMessageSize' }],
      [{}, 1, { name: 'InvalidPayloadError' }],
    ] as const) {
      const transform = new TestTransform({ change: (bytes) => double(bytes.map(() => 0xff)), pieceSize: 1 });
      const receiving = new Receiving({ level: 'message', limits, transforms: [transform] });

      receiving.feed([frame({ byte0: 0x80 | opcode, payload: hex('61 62 63') })]);

      assert.equal(receiving.errors.length, 1);
      const [found] = receiving.errors;
      for (const [name, value] of Object.entries(error)) assert.equal(Reflect.get(found ?? {}, name), value);
      assert.ok(transform.pulls <= 5, 'no more is pulled than has to be');
    }
  });

  it('tells what a transform throws or rejects with', async () => {
    const corrupt = new InvalidPayloadError('corrupt', 'RFC 7692 §7');
    for (const method of ['begin', 'push', 'end', 'pull'] as const) {
      const transform = new TestTransform({ change: increment });
      transform[method] = () => {
        throw corrupt;
      };
      const receiving = new Receiving({ transforms: [transform] });

      receiving.feed([hex('82 01 01 82 01 02')]);

      assert.deepEqual(receiving.errors, [corrupt]);
      assert.ok(!receiving.log.lines.includes('end'));
    }

    const transform = new TestTransform({ change: increment, isLater: later });
    const receiving = new Receiving({ transforms: [transform] });
    receiving.feed([hex('82 01 01 82 01 02')]);
    transform.jobs[0]?.fail(corrupt);
    await tick();

    assert.deepEqual(receiving.errors, [corrupt]);
    assert.equal(receiving.inbound.isStopped, true);
  });

  describe('while a job takes time', () => {
    it('has nothing parsed, and keeps what comes', async () => {
      const transform = new TestTransform({ change: increment, isLater: later });
      const receiving = new Receiving({ transforms: [transform] });

      receiving.feed([hex('82 01 01 89 00'), hex('88 00')]);
      assert.deepEqual(receiving.log.lines, ['begin 2', 'frame 1 fin']);
      assert.equal(receiving.inbound.wantsInput, true, 'so that the end of the peer is seen');
      assert.equal(receiving.inbound.jobDeadline, 30_000);
      await finishJobs(transform);

      const lines = ['begin 2', 'frame 1 fin', 'data 02', 'frame end', 'end', 'control 9: ', 'control 8: '];
      assert.deepEqual(receiving.log.lines, lines);
      assert.equal(receiving.inbound.jobDeadline, Infinity);
    });

    it('reads on up to readAhead', async () => {
      const transform = new TestTransform({ change: increment, isLater: later });
      const receiving = new Receiving({ transforms: [transform], limits: { readAhead: 5 } });
      receiving.feed([hex('82 01 01'), hex('82 01')]);
      assert.equal(receiving.inbound.wantsInput, true);

      receiving.feed([hex('02 82 00')]);
      assert.equal(receiving.inbound.wantsInput, false);
      const before = receiving.advances;
      await finishJobs(transform);

      assert.equal(receiving.inbound.wantsInput, true);
      assert.ok(receiving.advances > before, 'its owner learns that it reads on');
    });

    it('goes on in a new turn, when this one is over', async () => {
      const transform = new TestTransform({ change: increment, isLater: later });
      const receiving = new Receiving({ transforms: [transform] });
      receiving.feed([hex('82 01 01')]);
      receiving.turnTime = 0;

      transform.jobs[0]?.finish();
      await tick();
      receiving.inbound.renewTurn();
      await finishJobs(transform);
      assert.equal(receiving.log.lines.includes('end'), false);
      receiving.turnTime = Infinity;
      receiving.inbound.renewTurn();
      await finishJobs(transform);

      assert.equal(receiving.log.lines.at(-1), 'end');
    });
  });

  describe('where the application is busy', () => {
    it('pulls no more than there is room for, and goes on when there is', () => {
      const transform = new TestTransform({ change: (bytes) => double(double(double(bytes))), pieceSize: 1 });
      const receiving = new Receiving({ transforms: [transform], limits: { readAhead: 7 * ENTRY_COST } });
      receiving.inbound.hold(HoldReason.PAUSE);

      receiving.feed([hex('82 02 01 02 82 00')]);
      assert.equal(transform.pulls, 5, 'two lines came before');
      assert.equal(receiving.inbound.wantsInput, true);
      receiving.feed([hex('82 00')]);
      receiving.inbound.release(HoldReason.PAUSE);

      assert.equal(receiving.log.lines.filter((line) => line === 'end').length, 3);
      const data = receiving.log.lines.filter((line) => line.startsWith('data'));
      assert.deepEqual(data, [...Array<string>(8).fill('data 01'), ...Array<string>(8).fill('data 02')]);
    });

    it('does not count that time as the time of a job', () => {
      const transform = new TestTransform({ change: double, pieceSize: 1 });
      const receiving = new Receiving({ transforms: [transform], limits: { readAhead: 700 } });
      receiving.inbound.hold(HoldReason.PAUSE);

      receiving.feed([hex('82 02 01 02')]);

      assert.equal(receiving.inbound.jobDeadline, Infinity);
      assert.ok(transform.pulls < 3);
    });

    it('keeps the order of two stages that both have to wait', async () => {
      for (const isLater of [later, () => false]) {
        for (const chunks of splits(hex('82 03 01 02 03 82 01 04'))) {
          const near = new TestTransform({ change: double, pieceSize: 1, isLater });
          const far = new TestTransform({ change: double, pieceSize: 1, isLater });
          const receiving = new Receiving({
            transforms: [near, far],
            limits: { readAhead: 1300 },
            onLine: (_line, inbound) => inbound.hold(HoldReason.PAUSE),
          });

          receiving.feed(chunks);
          for (let count = 0; count < 100; count++) {
            await finishJobs(near, far);
            receiving.inbound.release(HoldReason.PAUSE);
          }

          assert.deepEqual(receiving.log.merged, [
            ...['begin 2', 'frame 3 fin', 'data 01 01 01 01 02 02 02 02 03 03 03 03', 'frame end', 'end'],
            ...['begin 2', 'frame 1 fin', 'data 04 04 04 04', 'frame end', 'end'],
          ]);
        }
      }
    });
  });

  it('yields by what comes out', () => {
    const transform = new TestTransform({ change: (bytes) => new Uint8Array(2000 * bytes.length), pieceSize: 1 });
    const receiving = new Receiving({ transforms: [transform] });

    receiving.feed([hex('82 01 01')]);
    assert.equal(receiving.inbound.isTurnOver, true);
    assert.ok(transform.pulls < 1100, `${transform.pulls} pieces in one turn`);
    for (let turn = 0; turn < 2; turn++) receiving.inbound.renewTurn();

    assert.equal(receiving.log.lines.at(-1), 'end');
    assert.equal(receiving.turnsRequested, 3, 'one behind each in which something came out');
  });

  describe('when receiving ends', () => {
    it('ends a job, and takes nothing of it', async () => {
      const transform = new TestTransform({ change: increment, isLater: later });
      const receiving = new Receiving({ transforms: [transform] });
      receiving.feed([hex('82 01 01 82 01 02')]);
      const [job] = transform.jobs;

      receiving.inbound.stop();
      assert.equal(job?.signal.aborted, true);
      job.finish();
      await tick();

      assert.deepEqual(receiving.log.lines, ['begin 2', 'frame 1 fin']);
      assert.deepEqual(transform.jobs, []);
    });

    it('does not wait for a job that never ends, where messages are discarded to find a Close', () => {
      const transform = new TestTransform({ change: increment, isLater: later });
      const receiving = new Receiving({ transforms: [transform], limits: { readAhead: 0 } });
      receiving.feed([hex('82 02 01')]);

      receiving.inbound.stopWaiting();
      receiving.feed([hex('02 82 01 02 88 00')]);
      assert.deepEqual(receiving.log.lines, ['begin 2', 'frame 2 fin'], 'nothing is discarded for the job');
      receiving.inbound.hold(HoldReason.PAUSE);
      receiving.inbound.proceed();

      assert.deepEqual(receiving.log.lines, ['begin 2', 'frame 2 fin', 'control 8: ']);
      assert.equal(receiving.inbound.bytesDiscarded, 2);
    });
  });
});
