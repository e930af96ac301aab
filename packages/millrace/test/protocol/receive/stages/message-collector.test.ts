import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { MessageCollector } from '../../../../src/protocol/receive/stages/message-collector.ts';
import { createFrameHeaderBuffer, type FrameHeader } from '../../../../src/protocol/wire/frame-header.ts';
import { portableTextCodec } from '../../../../src/protocol/wire/text-codec.ts';
import { countAllocations } from '../../../helpers/allocations.ts';
import { hex } from '../../../helpers/bytes.ts';
import { EventLog } from '../../../helpers/event-log.ts';
import { randomBytes } from '../../../helpers/random.ts';
import { splits } from '../../../helpers/splits.ts';

const UNLIMITED = { maxFrameSize: Infinity, maxMessageSize: Infinity };

function collectorFor(log: EventLog, limits = UNLIMITED): MessageCollector {
  return new MessageCollector(log.messages, limits, portableTextCodec);
}

function header(payloadLength: number, fin: boolean): FrameHeader {
  return { ...createFrameHeaderBuffer(), payloadLength, fin };
}

/** Feeds a message: each frame as its chunks. */
function feed(collector: MessageCollector, opcode: number, frames: readonly (readonly Uint8Array[])[]): void {
  collector.onMessageBegin(opcode);
  frames.forEach((chunks, index) => {
    const length = chunks.reduce((size, chunk) => size + chunk.length, 0);
    collector.onFrameBegin(header(length, index === frames.length - 1));
    for (const chunk of chunks) {
      collector.onFrameData(chunk);
      chunk.fill(0xee); // only lent
    }
    collector.onFrameEnd();
  });
  collector.onMessageEnd();
}

describe('MessageCollector', () => {
  it('hands over a message in one frame, however it is cut', () => {
    const bytes = portableTextCodec.encode('\uFEFFHellö, wörld €');
    for (const chunks of splits(bytes)) {
      const log = new EventLog();

      feed(collectorFor(log), 1, [chunks]);

      assert.deepEqual(log.lines, ['text: \uFEFFHellö, wörld €']);
    }
  });

  it('hands over a fragmented message, however its second frame is cut', () => {
    for (const chunks of splits(hex('61 62 c3'))) {
      const log = new EventLog();
      const collector = collectorFor(log);

      feed(collector, 1, [[hex('31 32')], chunks, [], [hex('a4')]]);
      feed(collector, 2, [[hex('31 32')], [hex('ff')]]);

      assert.deepEqual(log.lines, ['text: 12abä', 'message 2: 31 32 ff']);
    }
  });

  it('hands over empty messages, in one frame and in several', () => {
    const log = new EventLog();
    const collector = collectorFor(log);

    feed(collector, 1, [[]]);
    feed(collector, 2, [[], [], []]);
    feed(collector, 7, [[hex('01')]]);

    assert.deepEqual(log.lines, ['text: ', 'message 2: ', 'message 7: 01']);
  });

  it('copies a message in one chunk once, into exactly its size', () => {
    const collector = collectorFor(new EventLog());
    const payload = randomBytes(50_000, 1);
    collector.onMessageBegin(2);
    collector.onFrameBegin(header(payload.length, true));

    const allocated = countAllocations(() => collector.onFrameData(payload));

    assert.deepEqual(allocated, { count: 1, bytes: 50_000 });
  });

  it('decodes text in one chunk from where it lies', () => {
    const collector = collectorFor(new EventLog());
    const payload = hex('61');
    collector.onMessageBegin(1);
    collector.onFrameBegin(header(1, true));

    assert.equal(countAllocations(() => collector.onFrameData(payload)).count, 0);
  });

  it('takes what is longer than announced for the whole message, up to 16 KiB', () => {
    for (const [opcode, length, count] of [
      [1, 16_384, 0],
      [2, 16_384, 1],
      [2, 16_385, 1],
    ] as const) {
      const log = new EventLog();
      const collector = collectorFor(log);
      const payload = new Uint8Array(length).fill(0x61);
      collector.onMessageBegin(opcode);
      collector.onFrameBegin(header(100, true));

      const allocated = countAllocations(() => collector.onFrameData(payload));

      assert.equal(allocated.count, count);
      assert.equal(collector.size, length);
      collector.onFrameEnd();
      collector.onMessageEnd();
      assert.equal(log.lines.length, 1);
      assert.equal(collector.size, 0);
    }
  });

  it('goes on behind what was longer than announced', () => {
    for (const [opcode, line] of [
      [1, 'text: ä€b'],
      [2, 'message 2: c3 a4 e2 82 ac 62'],
    ] as const) {
      const bytes = hex('c3 a4 e2 82 ac 62');
      for (let cut = 2; cut < bytes.length; cut++) {
        const log = new EventLog();
        const collector = collectorFor(log);
        collector.onMessageBegin(opcode);
        collector.onFrameBegin(header(1, true));
        for (const part of [bytes.slice(0, cut), bytes.slice(cut)]) collector.onFrameData(part);
        collector.onFrameEnd();
        collector.onMessageEnd();

        assert.deepEqual(log.lines, [line]);
      }
    }
  });

  it('refuses what is longer than announced and than the limit at once', () => {
    const collector = collectorFor(new EventLog(), { maxFrameSize: Infinity, maxMessageSize: 4 });
    collector.onMessageBegin(2);
    collector.onFrameBegin(header(1, true));

    assert.throws(() => collector.onFrameData(new Uint8Array(5)), { option: 'maxMessageSize', size: 5 });
  });

  it('packs a million fragments of one byte into few blocks', () => {
    let size = 0;
    const collector = new MessageCollector(
      { onMessage: (payload) => (size = payload.length) },
      UNLIMITED,
      portableTextCodec,
    );
    const one = hex('07');

    const { count, bytes } = countAllocations(() => {
      collector.onMessageBegin(2);
      for (let index = 0; index < 1_000_000; index++) {
        collector.onFrameBegin(header(1, index === 999_999));
        collector.onFrameData(one);
        collector.onFrameEnd();
      }
      collector.onMessageEnd();
    });

    assert.equal(size, 1_000_000);
    assert.ok(bytes <= 2_000_000 + 65_536, `${bytes} bytes`);
    assert.ok(count < 40, `${count} blocks`);
  });

  it('allocates for what came, not for what was announced', () => {
    const collector = collectorFor(new EventLog());
    const one = hex('07');

    const { bytes } = countAllocations(() => {
      collector.onMessageBegin(2);
      collector.onFrameBegin(header(2 ** 62, true));
      collector.onFrameData(one);
    });

    assert.ok(bytes <= 1024, `${bytes} bytes`);
  });

  const LIMITS: [name: string, frames: number[], option: string | undefined, size?: number][] = [
    ['a frame of maxFrameSize − 1', [9], undefined],
    ['a frame of maxFrameSize', [10], undefined],
    ['a frame of maxFrameSize + 1', [11], 'maxFrameSize', 11],
    ['a later frame of maxFrameSize + 1', [1, 11], 'maxFrameSize', 11],
    ['fragments of maxMessageSize − 1', [10, 9], undefined],
    ['fragments of maxMessageSize', [10, 0, 10], undefined],
    ['fragments of maxMessageSize + 1', [10, 10, 1], 'maxMessageSize', 21],
    ['a frame of 2^63−1 bytes', [2 ** 63], 'maxFrameSize', 2 ** 63],
  ];
  for (const [name, frames, option, size] of LIMITS) {
    it(`${option === undefined ? 'accepts' : 'refuses'} ${name}, by its header`, () => {
      const collector = collectorFor(new EventLog(), { maxFrameSize: 10, maxMessageSize: 20 });
      collector.onMessageBegin(2);
      for (const length of frames.slice(0, -1)) {
        collector.onFrameBegin(header(length, false));
        if (length > 0) collector.onFrameData(new Uint8Array(length));
        collector.onFrameEnd();
      }

      const begin = (): void => collector.onFrameBegin(header(frames.at(-1) ?? 0, true));

      if (option === undefined) assert.doesNotThrow(begin);
      else assert.throws(begin, { name: 'LimitExceededError', option, size, closeCode: 1009, message: /as a stream/ });
    });
  }

  it('refuses a message that grows beyond the limit and beyond its headers', () => {
    const collector = collectorFor(new EventLog(), { maxFrameSize: Infinity, maxMessageSize: 4 });
    collector.onMessageBegin(2);
    collector.onFrameBegin(header(1, true));
    collector.onFrameData(hex('01 02 03'));
    collector.onFrameData(hex('04'));

    assert.throws(() => collector.onFrameData(hex('05')), { option: 'maxMessageSize', size: 5 });
  });

  it('loses nothing of a message that goes on behind what seemed to be all of it', () => {
    for (const [opcode, line] of [
      [1, 'text: ä€b'],
      [2, 'message 2: c3 a4 e2 82 ac 62'],
    ] as const) {
      for (const first of [2, 5]) {
        const log = new EventLog();
        const collector = collectorFor(log);
        const bytes = hex('c3 a4 e2 82 ac 62');

        collector.onMessageBegin(opcode);
        collector.onFrameBegin(header(first, true));
        collector.onFrameData(bytes.slice(0, first));
        for (const byte of bytes.subarray(first)) collector.onFrameData(Uint8Array.of(byte));
        assert.equal(collector.size, 6);
        collector.onFrameEnd();
        collector.onMessageEnd();

        assert.deepEqual(log.lines, [line]);
        assert.equal(collector.size, 0);
      }
    }
  });

  it('says what it has collected', () => {
    const collector = collectorFor(new EventLog());
    collector.onMessageBegin(2);
    assert.equal(collector.size, 0);
    collector.onFrameBegin(header(9, true));

    collector.onFrameData(hex('01 02'));
    collector.onFrameData(hex('03'));

    assert.equal(collector.size, 3);
  });

  it('begins each message with nothing', () => {
    const log = new EventLog();
    const collector = collectorFor(log, { maxFrameSize: 10, maxMessageSize: 10 });

    for (let count = 0; count < 3; count++) feed(collector, 2, [[hex('01 02 03 04 05')], [hex('06 07 08 09 0a')]]);

    assert.equal(log.lines.length, 3);
  });

  it('leaves text that ends inside a code point to whoever checks it, in one chunk or several', () => {
    for (const chunks of splits(hex('61 e2 82'))) {
      const log = new EventLog();
      const collector = collectorFor(log);

      collector.onMessageBegin(1);
      collector.onFrameBegin(header(3, true));
      for (const chunk of chunks) collector.onFrameData(chunk);
      collector.onFrameEnd();

      assert.deepEqual(log.lines, []);
    }
  });
});
