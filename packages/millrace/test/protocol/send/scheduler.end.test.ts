import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { Scheduler } from '../../../src/protocol/send/scheduler.ts';
import { concat, hex } from '../../helpers/bytes.ts';
import { decodeFrames } from '../../helpers/frame-stream.ts';
import { LOSSES, losablePayload } from '../../helpers/lost-payload.ts';
import { Scheduling } from '../../helpers/scheduling.ts';

const BINARY = { opcode: 2 };
const TEXT = { opcode: 1 };

describe('Scheduler, when sending ends', () => {
  describe('sendClose', () => {
    it('has control frames that wait go first, also where the transport takes nothing', () => {
      const scheduling = new Scheduling();
      const { scheduler } = scheduling;
      scheduling.isBlocked = true;
      scheduler.sendMessage(hex('01'), BINARY);
      scheduler.sendControlFrame(9, hex(''), 0);
      scheduler.sendAutomaticPong(hex(''));

      scheduler.sendClose(hex(''));

      assert.deepEqual(scheduling.told, ['close']);
      assert.equal(scheduling.take(), '89 00 8a 00 82 01 01 88 00');
    });
  });

  describe('abandon', () => {
    it('gives up the open message at the end of the frame, and sends Close', () => {
      const scheduling = new Scheduling();
      const { scheduler } = scheduling;
      scheduler.beginMessage(2);
      scheduler.beginFrame(2);
      scheduling.take();
      scheduler.sendAutomaticPong(hex('07'));

      assert.equal(scheduler.abandon(hex('03 e8')), true);
      assert.deepEqual(scheduling.told, []);
      scheduler.sendFrameData(hex('01 02'));

      assert.deepEqual(scheduling.told, ['close']);
      assert.equal(scheduler.insideMessage, false);
      assert.equal(scheduling.take(), '01 02 8a 01 07 88 02 03 e8');
      assert.equal(scheduler.counts.messagesSent, 0);
    });

    it('counts a message that is ended by that frame', () => {
      const { scheduler, told } = new Scheduling();
      scheduler.beginMessage(2);
      scheduler.beginFrame(1, { final: true });

      scheduler.abandon(hex(''));
      scheduler.sendFrameData(hex('01'));

      assert.equal(scheduler.counts.messagesSent, 1);
      assert.deepEqual(told, ['close'], 'no other message can follow');
    });

    it('takes the last of several that wait', () => {
      const scheduling = new Scheduling();
      scheduling.scheduler.beginMessage(2);
      scheduling.scheduler.beginFrame(1);
      scheduling.scheduler.abandon(hex('03 e8'));

      scheduling.scheduler.abandon(hex('03 e9'));
      scheduling.scheduler.sendFrameData(hex('01'));

      assert.deepEqual(scheduling.told, ['close']);
      assert.equal(scheduling.take(), '02 01 01 88 02 03 e9');
    });
  });

  describe('cutOpenFrame', () => {
    it('gives up the frame that is open, and keeps all whole frames', () => {
      const scheduling = new Scheduling();
      const { scheduler } = scheduling;
      scheduler.sendMessage(hex('01'), BINARY);
      scheduler.beginMessage(2);
      scheduler.sendFrame(hex('02'));
      scheduler.beginFrame(5);
      scheduler.sendFrameData(hex('03'));
      scheduler.sendAutomaticPong(hex('07'));
      scheduler.abandon(hex('03 e8'));

      assert.equal(scheduler.cutOpenFrame(), true);
      assert.equal(scheduler.insideMessage, false);
      scheduler.sendClose(hex('03 ea'));

      assert.equal(scheduling.take(), '8a 01 07 82 01 01 02 01 02 88 02 03 ea');
    });

    it('keeps the rest of a frame that has begun, if its payload is there', () => {
      const scheduling = new Scheduling({ fragmentSize: 5000 });
      const { scheduler } = scheduling;
      scheduler.sendMessage(new Uint8Array(10_000), BINARY);
      const first = scheduler.takeOutput(1);
      scheduling.isBlocked = true;

      assert.equal(scheduler.cutOpenFrame(), true);
      const frames = decodeFrames(concat([...first, ...scheduler.takeOutput(Infinity)]));

      assert.deepEqual(
        frames.map(({ payload }) => payload.length),
        [5000, 5000],
      );
    });

    it('has nothing follow inside a frame whose payload is not there', () => {
      const scheduling = new Scheduling();
      const { scheduler } = scheduling;
      scheduler.beginMessage(2);
      scheduler.beginFrame(5);
      scheduler.sendFrameData(hex('01'));
      scheduler.takeOutput(1);
      scheduler.sendFrameData(hex('02'));
      scheduler.sendAutomaticPong(hex(''));
      scheduler.sendControlFrame(9, hex(''), 0);

      assert.equal(scheduler.cutOpenFrame(), false);

      assert.equal(scheduling.take(), '02');
      assert.equal(scheduler.hasOutput, false);
      assert.equal(scheduler.waitingControlSize, 0);
    });
  });

  describe('giveUpOutput', () => {
    it('leaves what has begun, and nothing else', () => {
      const scheduling = new Scheduling({ fragmentSize: 5000 });
      const { scheduler } = scheduling;
      scheduler.sendMessage(new Uint8Array(10_000), BINARY);
      const first = scheduler.takeOutput(1);
      scheduling.isBlocked = true;
      scheduler.sendMessage('a', TEXT);
      scheduler.sendControlFrame(9, hex(''), 0);
      scheduler.sendAutomaticPong(hex(''));

      scheduler.giveUpOutput();

      const frames = decodeFrames(concat([...first, ...scheduler.takeOutput(Infinity)]));
      assert.equal(frames.length, 1);
      assert.equal(scheduler.waitingControlSize, 0);
    });
  });

  it('says, once, that a payload is lost, which may have been in any place', () => {
    const PLACES: [name: string, send: (scheduler: Scheduler, payload: Uint8Array) => void][] = [
      ['a message', (scheduler, payload) => scheduler.sendMessage(payload, BINARY)],
      ['a fragment', (scheduler, payload) => scheduler.sendMessage(payload, { ...BINARY, fragmentSize: 6000 })],
      [
        'a frame',
        (scheduler, payload) => {
          scheduler.beginMessage(2);
          scheduler.sendFrame(payload);
          scheduler.endMessage();
        },
      ],
      [
        'a part of a frame',
        (scheduler, payload) => {
          scheduler.beginMessage(2);
          scheduler.beginFrame(20_000);
          scheduler.sendFrameData(payload);
        },
      ],
    ];
    for (const role of ['client', 'server'] as const) {
      for (const loss of LOSSES) {
        for (const [place, send] of PLACES) {
          const scheduling = new Scheduling({ role });
          const { scheduler } = scheduling;
          const { bytes, lose } = losablePayload(loss, 10_000);
          scheduler.sendMessage('a', TEXT);
          send(scheduler, bytes);
          lose();

          const before = role === 'client' ? '81 81 ff ff ff ff 9e' : '81 01 61';
          assert.equal(scheduling.take(), before, `${place}, ${loss}`);
          assert.ok([10_000, 6000].includes(scheduler.takeLostPayload() ?? 0));
          assert.equal(scheduler.takeLostPayload(), undefined);
          assert.equal(scheduler.cutOpenFrame(), true, 'Close may follow');
        }
      }
    }
  });
});
