import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { Receiver, StreamingHandler } from '../../../src/protocol/receive/handlers.ts';
import { createReceivePipeline, type ReceiveLimits } from '../../../src/protocol/receive/pipeline.ts';
import { createFrameHeaderBuffer } from '../../../src/protocol/wire/frame-header.ts';
import { portableTextCodec } from '../../../src/protocol/wire/text-codec.ts';
import { hex } from '../../helpers/bytes.ts';
import { EventLog } from '../../helpers/event-log.ts';
import { splits } from '../../helpers/splits.ts';

const LIMITS: ReceiveLimits = { maxFrameSize: 8, maxMessageSize: 12, maxStreamedMessageSize: Infinity };

const LEVELS: [level: Receiver['level'], receiver: (log: EventLog) => Receiver, lines: string[]][] = [
  [
    'streaming',
    (log) => ({ level: 'streaming', handler: log.streaming }),
    ['begin 1', 'frame 5', 'data 48 65 6c 6c 6f', 'frame end', 'frame 1 fin', 'data 21', 'frame end', 'end'],
  ],
  [
    'frame',
    (log) => ({ level: 'frame', handler: log.frames }),
    ['begin 1', 'frame: 48 65 6c 6c 6f', 'frame: 21', 'end'],
  ],
  ['message', (log) => ({ level: 'message', handler: log.messages }), ['text: Hello!']],
];

function begin(pipeline: StreamingHandler, payloadLength: number, fin: boolean): void {
  pipeline.onFrameBegin({ ...createFrameHeaderBuffer(), payloadLength, fin });
}

describe('createReceivePipeline', () => {
  for (const [level, receiver, lines] of LEVELS) {
    it(`brings a fragmented message to the level '${level}', however it is cut`, () => {
      for (const maxStreamedMessageSize of [6, Infinity]) {
        for (const chunks of splits(hex('48 65 6c 6c 6f'))) {
          const log = new EventLog();
          const pipeline = createReceivePipeline(
            receiver(log),
            { ...LIMITS, maxStreamedMessageSize },
            portableTextCodec,
          );

          pipeline.onMessageBegin(1);
          begin(pipeline, 5, false);
          for (const chunk of chunks) pipeline.onFrameData(chunk);
          pipeline.onFrameEnd();
          begin(pipeline, 1, true);
          pipeline.onFrameData(hex('21'));
          pipeline.onFrameEnd();
          pipeline.onMessageEnd();

          assert.deepEqual(log.merged, lines);
        }
      }
    });

    it(`checks UTF-8 before the level '${level}'`, () => {
      const log = new EventLog();
      const pipeline = createReceivePipeline(receiver(log), LIMITS, portableTextCodec);
      pipeline.onMessageBegin(1);
      begin(pipeline, 2, true);

      assert.throws(() => pipeline.onFrameData(hex('c0')), { name: 'InvalidPayloadError' });
    });

    it(`limits all messages by maxStreamedMessageSize at the level '${level}'`, () => {
      const limits = { ...LIMITS, maxStreamedMessageSize: 4 };
      const pipeline = createReceivePipeline(receiver(new EventLog()), limits, portableTextCodec);
      pipeline.onMessageBegin(2);

      assert.throws(() => begin(pipeline, 5, true), { option: 'maxStreamedMessageSize', size: 5 });
    });
  }

  const COLLECTED: [level: Receiver['level'], length: number, option: string | undefined][] = [
    ['streaming', 1e9, undefined],
    ['frame', 8, undefined],
    ['frame', 9, 'maxFrameSize'],
    ['message', 8, undefined],
    ['message', 9, 'maxFrameSize'],
  ];
  for (const [level, length, option] of COLLECTED) {
    it(`${option === undefined ? 'accepts' : 'refuses'} a frame of ${length} bytes at the level '${level}'`, () => {
      const receiver = LEVELS.find(([name]) => name === level)?.[1];
      assert.ok(receiver !== undefined);
      const pipeline = createReceivePipeline(receiver(new EventLog()), LIMITS, portableTextCodec);
      pipeline.onMessageBegin(2);

      const act = (): void => begin(pipeline, length, true);

      if (option === undefined) assert.doesNotThrow(act);
      else assert.throws(act, { option });
    });
  }
});
