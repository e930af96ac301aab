import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { ENTRY_COST } from '../../../src/protocol/base/costs.ts';
import { MAX_FRAME_LENGTH } from '../../../src/protocol/base/length.ts';
import { PreparedMessage } from '../../../src/protocol/send/prepared-message.ts';
import type { Scheduler } from '../../../src/protocol/send/scheduler.ts';
import { concat, hex, toHex } from '../../helpers/bytes.ts';
import { decodeFrames } from '../../helpers/frame-stream.ts';
import { randomBytes } from '../../helpers/random.ts';
import { Scheduling } from '../../helpers/scheduling.ts';

const BINARY = { opcode: 2, reservedBits: 0, fragmentSize: undefined };
const TEXT = { opcode: 1, reservedBits: 0, fragmentSize: undefined };

function schedulingOf(role: 'client' | 'server'): { scheduler: Scheduler; take: () => string } {
  const scheduling = new Scheduling({ role });
  return { scheduler: scheduling.scheduler, take: () => scheduling.take() };
}

type Act = (scheduler: Scheduler) => unknown;

const STATES: [state: string, enter: Act][] = [
  ['ground', () => undefined],
  ['message', (scheduler) => scheduler.beginMessage(2)],
  [
    'inside',
    (scheduler) => {
      scheduler.beginMessage(2);
      scheduler.sendFrame(hex('aa'));
    },
  ],
  [
    'frame',
    (scheduler) => {
      scheduler.beginMessage(2);
      scheduler.beginFrame(2);
    },
  ],
  [
    'final',
    (scheduler) => {
      scheduler.beginMessage(2);
      scheduler.sendFrame(hex('aa'), { final: true });
    },
  ],
];

/** What each method writes in each state, when the states are left alone after; or the error. What is missing must not be done there. */
const METHODS: [method: string, act: Act, written: Record<string, string | RegExp>][] = [
  ['sendMessage', (scheduler) => scheduler.sendMessage('a', TEXT), { ground: '81 01 61', final: '81 01 61' }],
  [
    'sendPreparedMessage',
    (scheduler) => scheduler.sendPreparedMessage(new PreparedMessage(hex('61'), 1)),
    { ground: '81 01 61', final: '81 01 61' },
  ],
  [
    'beginMessage',
    (scheduler) => scheduler.beginMessage(1),
    { ground: '', message: /a message is open/, inside: /a message is open/, frame: /a message is open/, final: '' },
  ],
  [
    'sendFrame',
    (scheduler) => scheduler.sendFrame(hex('07')),
    {
      ground: /no message is open/,
      message: '02 01 07',
      inside: '00 01 07',
      frame: /2 bytes/,
      final: /no message is open/,
    },
  ],
  [
    'beginFrame',
    (scheduler) => scheduler.beginFrame(3),
    { ground: /no message is open/, message: '02 03', inside: '00 03', frame: /2 bytes/, final: /no message is open/ },
  ],
  [
    'sendFrameData',
    (scheduler) => scheduler.sendFrameData(hex('07')),
    { ground: /no frame is open/, message: /no frame/, inside: /no frame/, frame: '07', final: /no frame/ },
  ],
  [
    'endMessage',
    (scheduler) => scheduler.endMessage(),
    { ground: /no message is open/, message: '82 00', inside: '80 00', frame: /2 bytes/, final: '' },
  ],
  [
    'sendControlFrame',
    (scheduler) => scheduler.sendControlFrame(9, hex('07'), 0),
    { ground: '89 01 07', message: '89 01 07', inside: '89 01 07', frame: '', final: '89 01 07' },
  ],
  [
    'sendAutomaticPong',
    (scheduler) => scheduler.sendAutomaticPong(hex('07')),
    { ground: '8a 01 07', message: '8a 01 07', inside: '8a 01 07', frame: '', final: '8a 01 07' },
  ],
  ['sendClose', (scheduler) => scheduler.sendClose(hex('03 e8')), { ground: '88 02 03 e8', final: '88 02 03 e8' }],
  [
    'abandon',
    (scheduler) => scheduler.abandon(hex('03 e8')),
    { ground: '88 02 03 e8', message: '88 02 03 e8', inside: '88 02 03 e8', frame: '', final: '88 02 03 e8' },
  ],
];

describe('Scheduler', () => {
  it('masks a message or not, if it is told to, whatever the role has it, and counts it', () => {
    const { scheduler, take } = schedulingOf('server');
    scheduler.sendMessage(hex('01'), { ...BINARY, masks: true });
    assert.equal(take(), '82 81 ff ff ff ff fe');
    scheduler.sendMessage('a', { ...TEXT, masks: false });
    assert.equal(take(), '81 01 61');
    const { framesSent, dataSent, messagesSent } = scheduler.counts;
    assert.deepEqual([framesSent, dataSent, messagesSent], [2, 2, 2]);

    const client = schedulingOf('client');
    client.scheduler.sendMessage('a', { ...TEXT, masks: false });
    client.scheduler.sendMessage(hex('01 02'), { ...BINARY, masks: false, fragmentSize: 1 });
    client.scheduler.sendMessage('a', TEXT);
    assert.equal(client.take(), '81 01 61 02 01 01 80 01 02 81 81 ff ff ff ff 9e');
  });

  it('tells when a message or a frame has become output, before that ends the message', () => {
    const log: string[] = [];
    const { scheduler } = new Scheduling({
      listener: { onMessageSent: () => void log.push('sent'), onCloseSent: () => undefined },
    });
    scheduler.sendMessage('a', {
      ...TEXT,
      onFramed: () => void log.push(`framed ${scheduler.output.size.toString()}`),
    });
    scheduler.beginMessage(2);
    scheduler.sendFrame(hex('01'), { final: true, onFramed: () => void log.push('frame') });
    assert.deepEqual(log, ['framed 3', 'frame', 'sent']);
  });

  for (const [method, act, written] of METHODS) {
    for (const [state, enter] of STATES) {
      const expected = written[state];
      if (expected === undefined) continue;
      it(`${typeof expected === 'string' ? `writes '${expected}'` : 'throws'} on ${method} in the state '${state}'`, () => {
        const { scheduler, ...scheduling } = makeEntered(enter);

        if (typeof expected === 'string') {
          act(scheduler);
          assert.equal(scheduling.take(), expected);
        } else {
          assert.throws(() => act(scheduler), { name: 'LocalUsageError', message: expected });
          assert.equal(scheduling.take(), '', 'nothing is written');
          assert.equal(finish(scheduler, scheduling.take), finish(...untouched(enter)), 'nothing has changed');
        }
      });
    }
  }

  for (const length of [-1, 0.5, NaN, 2 ** 53, -1n, MAX_FRAME_LENGTH + 1n]) {
    it(`throws on a frame of length ${length}, and changes nothing`, () => {
      const { scheduler, take } = makeEntered((fresh) => fresh.beginMessage(2));

      assert.throws(() => scheduler.beginFrame(length, { final: true }), { name: 'LocalUsageError' });
      scheduler.sendFrame(hex('01'));
      scheduler.endMessage();

      assert.equal(take(), '02 01 01 80 00');
    });
  }

  describe('frames', () => {
    it('says how much is missing of a frame', () => {
      const { scheduler } = new Scheduling();
      scheduler.beginMessage(2);

      scheduler.beginFrame(10);
      assert.equal(scheduler.missing, 10);
      assert.equal(scheduler.sendFrameData(hex('01 02 03')), 7);
      assert.equal(scheduler.sendFrameData(hex('')), 7);
      assert.equal(scheduler.sendFrameData(hex('04 05 06 07 08 09 0a')), 0);
      assert.equal(scheduler.missing, 0);
    });

    it('does not take what is behind the end of a frame', () => {
      const { scheduler, take } = makeEntered((fresh) => fresh.beginMessage(2));

      scheduler.beginFrame(4);
      assert.equal(scheduler.sendFrameData(hex('30 31 32 33 34 35 36')), -3);

      assert.equal(take(), '02 04 30 31 32 33');
      assert.throws(() => scheduler.sendFrameData(hex('34')), { name: 'LocalUsageError' });
    });

    for (const zero of [0, 0n] as const) {
      it(`completes a frame of length ${typeof zero} 0 at once`, () => {
        const { scheduler, take } = makeEntered((fresh) => fresh.beginMessage(2));

        scheduler.beginFrame(zero);
        scheduler.beginFrame(zero, { final: true });

        assert.equal(scheduler.insideMessage, false);
        assert.equal(take(), '02 00 80 00');
        scheduler.sendAutomaticPong(hex(''));
        assert.equal(take(), '8a 00');
        assert.equal(scheduler.cutOpenFrame(), true);
      });
    }

    it('ends a message by its last frame, if that is final', () => {
      const { scheduler, take } = makeEntered((fresh) => fresh.beginMessage(1));

      scheduler.sendFrame(hex('61'));
      scheduler.beginFrame(2, { final: true });
      scheduler.sendFrameData(hex('62 63'));
      scheduler.endMessage();

      assert.equal(take(), '01 01 61 80 02 62 63');
      assert.throws(() => scheduler.endMessage(), { name: 'LocalUsageError' }, 'only once');
    });

    it('ends a message once', () => {
      const { scheduler, take } = makeEntered((fresh) => fresh.beginMessage(1));
      scheduler.endMessage();

      assert.throws(() => scheduler.endMessage(), { name: 'LocalUsageError' });
      assert.equal(take(), '81 00');
    });

    it('sets reserved bits on the frame that they are meant for', () => {
      const { scheduler, take } = makeEntered((fresh) => fresh.beginMessage(2));

      scheduler.sendFrame(hex('01'), { reservedBits: 0b100 });
      scheduler.sendFrame(hex('02'), { reservedBits: 0b010, final: true });
      scheduler.sendMessage(hex('03'), { ...BINARY, reservedBits: 0b001 });
      scheduler.sendControlFrame(0xb, hex(''), 0b111);

      assert.equal(take(), '42 01 01 a0 01 02 92 01 03 fb 00');
    });

    it('tells the first frame of a message', () => {
      const { scheduler } = new Scheduling();

      assert.equal(scheduler.isFirstFrame, false);
      scheduler.beginMessage(2);
      assert.equal(scheduler.isFirstFrame, true);
      scheduler.sendFrame(hex(''));
      assert.equal(scheduler.isFirstFrame, false);
    });

    it('begins a frame of 2^63−1 bytes, which nobody will finish', () => {
      const { scheduler, take } = makeEntered((fresh) => fresh.beginMessage(2));

      scheduler.beginFrame(MAX_FRAME_LENGTH);

      assert.equal(take(), '02 7f 7f ff ff ff ff ff ff ff');
      assert.equal(scheduler.insideEndlessFrame, true);
      assert.equal(scheduler.sendFrameData(hex('01')), 2 ** 63);
      assert.equal(scheduler.abandon(hex('')), false);
      assert.equal(take(), '01');
      assert.equal(scheduler.cutOpenFrame(), false);
    });
  });

  describe('messages of known length', () => {
    for (const [size, fragmentSize, lengths] of [
      [0, 10, [0]],
      [9, 10, [9]],
      [10, 10, [10]],
      [11, 10, [10, 1]],
      [20, 10, [10, 10]],
      [21, 10, [10, 10, 1]],
      [3, 1, [1, 1, 1]],
      [5000, Infinity, [5000]],
    ] as const) {
      for (const [source, own] of [
        ['the connection', false],
        ['the message', true],
      ] as const) {
        it(`cuts ${size} bytes into frames of [${lengths.join(', ')}], by the fragmentSize of ${source}`, () => {
          const scheduling = new Scheduling(own ? {} : { fragmentSize });
          const payload = randomBytes(size, 1);

          scheduling.scheduler.sendMessage(payload, { ...BINARY, fragmentSize: own ? fragmentSize : undefined });
          const frames = decodeFrames(concat(scheduling.scheduler.takeOutput(Infinity)));

          assert.deepEqual(
            frames.map((frame) => frame.payload.length),
            lengths,
          );
          assert.deepEqual(
            frames.map((frame) => frame.opcode),
            lengths.map((_, index) => (index === 0 ? 2 : 0)),
          );
          assert.deepEqual(
            frames.map((frame) => frame.fin),
            lengths.map((_, index) => index === lengths.length - 1),
          );
          assert.deepEqual(concat(frames.map((frame) => frame.payload)), payload);
        });
      }
    }

    for (const [name, text] of [
      ['short', '€uro'],
      ['long', '€'.repeat(2000)],
      ['no', ''],
    ] as const) {
      it(`sends ${name} text, in one frame and in several`, () => {
        for (const fragmentSize of [Infinity, 5]) {
          const scheduling = new Scheduling({ fragmentSize });

          scheduling.scheduler.sendMessage(text, { ...TEXT, reservedBits: 0b100 });
          const frames = decodeFrames(concat(scheduling.scheduler.takeOutput(Infinity)));

          assert.equal(new TextDecoder().decode(concat(frames.map(({ payload }) => payload))), text);
          assert.ok(frames.every(({ payload }) => payload.length <= fragmentSize));
          assert.deepEqual(
            frames.map(({ reservedBits }) => reservedBits),
            frames.map((_, index) => (index === 0 ? 0b100 : 0)),
          );
        }
      });
    }

    it('sends a prepared message as it is at a server, in one frame', () => {
      const scheduling = new Scheduling({ fragmentSize: 2 });

      scheduling.scheduler.sendPreparedMessage(new PreparedMessage(hex('01 02 03'), 2));

      assert.equal(scheduling.take(), '82 03 01 02 03');
    });

    it('masks a prepared message at a client, and leaves it as it is', () => {
      const scheduling = new Scheduling({ role: 'client', fragmentSize: 2 });
      const prepared = new PreparedMessage(hex('01 02 03'), 2);

      scheduling.scheduler.sendPreparedMessage(prepared);

      assert.equal(scheduling.take(), '02 82 ff ff ff ff fe fd 80 81 ff ff ff ff fc');
      assert.equal(toHex(prepared.frame), '82 03 01 02 03');
    });

    it('are counted, as are those that were sent frame by frame', () => {
      const { scheduler, told } = new Scheduling({ fragmentSize: 2 });

      scheduler.sendMessage(hex('01 02 03'), BINARY);
      scheduler.sendPreparedMessage(new PreparedMessage(hex('62'), 1));
      assert.deepEqual(told, []);
      scheduler.beginMessage(2);
      scheduler.sendFrame(hex('01'));
      assert.deepEqual(scheduler.counts, { framesSent: 4, messagesSent: 2, dataSent: 5, controlSent: 0 });
      scheduler.endMessage();

      assert.deepEqual(scheduler.counts, { framesSent: 5, messagesSent: 3, dataSent: 5, controlSent: 0 });
      assert.equal(scheduler.messagesSent, 3);
      assert.deepEqual(told, ['message'], 'the next one can begin');
    });
  });

  describe('control frames', () => {
    it('wait for the end of a frame, and go out before the rest of the message', () => {
      const { scheduler, take } = makeEntered((fresh) => fresh.beginMessage(2));
      scheduler.beginFrame(2);
      take();

      scheduler.sendControlFrame(9, hex('01'), 0);
      scheduler.sendControlFrame(9, hex('02'), 0);
      assert.equal(scheduler.hasOutput, false);
      assert.equal(scheduler.waitingControlSize, 6);
      scheduler.sendFrameData(hex('aa'));
      assert.equal(take(), 'aa');
      scheduler.sendFrameData(hex('bb'));
      scheduler.sendFrame(hex('cc'));

      assert.equal(take(), 'bb 89 01 01 89 01 02 00 01 cc');
      assert.equal(scheduler.waitingControlSize, 0);
    });

    it('a pong that waits is replaced by a newer one, and goes out behind the others', () => {
      const { scheduler, take } = makeEntered((fresh) => fresh.beginMessage(2));
      scheduler.beginFrame(1);
      take();

      for (let byte = 1; byte <= 100; byte++) scheduler.sendAutomaticPong(Uint8Array.of(byte));
      scheduler.sendControlFrame(9, hex(''), 0);
      assert.equal(scheduler.waitingControlSize, 3 + 2);
      assert.equal(scheduler.waitingControlCost, 5 + 2 * ENTRY_COST);
      scheduler.sendFrameData(hex('aa'));

      assert.equal(take(), 'aa 89 00 8a 01 64');
    });

    it('overtake what the transport does not take, at the end of a frame', () => {
      const scheduling = new Scheduling({ fragmentSize: 5000 });
      const { scheduler } = scheduling;
      scheduler.sendMessage(new Uint8Array(15_000), BINARY);
      const first = scheduler.takeOutput(1);
      scheduling.isBlocked = true;

      scheduler.sendControlFrame(9, hex('01'), 0);
      scheduler.sendAutomaticPong(hex('02'));
      const frames = decodeFrames(concat([...first, ...scheduler.takeOutput(Infinity)]));

      assert.deepEqual(
        frames.map(({ opcode }) => opcode),
        [2, 9, 10, 0, 0],
      );
    });

    it('keep their order, when they overtake one after the other', () => {
      const scheduling = new Scheduling();
      const { scheduler } = scheduling;
      scheduling.isBlocked = true;
      scheduler.beginMessage(2);
      scheduler.beginFrame(1);
      scheduler.sendControlFrame(9, hex('01'), 0);
      scheduler.sendFrameData(hex('aa'));
      scheduler.sendControlFrame(9, hex('02'), 0);

      assert.equal(scheduling.take(), '89 01 01 89 01 02 02 01 aa');
    });

    it('do not overtake what the transport will take at once, up to 64 KiB with its header', () => {
      for (const [size, first] of [[65_532, 2] as const, [65_533, 9] as const]) {
        const { scheduler } = new Scheduling();
        scheduler.sendMessage(new Uint8Array(size), BINARY);

        scheduler.sendControlFrame(9, hex(''), 0);

        assert.equal(decodeFrames(concat(scheduler.takeOutput(Infinity)))[0]?.opcode, first);
      }
    });

    it('a pong is replaced as long as the transport takes nothing, also when nothing else waits', () => {
      const scheduling = new Scheduling();
      scheduling.isBlocked = true;

      for (let byte = 1; byte <= 100; byte++) scheduling.scheduler.sendAutomaticPong(Uint8Array.of(byte));

      assert.equal(scheduling.scheduler.waitingControlCost, 3 + ENTRY_COST);
      assert.equal(scheduling.take(), '8a 01 64');
      assert.equal(scheduling.scheduler.waitingControlCost, 0);
    });

    it('go out alone, when nothing else does', () => {
      const scheduling = new Scheduling();
      scheduling.isBlocked = true;

      scheduling.scheduler.sendAutomaticPong(hex('01'));

      assert.equal(scheduling.scheduler.hasOutput, true);
      assert.equal(scheduling.take(), '8a 01 01');
      assert.equal(scheduling.scheduler.hasOutput, false);
    });

    it('of the application are not replaced, and each costs an entry', () => {
      const scheduling = new Scheduling();
      scheduling.isBlocked = true;

      for (let byte = 1; byte <= 3; byte++) scheduling.scheduler.sendControlFrame(10, Uint8Array.of(byte), 0);

      assert.equal(scheduling.scheduler.waitingControlSize, 9);
      assert.equal(scheduling.scheduler.waitingControlCost, 9 + 3 * ENTRY_COST);
      assert.equal(scheduling.take(), '8a 01 01 8a 01 02 8a 01 03');
    });
  });

  it('says what may leave now', () => {
    const { scheduler } = new Scheduling();

    scheduler.sendMessage(new Uint8Array(5000), BINARY);
    assert.equal(scheduler.output.size, 5004);
    assert.equal(scheduler.output.referencesGiven, 1);
    scheduler.takeOutput(Infinity);

    assert.equal(scheduler.output.size, 0);
    assert.equal(scheduler.output.referencesTaken, 1);
  });

  it('visits large payloads that may leave, until they have', () => {
    const { scheduler } = new Scheduling();
    const visited: number[] = [];
    const visit = (bytes: Uint8Array): number => visited.push(bytes.length);

    scheduler.sendMessage(new Uint8Array(5000), BINARY);
    scheduler.sendMessage(new Uint8Array(10), BINARY);
    scheduler.sendMessage(new Uint8Array(6000), BINARY);
    scheduler.visitShared(visit);
    assert.deepEqual(visited, [5000, 6000]);
    scheduler.takeOutput(Infinity);
    scheduler.visitShared(visit);

    assert.deepEqual(visited, [5000, 6000]);
  });

  for (const [state, enter] of STATES) {
    it(`says whether a frame or a message is open, in the state '${state}'`, () => {
      const { scheduler } = new Scheduling();

      enter(scheduler);

      assert.equal(scheduler.insideFrame, state === 'frame');
      assert.equal(scheduler.insideMessage, ['message', 'inside', 'frame'].includes(state));
    });
  }
});

/** A scheduler in a state whose output was taken, unless told otherwise. */
function makeEntered(enter: Act, takes = true): { scheduler: Scheduler; take: () => string } {
  const scheduling = new Scheduling();
  enter(scheduling.scheduler);
  if (takes) scheduling.take();
  return { scheduler: scheduling.scheduler, take: () => scheduling.take() };
}

function untouched(enter: Act): [scheduler: Scheduler, take: () => string] {
  const { scheduler, take } = makeEntered(enter);
  return [scheduler, take];
}

/** What is written when everything that is open is ended. */
function finish(scheduler: Scheduler, take: () => string): string {
  if (scheduler.missing > 0) scheduler.sendFrameData(new Uint8Array(scheduler.missing));
  if (scheduler.insideMessage) scheduler.endMessage();
  scheduler.sendMessage('z', TEXT);
  return take();
}
