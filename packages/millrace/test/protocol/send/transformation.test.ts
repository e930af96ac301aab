import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { PulledPiece } from '../../../src/protocol/base/transform.ts';
import { SLICE, Transformation, type Load } from '../../../src/protocol/send/transformation.ts';
import { hex } from '../../helpers/bytes.ts';
import { LOSSES, losablePayload } from '../../helpers/lost-payload.ts';
import { Scheduling } from '../../helpers/scheduling.ts';
import { TestSendTransform, type TestSendTransformSetup } from '../../helpers/send-transforms.ts';
import { increment, tick } from '../../helpers/transforms.ts';

const MESSAGE = { opcode: 2, reservedBits: 0, compress: undefined, length: undefined };

/** A transformation in front of a scheduler, with a log of what it tells. */
class Transforming {
  readonly log: string[] = [];
  readonly scheduling = new Scheduling();
  readonly transform: TestSendTransform;
  readonly transformation: Transformation;
  isFull = false;

  constructor(setup: Partial<TestSendTransformSetup> = {}) {
    this.transform = new TestSendTransform({ change: increment, ...setup });
    this.transformation = new Transformation({
      scheduler: this.scheduling.scheduler,
      transform: this.transform,
      isFull: () => this.isFull,
      onPayloadLost: (size) => this.log.push(`lost payload ${size}`),
      now: () => 0,
      onJobBegun: () => this.log.push('job begun'),
      onJobEnded: (proceed) => {
        this.log.push('job ended');
        proceed();
      },
    });
  }

  /** Begins a message, whose frames have no more than `fragmentSize` bytes. */
  begin(fragmentSize = Infinity): boolean {
    return this.transformation.begin(MESSAGE, fragmentSize);
  }

  /** Has payload go through that tells when it was taken. */
  start(payload: Uint8Array, load: Partial<Load> = {}): void {
    const onTaken = (): void => void this.log.push('taken');
    const { length: size } = payload;
    this.transformation.start({ payload, size, isOwn: false, signal: 'end', onTaken, ...load });
  }

  /** Ends the job that is under way. */
  async finish(): Promise<void> {
    this.transform.jobs[0]?.finish();
    await tick();
  }

  take(): string {
    return this.scheduling.take();
  }
}

describe('Transformation', () => {
  it('sends a whole message as one frame, with the bits of the application and of the transform', () => {
    const { transformation, transform, log, scheduling } = new Transforming();
    const onTaken = (): void => void log.push('taken');
    const payload = hex('01 02');

    assert.equal(transformation.begin({ ...MESSAGE, reservedBits: 0b100 }, Infinity), true);
    assert.equal(transformation.hasMessage, true);
    const onFramed = (): void => void log.push('framed');
    transformation.start({ payload, size: 2, isOwn: false, signal: 'end', onTaken, onFramed });

    assert.equal(scheduling.take(), 'e2 02 02 03');
    assert.deepEqual(transform.calls, ['push 2', 'end']);
    assert.deepEqual(log, ['taken', 'framed']);
    assert.deepEqual(
      [transformation.hasMessage, transformation.isBusy, transformation.isStalled],
      [false, false, false],
    );
  });

  it('passes a message by that the transform does not change', () => {
    const transforming = new Transforming({ applies: () => false });

    assert.equal(transforming.begin(), false);

    assert.equal(transforming.transformation.hasMessage, false);
  });

  it('sends an empty message, of which nothing comes out', () => {
    const transforming = new Transforming();
    transforming.begin();

    transforming.start(hex(''));

    assert.equal(transforming.take(), 'a2 00');
    assert.deepEqual(transforming.transform.calls, ['end']);
    assert.deepEqual(transforming.log, ['taken']);
  });

  it('gives a copy of what belongs to somebody else, and what is its own as it is', () => {
    for (const isOwn of [false, true]) {
      const transforming = new Transforming();
      const pushed: Uint8Array[] = [];
      transforming.transform.push = (chunk) => void pushed.push(chunk);
      const payload = hex('01 02');
      transforming.begin();

      transforming.start(payload, { isOwn });

      assert.deepEqual(pushed, [payload]);
      assert.equal(pushed[0]?.buffer === payload.buffer, isOwn);
    }
  });

  it('cuts what comes out to fragmentSize', () => {
    const transforming = new Transforming({ pieceSize: 3 });
    transforming.begin(2);

    transforming.start(hex('00 01 02 03 04'));

    assert.equal(transforming.take(), '22 02 01 02 00 01 03 80 02 04 05');
  });

  it('sends what comes out of a flush, and what comes behind it in the same message', () => {
    const transforming = new Transforming({ keeps: true });
    transforming.begin();

    transforming.start(hex('01'), { signal: 'flush' });
    assert.equal(transforming.take(), '22 01 02');
    assert.equal(transforming.transformation.hasMessage, true);
    transforming.start(hex('03 04'), { signal: 'flush' });
    assert.equal(transforming.take(), '00 02 04 05');
    transforming.start(hex(''));

    assert.equal(transforming.take(), '80 00');
    assert.deepEqual(transforming.transform.calls, ['push 1', 'flush', 'push 2', 'flush', 'end']);
    assert.deepEqual(transforming.scheduling.told, ['message']);
  });

  it('sends nothing of payload that the transform keeps', () => {
    const transforming = new Transforming({ keeps: true });
    transforming.begin();

    transforming.start(hex('01'), { signal: undefined });
    transforming.start(hex(''), { signal: undefined });
    assert.equal(transforming.take(), '');
    assert.equal(transforming.transformation.isBusy, false);
    transforming.start(hex('02'));

    assert.equal(transforming.take(), 'a2 02 02 03');
    assert.deepEqual(transforming.transform.calls, ['push 1', 'push 1', 'end']);
  });

  it('adds bits of the application until the first frame is written', () => {
    const transforming = new Transforming();
    const { transformation } = transforming;
    transformation.addReservedBits(0b001);
    transforming.begin();

    transformation.addReservedBits(0);
    transformation.addReservedBits(0b100);
    transforming.start(hex('01'), { signal: 'flush' });
    transformation.addReservedBits(0b001);
    transforming.start(hex('02'));

    assert.equal(transforming.take(), '62 01 02 80 01 03');
  });

  it('gives the transform a slice at a time, and counts what goes in and comes out', () => {
    const half = (bytes: Uint8Array): Uint8Array => bytes.subarray(0, bytes.length / 2);
    const transforming = new Transforming({ change: half });
    const { transformation, transform } = transforming;
    const pending: number[] = [];
    const pull = transform.pull.bind(transform);
    transform.pull = (signal): ReturnType<typeof pull> => {
      pending.push(transformation.pendingSize);
      return pull(signal);
    };
    transforming.begin();

    transforming.start(new Uint8Array(2 * SLICE + 2));

    assert.deepEqual(transform.calls, [`push ${SLICE}`, `push ${SLICE}`, 'push 2', 'end']);
    assert.deepEqual([...new Set(pending)], [2 * SLICE + 2, SLICE + 2, SLICE]);
    assert.equal(transformation.pendingSize, 0);
    assert.deepEqual([transformation.bytesBefore, transformation.bytesAfter], [2 * SLICE + 2, SLICE + 1]);
    assert.deepEqual(transforming.log, ['taken']);
  });

  it('stops while the transport has enough to do, once there is output', () => {
    const transforming = new Transforming({ pieceSize: 1 });
    const { transformation } = transforming;
    transforming.isFull = true;
    transforming.begin();

    transforming.start(hex('01 02'));
    assert.deepEqual([transformation.isBusy, transformation.isStalled], [true, true]);
    assert.equal(transformation.bytesAfter, 1);
    transformation.proceed();
    assert.equal(transformation.bytesAfter, 1);
    assert.equal(transforming.take(), '', 'that piece may be the last');
    transforming.isFull = false;
    transformation.proceed();

    assert.equal(transforming.take(), '22 01 02 80 01 03');
    assert.equal(transformation.isStalled, false);
  });

  it('waits for pieces that take time, and goes on by itself', async () => {
    const transforming = new Transforming({ isLater: () => true, pieceSize: 1 });
    const { transformation, log } = transforming;
    transforming.begin();

    transforming.start(hex('01 02'));
    assert.deepEqual([transformation.isBusy, transformation.isStalled], [true, false]);
    transformation.proceed();
    assert.equal(transforming.transform.jobs.length, 1);
    await transforming.finish();
    assert.equal(transforming.take(), '');
    await transforming.finish();
    assert.equal(transforming.take(), '22 01 02');
    await transforming.finish();
    assert.equal(transforming.transform.jobs.length, 0);

    assert.equal(transforming.take(), '80 01 03');
    assert.deepEqual(log, ['taken', ...Array<string[]>(3).fill(['job begun', 'job ended']).flat()]);
    assert.equal(transformation.isBusy, false);
  });

  it('fails where the transform gives an empty piece', () => {
    const transforming = new Transforming();
    transforming.transform.pull = () => hex('');
    transforming.begin();

    assert.throws(() => transforming.start(hex('01')), new Error('an extension has given an empty piece'));
  });

  it('sends nothing where no message was begun', () => {
    const transforming = new Transforming();

    transforming.start(hex('01'));

    assert.equal(transforming.take(), '');
    assert.equal(transforming.transformation.isBusy, false);
  });

  for (const loss of LOSSES) {
    it(`gives up a message whose payload was ${loss}`, () => {
      const transforming = new Transforming({ pieceSize: SLICE });
      const { transformation } = transforming;
      const { bytes, lose } = losablePayload(loss, SLICE + 1);
      transforming.isFull = true;
      transforming.begin();
      transforming.start(bytes);

      lose();
      transforming.isFull = false;
      transformation.proceed();

      assert.deepEqual(transforming.log, [`lost payload ${SLICE + 1}`]);
      assert.deepEqual(transforming.transform.calls, [`push ${SLICE}`]);
      assert.deepEqual([transformation.hasMessage, transformation.isBusy], [false, false]);
      assert.equal(transforming.take(), '');
    });
  }

  it('gives up one whose payload was lost before it could begin', () => {
    const transforming = new Transforming();
    transforming.begin();

    transforming.start(hex(''), { size: 3 });

    assert.deepEqual(transforming.log, ['lost payload 3']);
    assert.equal(transforming.transformation.hasMessage, false);
    assert.equal(transforming.take(), '');
  });

  describe('cancel', () => {
    it('gives the load that was not given on completely', () => {
      for (const size of [SLICE, SLICE + 1]) {
        const transforming = new Transforming();
        const { transformation } = transforming;
        const payload = new Uint8Array(size);
        transforming.isFull = true;
        transforming.begin();
        transforming.start(payload);

        assert.equal(transformation.cancel()?.payload, size > SLICE ? payload : undefined);

        assert.deepEqual(
          [transformation.hasMessage, transformation.isBusy, transformation.pendingSize],
          [false, false, 0],
        );
      }
    });

    it('gives nothing where nothing is under way', () => {
      const { transformation } = new Transforming();

      assert.equal(transformation.cancel(), undefined);
    });

    it('ends the job that is under way, whose result comes too late', async () => {
      const transforming = new Transforming({ isLater: () => true });
      const { transformation, transform } = transforming;
      transforming.begin();
      transforming.start(hex('01'));

      transformation.cancel();
      assert.equal(transform.jobs[0]?.signal.aborted, true);
      await transforming.finish();

      assert.deepEqual(transforming.log, ['taken', 'job begun', 'job ended']);
      assert.equal(transforming.take(), '');
    });

    it('may come while the transform is asked for a piece, which is of no use then', () => {
      const pieces: PulledPiece[] = [undefined, hex('07')];
      for (const piece of pieces) {
        const transforming = new Transforming();
        const { transform, transformation } = transforming;
        const pull = transform.pull.bind(transform);
        transform.pull = () => {
          transformation.cancel();
          return piece;
        };
        transforming.begin();

        transforming.start(hex('01'));
        assert.equal(transformation.isBusy, false);
        assert.equal(transforming.take(), '');
        transform.pull = pull;
        transforming.begin();
        transforming.start(hex(''));

        assert.equal(transforming.take(), 'a2 01 02', 'the transform still had that, and the next message is its own');
      }
    });
  });
});
