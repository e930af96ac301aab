import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { Receiver, StreamingHandler } from '../../../src/protocol/receive/handlers.ts';
import { PipelineGate } from '../../../src/protocol/receive/pipeline-gate.ts';
import {
  createPipeline,
  largestPieceFor,
  type Pipeline,
  type ReceiveLimits,
} from '../../../src/protocol/receive/pipeline.ts';
import { HoldReason, ReadAhead } from '../../../src/protocol/receive/read-ahead.ts';
import { Turn } from '../../../src/protocol/receive/turn.ts';
import { createFrameHeaderBuffer } from '../../../src/protocol/wire/frame-header.ts';
import { portableTextCodec } from '../../../src/protocol/wire/text-codec.ts';
import { hex } from '../../helpers/bytes.ts';
import { EventLog } from '../../helpers/event-log.ts';
import { receiverFor } from '../../helpers/receiving.ts';
import { splits } from '../../helpers/splits.ts';
import { TestTransform, double, increment } from '../../helpers/transforms.ts';

const LIMITS: ReceiveLimits = { maxFrameSize: 8, maxMessageSize: 12, maxStreamedMessageSize: Infinity };

const LEVELS: [level: Receiver['level'], lines: string[]][] = [
  [
    'streaming',
    ['begin 1', 'frame 5', 'data 48 65 6c 6c 6f', 'frame end', 'frame 1 fin', 'data 21', 'frame end', 'end'],
  ],
  [
    'whole or streaming',
    ['begin 1', 'frame 5', 'data 48 65 6c 6c 6f', 'frame end', 'frame 1 fin', 'data 21', 'frame end', 'end'],
  ],
  ['frame', ['begin 1', 'frame: 48 65 6c 6c 6f', 'frame: 21', 'end']],
  ['message', ['text: Hello!']],
];

/** A pipeline whose application writes a log. */
class Piping {
  readonly log = new EventLog();
  readonly pipeline: Pipeline;
  readonly readAhead: ReadAhead;

  constructor(
    level: Receiver['level'],
    limits: Partial<ReceiveLimits> = {},
    transforms: TestTransform[] = [],
    checksText?: boolean,
  ) {
    const host = { now: () => 0, turnTime: () => Infinity, requestTurn: () => undefined };
    const receiver = { ...receiverFor(level, this.log), ...(checksText !== undefined && { checksText }) };
    this.readAhead = new ReadAhead({
      receiver,
      limit: Infinity,
      turn: new Turn(host),
      owner: { collectedSize: 0, onReadAheadFull: () => undefined, onMessageTold: () => undefined },
    });
    const gate = new PipelineGate({
      now: () => 0,
      hasRoom: () => true,
      onGive: () => undefined,
      onWait: () => undefined,
      onJobEnded: () => undefined,
    });
    this.pipeline = createPipeline({
      receiver,
      limits: { ...LIMITS, ...limits },
      text: portableTextCodec,
      transforms,
      gate: transforms.length === 0 ? undefined : gate,
      readAhead: this.readAhead,
    });
  }

  get messages(): StreamingHandler {
    return this.pipeline.messages;
  }

  begin(payloadLength: number, fin: boolean): void {
    this.messages.onFrameBegin({ ...createFrameHeaderBuffer(), payloadLength, fin });
  }

  /** Feeds the frame of a message: its chunks. */
  feedFrame(chunks: readonly Uint8Array[], fin: boolean): void {
    this.begin(
      chunks.reduce((size, chunk) => size + chunk.length, 0),
      fin,
    );
    for (const chunk of chunks) this.messages.onFrameData(chunk);
    this.messages.onFrameEnd();
    if (fin) this.messages.onMessageEnd();
  }
}

describe('createPipeline', () => {
  for (const [level, lines] of LEVELS) {
    it(`brings a fragmented message to the level '${level}', however it is cut`, () => {
      for (const maxStreamedMessageSize of [6, Infinity]) {
        for (const chunks of splits(hex('48 65 6c 6c 6f'))) {
          const piping = new Piping(level, { maxStreamedMessageSize });

          piping.messages.onMessageBegin(1);
          piping.feedFrame(chunks, false);
          piping.feedFrame([hex('21')], true);

          assert.deepEqual(piping.log.merged, lines);
        }
      }
    });

    it(`has what is for the level '${level}' wait while the application is busy`, () => {
      const piping = new Piping(level);
      piping.readAhead.hold(HoldReason.PAUSE);

      piping.messages.onMessageBegin(1);
      piping.feedFrame([hex('48 65 6c 6c 6f')], false);
      piping.feedFrame([hex('21')], true);
      assert.deepEqual(piping.log.lines, []);
      piping.readAhead.release(HoldReason.PAUSE);
      piping.readAhead.proceed();

      assert.deepEqual(piping.log.merged, lines);
    });

    it(`checks UTF-8 before the level '${level}'`, () => {
      const piping = new Piping(level);
      piping.messages.onMessageBegin(1);
      piping.begin(2, true);

      assert.throws(() => piping.messages.onFrameData(hex('c0')), { name: 'InvalidPayloadError' });
    });

    it(`says how much has come out of the transforms at the level '${level}', where there are some`, () => {
      for (const [transforms, maxStreamedMessageSize, size] of [
        [[], Infinity, undefined],
        [[], 100, undefined],
        [[new TestTransform({ change: double })], Infinity, 4],
        [[new TestTransform({ change: double })], 100, 4],
      ] as const) {
        const piping = new Piping(level, { maxStreamedMessageSize }, [...transforms]);

        piping.messages.onMessageBegin(2);
        piping.feedFrame([hex('30 31')], true);

        assert.equal(piping.pipeline.transformedSize, size);
      }
    });

    it(`limits all messages by maxStreamedMessageSize at the level '${level}'`, () => {
      const piping = new Piping(level, { maxStreamedMessageSize: 4 });
      piping.messages.onMessageBegin(2);

      assert.throws(() => piping.begin(5, true), { option: 'maxStreamedMessageSize', size: 5 });
    });

    it(`undoes transforms before all that, the last one first, at the level '${level}'`, () => {
      const first = new TestTransform({ change: (bytes) => double(bytes.map((byte) => 2 * byte)) });
      const last = new TestTransform({ change: increment });
      const piping = new Piping(level, { maxStreamedMessageSize: 4 }, [first, last]);

      piping.messages.onMessageBegin(1);
      piping.feedFrame([hex('30 31')], true);
      piping.messages.onMessageBegin(1);

      assert.ok(piping.log.merged.some((line) => line.includes('62 62 64 64') || line === 'text: bbdd'));
      assert.throws(() => piping.feedFrame([hex('30 31 32')], true), { option: 'maxStreamedMessageSize' });
    });
  }

  it('lets text through as it comes, where it is not to be checked', () => {
    for (const maxStreamedMessageSize of [100, Infinity]) {
      const piping = new Piping('whole or streaming', { maxStreamedMessageSize }, [], false);

      piping.messages.onMessageBegin(1);
      piping.feedFrame([hex('c0 ff')], true);

      assert.deepEqual(piping.log.lines, ['whole 1: c0 ff']);
    }
  });

  for (const [level, size] of [
    ['streaming', 0],
    ['whole or streaming', 3],
    ['frame', 3],
    ['message', 3],
  ] as const) {
    it(`says what is held of a message at the level '${level}'`, () => {
      const piping = new Piping(level);

      piping.messages.onMessageBegin(2);
      piping.begin(4, true);
      piping.messages.onFrameData(hex('01 02 03'));

      assert.equal(piping.pipeline.collectedSize, size);
      piping.pipeline.release();
      assert.equal(piping.pipeline.collectedSize, level === 'whole or streaming' ? 0 : size);
    });
  }

  it('hands over what came of a message that does not come whole, when it is released', () => {
    const piping = new Piping('whole or streaming');
    piping.messages.onMessageBegin(2);
    piping.begin(4, true);
    piping.messages.onFrameData(hex('01 02 03'));
    assert.deepEqual(piping.log.lines, []);

    piping.pipeline.release();

    assert.deepEqual(piping.log.lines, ['begin 2', 'frame 4 fin', 'data 01 02 03']);
  });

  const COLLECTED: [level: Receiver['level'], length: number, option: string | undefined][] = [
    ['streaming', 1e9, undefined],
    ['whole or streaming', 1e9, undefined],
    ['frame', 8, undefined],
    ['frame', 9, 'maxFrameSize'],
    ['message', 8, undefined],
    ['message', 9, 'maxFrameSize'],
  ];
  for (const [level, length, option] of COLLECTED) {
    it(`${option === undefined ? 'accepts' : 'refuses'} a frame of ${length} bytes at the level '${level}'`, () => {
      const piping = new Piping(level);
      piping.messages.onMessageBegin(2);

      const act = (): void => piping.begin(length, true);

      if (option === undefined) assert.doesNotThrow(act);
      else assert.throws(act, { option });
    });
  }
});

describe('largestPieceFor', () => {
  it('bounds pieces where they are copied for the application, and only there', () => {
    const log = new EventLog();

    assert.equal(largestPieceFor(receiverFor('streaming', log)), 65_536);
    assert.equal(largestPieceFor(receiverFor('whole or streaming', log)), 65_536);
    assert.equal(largestPieceFor({ level: 'whole or streaming', handler: log.whole, lendsPayload: true }), 262_144);
    assert.equal(largestPieceFor(receiverFor('streaming', log, true)), Infinity);
    assert.equal(largestPieceFor(receiverFor('frame', log)), Infinity);
    assert.equal(largestPieceFor(receiverFor('message', log)), Infinity);
  });
});
