import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { ENTRY_COST } from '../../../src/protocol/base/costs.ts';
import { PreparedMessage } from '../../../src/protocol/send/prepared-message.ts';
import { SendPipeline } from '../../../src/protocol/send/send-pipeline.ts';
import { SLICE } from '../../../src/protocol/send/transformation.ts';
import { portableTextCodec } from '../../../src/protocol/wire/text-codec.ts';
import { hex } from '../../helpers/bytes.ts';
import { losablePayload } from '../../helpers/lost-payload.ts';
import { Scheduling } from '../../helpers/scheduling.ts';
import { TestSendTransform, type TestSendTransformSetup } from '../../helpers/send-transforms.ts';
import { increment, tick } from '../../helpers/transforms.ts';

const BINARY = { opcode: 2 };
const TEXT = { opcode: 1 };
const CLOSE = hex('03 e8');
const KIB = 1024;
/** Longer than what is copied when it has to wait. */
const LONG = 64 * KIB + 1;

/** A pipeline in front of a scheduler, with a log of what it tells. */
class Piping {
  readonly log: string[] = [];
  readonly scheduling = new Scheduling();
  readonly transform: TestSendTransform;
  readonly pipeline: SendPipeline;
  isFull = false;
  /** How often it told that there may be output. */
  outputs = 0;

  constructor(setup: Partial<TestSendTransformSetup> = {}, fragmentSize = 1024 * KIB) {
    this.transform = new TestSendTransform({ change: increment, ...setup });
    this.pipeline = new SendPipeline({
      scheduler: this.scheduling.scheduler,
      transform: this.transform,
      text: portableTextCodec,
      fragmentSize,
      now: () => 1000,
      isFull: () => this.isFull,
      listener: {
        onMessageSent: () => this.log.push('sent'),
        onSendError: (error) => this.log.push(`error: ${error.message}`),
        onPayloadLost: (size) => this.log.push(`lost payload ${size}`),
        onLaterOutput: () => this.outputs++,
      },
    });
  }

  /** Sends a message that tells what becomes of it. */
  send(name: string, payload: string | Uint8Array): void {
    const onTaken = (): void => void this.log.push(`${name} taken`);
    const onLost = (error: Error): void => void this.log.push(`${name} lost: ${error.message}`);
    this.pipeline.sendMessage(payload, { opcode: typeof payload === 'string' ? 1 : 2, onTaken, onLost });
  }

  /** Ends the job that is under way. */
  async finish(): Promise<void> {
    this.transform.jobs[0]?.finish();
    await tick();
  }

  /** Ends jobs until there are none. */
  async finishAll(): Promise<void> {
    while (this.transform.jobs.length > 0) await this.finish();
  }

  take(): string {
    return this.scheduling.take();
  }
}

/** A pipeline whose transform takes its time. */
function slow(setup: Partial<TestSendTransformSetup> = {}): Piping {
  return new Piping({ isLater: () => true, ...setup });
}

/** A transform of messages of bytes alone. */
const BINARY_ONLY = { applies: ({ opcode }: { opcode: number }): boolean => opcode === 2 };

describe('SendPipeline', () => {
  describe('sendMessage', () => {
    it('has bytes and text go through the transform', () => {
      const { pipeline, scheduling, transform } = new Piping();

      pipeline.sendMessage(hex('01 02'), { ...BINARY, reservedBits: 0b100, compress: false });
      pipeline.sendMessage('é', TEXT);

      assert.equal(scheduling.take(), 'e2 02 02 03 a1 02 c4 aa');
      assert.deepEqual(transform.messages, [
        { opcode: 2, reservedBits: 0b100, compress: false, length: 2 },
        { opcode: 1, reservedBits: 0, compress: undefined, length: 2 },
      ]);
      assert.deepEqual(pipeline.counts, { uncompressedBytesSent: 4, compressedBytesSent: 4 });
    });

    it('sends what the transform does not change as it is, and counts it not', () => {
      const piping = new Piping({ applies: () => false });

      piping.send('bytes', hex('01'));
      piping.send('text', 'a');

      assert.equal(piping.take(), '82 01 01 81 01 61');
      assert.deepEqual(piping.log, ['bytes taken', 'text taken']);
      assert.deepEqual(piping.pipeline.counts, { uncompressedBytesSent: 0, compressedBytesSent: 0 });
    });

    it('cuts to the fragmentSize of the message, or else its own', () => {
      const { pipeline, scheduling } = new Piping({}, 2);

      pipeline.sendMessage(hex('01 02 03'), BINARY);
      assert.equal(scheduling.take(), '22 02 02 03 80 01 04');
      pipeline.sendMessage(hex('01 02 03'), { ...BINARY, fragmentSize: 3 });

      assert.equal(scheduling.take(), 'a2 03 02 03 04');
    });

    it('has messages wait behind one that takes time, with their formats', async () => {
      const piping = slow();
      const { pipeline } = piping;
      piping.send('a', hex('01'));
      piping.send('b', 'b');
      pipeline.sendMessage(hex('03 04'), { ...BINARY, reservedBits: 0b100, fragmentSize: 1, compress: true });
      assert.equal(pipeline.pendingSize, 4);
      assert.equal(pipeline.pendingCost, 4 + 2 * ENTRY_COST);
      assert.deepEqual(piping.log, ['a taken', 'b taken']);

      await piping.finishAll();

      assert.equal(piping.take(), 'a2 01 02 a1 01 63 62 01 04 80 01 05');
      assert.equal(piping.transform.messages[2]?.compress, true);
      assert.deepEqual([pipeline.pendingSize, pipeline.pendingCost], [0, 0]);
    });

    it('copies what has to wait if it is short, and leaves it where it is if it is long', async () => {
      const piping = slow();
      const [short, long] = [hex('01'), new Uint8Array(LONG)];
      piping.send('first', hex('00'));
      piping.send('short', short);
      piping.send('long', long);
      assert.deepEqual(piping.log, ['first taken', 'short taken']);

      for (const payload of [short, long]) payload.fill(7);
      await piping.finishAll();

      assert.equal(piping.log.at(-1), 'long taken');
      assert.match(piping.take(), /^a2 01 01 a2 01 02 22 7f 00 00 00 00 00 01 00 00 08 08 .* 08 80 01 08$/);
    });

    it('takes at once what is short enough to be copied, or to go through at once', () => {
      const piping = slow();
      const takes = (sizes: number[]): boolean[] => sizes.map((size) => piping.pipeline.takesAtOnce(size));

      assert.deepEqual(takes([SLICE, SLICE + 1]), [true, false]);
      piping.send('it', 'a');

      assert.deepEqual(takes([LONG - 1, LONG]), [true, false]);
    });

    it('tells of long payloads that were lost while they waited, and their senders when the connection has ended', async () => {
      const piping = slow();
      const [told, untold] = [losablePayload('detached', LONG), losablePayload('shrunk', LONG + 1)];
      piping.send('first', 'a');
      piping.send('it', told.bytes);
      piping.pipeline.sendMessage(untold.bytes, BINARY);
      piping.send('last', 'b');
      for (const { lose } of [told, untold]) lose();
      piping.log.length = 0;

      await piping.finishAll();
      assert.deepEqual(piping.log, [`lost payload ${LONG}`, `lost payload ${LONG + 1}`]);
      assert.equal(piping.pipeline.lostSize, 2 * LONG + 1);
      assert.equal(piping.take(), 'a1 01 62 a1 01 63');
      piping.pipeline.end(new Error('over'));

      assert.equal(piping.log.at(-1), 'it lost: over');
    });

    it('tells of a payload that was lost while it went through, and its sender when the connection has ended', () => {
      const piping = new Piping({ pieceSize: SLICE });
      const { bytes, lose } = losablePayload('detached', SLICE + 1);
      piping.isFull = true;
      piping.send('it', bytes);
      piping.send('next', 'a');
      lose();

      piping.isFull = false;
      piping.pipeline.proceed();

      assert.deepEqual(piping.log, ['next taken', `lost payload ${SLICE + 1}`]);
      assert.equal(piping.pipeline.lostSize, SLICE + 1);
      piping.pipeline.end(new Error('over'));
      assert.equal(piping.log.at(-1), 'it lost: over');
    });

    it('puts off what it is told while it tells of something', () => {
      const piping = new Piping();
      const { pipeline } = piping;
      const onTaken = (): void => {
        piping.send('b', 'b');
        assert.equal(pipeline.pendingSize, 2, 'both wait');
        pipeline.proceed();
        assert.equal(piping.take(), '');
      };

      pipeline.sendMessage('a', { ...TEXT, onTaken });

      assert.equal(piping.take(), 'a1 01 62 a1 01 63');
      assert.equal(piping.outputs, 0);
    });
  });

  describe('onFramed', () => {
    it('tells when all that comes out of a message, or of a frame, has become output, in order', async () => {
      const piping = slow({ applies: ({ compress }) => compress !== false });
      const { pipeline, scheduling, log } = piping;
      const told = (name: string) => () => void log.push(`${name} at ${String(scheduling.scheduler.output.size)}`);

      pipeline.sendMessage(hex('01'), { ...BINARY, onFramed: told('first') });
      pipeline.sendMessage(new Uint8Array(LONG), { ...BINARY, compress: false, onFramed: told('long') });
      pipeline.sendMessage('a', { ...TEXT, onFramed: told('copy') });
      pipeline.beginMessage(2, { compress: true });
      pipeline.sendFrame(hex('01 02'), { onFramed: told('frame') });
      pipeline.sendFrame(hex('03'), { final: true, onFramed: told('last frame') });
      assert.deepEqual(log, ['sent']);
      await piping.finishAll();

      const sizes = log
        .filter((line) => line.includes(' at '))
        .map((line) => line.replace(/\d+$/, (at) => String(Number(at) % LONG)));
      assert.deepEqual(sizes, ['first at 3', 'long at 13', 'copy at 16', 'frame at 20', 'last frame at 23']);
    });
  });

  describe('a message of frames', () => {
    it('goes through the transform frame by frame, each of use at once', () => {
      const { pipeline, scheduling, transform, log } = new Piping({ keeps: true });

      pipeline.beginMessage(2, { compress: true });
      assert.deepEqual([pipeline.insideMessage, pipeline.isFirstFrame], [true, true]);
      pipeline.sendFrame(hex('01'), { reservedBits: 0b100 });
      assert.equal(scheduling.take(), '62 01 02');
      assert.equal(pipeline.isFirstFrame, false);
      pipeline.sendFrame(hex('03'));
      assert.equal(scheduling.take(), '00 01 04');
      assert.deepEqual(log, []);
      pipeline.endMessage();

      assert.equal(scheduling.take(), '80 00');
      assert.equal(pipeline.insideMessage, false);
      assert.deepEqual(log, ['sent']);
      assert.deepEqual(transform.messages, [{ opcode: 2, reservedBits: 0, compress: true, length: undefined }]);
    });

    it('may be ended by its last frame', () => {
      const piping = new Piping();

      piping.pipeline.beginMessage(2);
      piping.pipeline.sendFrame(hex('01'), { final: true });
      assert.deepEqual(piping.log, ['sent']);
      piping.pipeline.endMessage();

      assert.equal(piping.take(), 'a2 01 02');
      assert.deepEqual(piping.log, ['sent']);
      assert.throws(() => piping.pipeline.endMessage(), /no message is open/);
    });

    it('goes as it is where the transform does not change it', () => {
      const piping = new Piping({ applies: () => false });
      const { pipeline } = piping;

      pipeline.beginMessage(1);
      pipeline.sendFrame(hex('61'), { reservedBits: 0b100 });
      pipeline.beginFrame(3);
      assert.deepEqual([pipeline.insideFrame, pipeline.missing], [true, 3]);
      assert.throws(() => pipeline.endMessage(), /3 bytes of its payload are missing/);
      assert.equal(pipeline.sendFrameData(hex('')), 3);
      assert.equal(pipeline.sendFrameData(hex('62')), 2);
      assert.equal(pipeline.sendFrameData(hex('63 64 65 66')), -2);
      pipeline.endMessage();

      assert.equal(piping.take(), '41 01 61 00 03 62 63 64 80 00');
    });

    it('has no frames of declared length where the transform changes it', () => {
      const piping = new Piping();

      piping.pipeline.beginMessage(2);
      assert.throws(() => piping.pipeline.beginFrame(1), {
        name: 'LocalUsageError',
        message: /an extension changes the message, so that the length of a frame cannot be declared/,
      });
      piping.pipeline.endMessage();

      assert.equal(piping.take(), 'a2 00');
    });

    it('says what is out of place', () => {
      const { pipeline } = new Piping();

      assert.throws(() => pipeline.sendFrame(hex('')), /sendMessageFrame: no message is open/);
      assert.throws(() => pipeline.beginFrame(1), /beginMessageFrame: no message is open/);
      assert.throws(() => pipeline.expectMessage('it'), /it: no message is open/);
      assert.throws(() => pipeline.expectFrame(), /no frame is open/);
      assert.throws(() => pipeline.sendFrameData(hex('01')), /no frame is open/);
      pipeline.beginMessage(2);
      assert.throws(() => pipeline.beginMessage(2), /a message is open/);
    });

    it('waits in copies behind one that takes time', async () => {
      const piping = slow({ applies: ({ length }) => length !== undefined });
      const { pipeline } = piping;
      const [frame, data] = [hex('02'), hex('03 04')];
      piping.send('first', hex('00'));
      pipeline.beginMessage(2);
      pipeline.sendFrame(frame);
      pipeline.beginFrame(2);
      assert.equal(pipeline.sendFrameData(data), 0);
      pipeline.endMessage();
      assert.deepEqual(piping.log, ['first taken', 'sent']);
      assert.equal(pipeline.pendingSize, 4);
      for (const bytes of [frame, data]) bytes.fill(0);

      await piping.finishAll();

      assert.equal(piping.take(), 'a2 01 01 02 01 02 00 02 03 04 80 00');
    });

    it('goes through the transform though it was begun with frames of declared length, while it had to wait', async () => {
      const piping = slow();
      const { pipeline } = piping;
      piping.send('first', hex('00'));
      pipeline.beginMessage(2);
      pipeline.beginFrame(2);
      assert.equal(pipeline.sendFrameData(hex('01')), 1);
      assert.equal(pipeline.sendFrameData(hex('02')), 0);
      pipeline.beginFrame(1, { final: true });
      assert.equal(pipeline.sendFrameData(hex('03')), 0);
      assert.equal(pipeline.insideMessage, false);
      pipeline.beginMessage(1);
      pipeline.beginFrame(0, { final: true });
      assert.deepEqual(piping.log, ['first taken', 'sent', 'sent']);

      await piping.finishAll();

      assert.equal(piping.take(), 'a2 01 01 22 01 02 00 01 03 80 01 04 a1 00');
    });

    it('copies a frame that does not go through at once', () => {
      const piping = new Piping({ pieceSize: SLICE });
      const payload = new Uint8Array(SLICE + 1);
      piping.isFull = true;
      piping.pipeline.beginMessage(2);
      piping.pipeline.sendFrame(payload);

      payload.fill(7);
      piping.isFull = false;
      piping.pipeline.proceed();

      assert.match(piping.take(), /^22 7f 00 00 00 00 00 04 00 00 01 [01 ]* 01 00 01 01$/);
    });
  });

  describe('sendPreparedMessage', () => {
    it('has the payload go through the transform, unless it passes it by', () => {
      const piping = new Piping(BINARY_ONLY);

      piping.pipeline.sendPreparedMessage(new PreparedMessage(hex('01'), 2, { compress: true }));
      piping.pipeline.sendPreparedMessage(new PreparedMessage(hex('61'), 1));

      assert.equal(piping.take(), 'a2 01 02 81 01 61');
      assert.deepEqual(piping.transform.messages[0], { opcode: 2, reservedBits: 0, compress: true, length: 1 });
    });

    it('waits behind a message that takes time', async () => {
      const piping = slow(BINARY_ONLY);
      piping.send('first', hex('00'));
      piping.pipeline.sendPreparedMessage(new PreparedMessage(hex('61 62'), 1));
      assert.equal(piping.pipeline.pendingSize, 3);

      await piping.finishAll();

      assert.equal(piping.take(), 'a2 01 01 81 02 61 62');
    });

    it('is transformed once for all, at once or later', async () => {
      for (const isLater of [false, true]) {
        const calls: string[] = [];
        const transform = (payload: Uint8Array): Uint8Array | Promise<Uint8Array> => {
          calls.push('transform');
          const longer = hex('00 00 00').map((_, index) => (payload[0] ?? 0) + index);
          return isLater ? Promise.resolve(longer) : longer;
        };
        const shared = { key: 'it', transform, onSent: () => calls.push('sent') };
        const [one, other] = [new Piping({ ...BINARY_ONLY, shared }), new Piping({ ...BINARY_ONLY, shared })];
        const message = new PreparedMessage(hex('01'), 2);

        for (const { pipeline } of [one, other]) {
          pipeline.sendPreparedMessage(message);
          pipeline.sendPreparedMessage(new PreparedMessage(hex('61'), 1));
        }
        assert.equal(one.pipeline.deadline, isLater ? 31_000 : Infinity);
        await tick();

        for (const piping of [one, other]) {
          assert.equal(piping.take(), 'a2 03 01 02 03 81 01 61');
          assert.deepEqual(piping.pipeline.counts, { uncompressedBytesSent: 1, compressedBytesSent: 3 });
          assert.equal(piping.outputs, isLater ? 1 : 0);
        }
        assert.deepEqual(calls, ['transform', 'sent', 'sent']);
        assert.deepEqual(one.transform.calls, [], 'nothing was pushed');
      }
    });
  });

  describe('proceed', () => {
    it('goes on when the transport has less to do, and tells of output', () => {
      const piping = new Piping({ pieceSize: 1 });
      const { pipeline } = piping;
      piping.isFull = true;
      piping.send('a', hex('01 02'));
      piping.send('b', hex('03'));

      pipeline.proceed();
      assert.deepEqual([piping.outputs, piping.take()], [0, '']);
      piping.isFull = false;
      pipeline.proceed();

      assert.deepEqual([piping.outputs, piping.take()], [1, '22 01 02 80 01 03 a2 01 04']);
    });

    it('does nothing where nothing waits for that', () => {
      const [idle, busy] = [new Piping(), slow()];
      busy.send('a', hex('01'));

      for (const { pipeline } of [idle, busy]) pipeline.proceed();

      assert.deepEqual([idle.outputs, busy.outputs], [0, 0]);
      assert.equal(busy.transform.jobs.length, 1);
    });
  });

  describe('a transform that fails', () => {
    it('is told of, at once or later', async () => {
      const [atOnce, later] = [new Piping(), slow()];
      atOnce.transform.push = () => {
        throw new Error('broken');
      };

      for (const { pipeline } of [atOnce, later]) pipeline.sendMessage(hex('01'), BINARY);
      assert.deepEqual([atOnce.log, later.log], [['error: broken'], []]);
      later.transform.jobs[0]?.fail(new Error('broken later'));
      await tick();

      assert.deepEqual(later.log, ['error: broken later']);
      assert.deepEqual([atOnce.take(), later.take()], ['', '']);
    });

    it('is told of where it makes a prepared message for all', async () => {
      const transform = async (): Promise<Uint8Array> => Promise.reject(new Error('broken'));
      const piping = new Piping({ shared: { key: 'it', transform, onSent: () => piping.log.push('sent') } });

      piping.pipeline.sendPreparedMessage(new PreparedMessage(hex('01'), 2));
      await tick();

      assert.deepEqual(piping.log, ['error: broken']);
    });
  });

  describe('abandon', () => {
    it('sends Close behind what was given', async () => {
      const piping = slow();
      piping.send('a', hex('01'));
      piping.send('b', hex('02'));

      piping.pipeline.abandon(CLOSE);
      assert.equal(piping.take(), '');
      await piping.finishAll();

      assert.equal(piping.take(), 'a2 01 02 a2 01 03 88 02 03 e8');
    });

    it('gives up a message that is open and has to wait, and nothing else', async () => {
      const piping = slow();
      const { pipeline } = piping;
      piping.send('a', hex('01'));
      pipeline.beginMessage(2);
      pipeline.sendFrame(hex('02'), { final: true });
      pipeline.beginMessage(2);
      pipeline.sendFrame(hex('03 04 05'));
      assert.equal(pipeline.pendingSize, 5);

      pipeline.abandon(CLOSE);
      assert.equal(pipeline.insideMessage, false);
      assert.equal(pipeline.pendingSize, 4, 'Close waits, too');
      await piping.finishAll();

      assert.equal(piping.take(), 'a2 01 02 a2 01 03 88 02 03 e8');
    });

    it('gives up one that goes through the transform, without waiting for it', async () => {
      const piping = slow();
      const { pipeline } = piping;
      pipeline.beginMessage(2);
      pipeline.sendFrame(hex('01'));
      pipeline.sendFrame(hex('02'));

      pipeline.abandon(CLOSE);
      assert.equal(piping.take(), '88 02 03 e8');
      assert.equal(piping.transform.jobs[0]?.signal.aborted, true);
      assert.deepEqual([pipeline.insideMessage, pipeline.pendingSize], [false, 0]);
      await piping.finish();

      assert.equal(piping.take(), '');
      assert.deepEqual(piping.transform.calls, ['push 1', 'flush']);
    });

    it('completes a frame that is on the wire', () => {
      const { pipeline, scheduling } = new Piping({ applies: () => false });
      pipeline.beginMessage(2);
      pipeline.beginFrame(2);

      pipeline.abandon(CLOSE);
      assert.equal(scheduling.take(), '02 02');
      assert.equal(pipeline.insideFrame, true);
      pipeline.sendFrameData(hex('01 02'));

      assert.equal(scheduling.take(), '01 02 88 02 03 e8');
    });
  });

  describe('cutOpenFrame', () => {
    it('gives up what has not become output, and says whether another frame can follow', () => {
      for (const hasLeft of [false, true]) {
        const piping = new Piping({ applies: () => false });
        piping.pipeline.beginMessage(2);
        piping.pipeline.beginFrame(2);
        if (hasLeft) assert.equal(piping.take(), '02 02');

        assert.equal(piping.pipeline.cutOpenFrame(), !hasLeft);

        assert.equal(piping.take(), '');
        assert.deepEqual([piping.pipeline.insideMessage, piping.pipeline.insideFrame], [false, false]);
      }
    });

    it('ends the job that is under way, and forgets what waits', async () => {
      const piping = slow();
      const { pipeline } = piping;
      piping.send('a', hex('01'));
      pipeline.beginMessage(2);
      pipeline.sendFrame(hex('02'));
      assert.equal(pipeline.deadline, 31_000);

      assert.equal(pipeline.cutOpenFrame(), true);
      assert.equal(piping.transform.jobs[0]?.signal.aborted, true);
      assert.deepEqual([pipeline.pendingSize, pipeline.insideMessage, pipeline.deadline], [0, false, Infinity]);
      await piping.finish();

      assert.equal(piping.take(), '');
    });
  });

  describe('the end', () => {
    it('is told, once, to whoever waits for what was given up: memory that is still in use', () => {
      const piping = slow();
      const { pipeline } = piping;
      piping.send('going through', new Uint8Array(SLICE + 1));
      piping.send('waiting', new Uint8Array(LONG));
      piping.send('copied', hex('01'));
      pipeline.sendPreparedMessage(new PreparedMessage(hex('02'), 2));
      assert.deepEqual(piping.log, ['copied taken']);

      pipeline.cutOpenFrame();
      assert.deepEqual(piping.log, ['copied taken'], 'not before the end');
      pipeline.end(new Error('over'));
      pipeline.end(new Error('again'));

      assert.deepEqual(
        new Set(piping.log),
        new Set(['copied taken', 'going through lost: over', 'waiting lost: over']),
      );
      assert.equal(piping.log.length, 3);
    });

    it('has nothing more come out of a job', async () => {
      const piping = slow();
      piping.send('a', hex('01'));

      piping.pipeline.end(new Error('over'));
      await piping.finish();

      assert.equal(piping.take(), '');
      assert.deepEqual(piping.log, ['a taken']);
    });
  });
});
