import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { PreparedMessage } from '../../../src/protocol/send/prepared-message.ts';
import { SendPipeline } from '../../../src/protocol/send/send-pipeline.ts';
import { portableTextCodec } from '../../../src/protocol/wire/text-codec.ts';
import { hex } from '../../helpers/bytes.ts';
import { Scheduling } from '../../helpers/scheduling.ts';
import { TestSendTransform } from '../../helpers/send-transforms.ts';
import { increment, tick } from '../../helpers/transforms.ts';

const BINARY = { opcode: 2 };

/** Longer than what is copied when it has to wait. */
const LONG = 64 * 1024 + 1;

/** A pipeline whose transform takes its time, or not. */
class Piping {
  readonly scheduling = new Scheduling();
  readonly transform: TestSendTransform;
  readonly pipeline: SendPipeline;

  constructor(speed: 'slow' | 'fast') {
    this.transform = new TestSendTransform({ change: increment, isLater: () => speed === 'slow' });
    this.pipeline = new SendPipeline({
      scheduler: this.scheduling.scheduler,
      transform: this.transform,
      text: portableTextCodec,
      fragmentSize: 1000,
      now: () => 0,
      isFull: () => false,
      listener: {
        onMessageSent: () => undefined,
        onSendError: assert.ifError,
        onPayloadLost: () => undefined,
        onLaterOutput: () => undefined,
      },
    });
  }

  /** Ends jobs until there are none; gives what was written. */
  async finish(): Promise<string> {
    while (this.transform.jobs.length > 0) {
      this.transform.jobs[0]?.finish();
      await tick();
    }
    return this.scheduling.take();
  }
}

describe('SendPipeline, where something waits', () => {
  it('lets a message be withdrawn, be it a copy or not', async () => {
    const piping = new Piping('slow');
    const { pipeline } = piping;
    assert.equal(pipeline.isIdle, true);
    assert.equal(pipeline.sendMessage(hex('01'), BINARY), undefined, 'it goes through');
    assert.equal(pipeline.isIdle, false);

    const entries = [hex('02'), 'text', new Uint8Array(LONG)].map((payload) => pipeline.sendMessage(payload, BINARY));
    const last = pipeline.sendMessage(hex('03'), BINARY);
    for (const entry of entries) {
      assert.equal(entry?.withdraw(), true);
      assert.equal(entry.withdraw(), false);
    }
    assert.equal(pipeline.pendingSize, 2);

    assert.equal(await piping.finish(), 'a2 01 02 a2 01 04');
    assert.equal(last?.withdraw(), false, 'it was sent');
    assert.equal(pipeline.isIdle, true);
  });

  it('lets a prepared message be withdrawn', async () => {
    const piping = new Piping('slow');
    const { pipeline } = piping;
    const prepared = new PreparedMessage(hex('02'), 2);
    assert.equal(pipeline.sendPreparedMessage(prepared), undefined, 'it goes through');
    const entry = pipeline.sendPreparedMessage(prepared);

    assert.equal(entry?.withdraw(), true);
    assert.equal(entry.withdraw(), false);
    assert.equal(await piping.finish(), 'a2 01 03');
  });

  it('lets an open message be withdrawn, as long as all of it waits', async () => {
    const piping = new Piping('slow');
    const { pipeline } = piping;
    assert.equal(pipeline.withdrawOpen(), false, 'none is open');
    pipeline.sendMessage(hex('01'), BINARY);
    pipeline.beginMessage(2);
    pipeline.sendFrame(hex('02 03'));

    assert.equal(pipeline.withdrawOpen(), true);
    assert.equal(pipeline.withdrawOpen(), false);
    assert.equal(pipeline.insideMessage, false);
    assert.equal(pipeline.pendingSize, 1);
    pipeline.sendMessage(hex('04'), BINARY);

    assert.equal(await piping.finish(), 'a2 01 02 a2 01 05');
  });

  it('does not withdraw a message that was ended, nor a frame that is open', async () => {
    const piping = new Piping('slow');
    const { pipeline } = piping;
    pipeline.sendMessage(hex('01'), BINARY);
    pipeline.beginMessage(2);
    pipeline.endMessage();
    assert.equal(pipeline.withdrawOpen(), false);
    pipeline.beginMessage(2);
    pipeline.beginFrame(1);

    assert.equal(pipeline.withdrawOpen(), false);
    pipeline.sendFrameData(hex('02'));
    pipeline.endMessage();

    assert.equal(await piping.finish(), 'a2 01 02 a2 00 22 01 03 80 00');
  });

  it('does not withdraw what has gone through', () => {
    const { pipeline, scheduling } = new Piping('fast');
    pipeline.beginMessage(2);
    pipeline.sendFrame(hex('01'));

    assert.equal(pipeline.withdrawOpen(), false);
    assert.equal(scheduling.take(), '22 01 02');
  });
});
