import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { LimitExceededError } from '../../../../src/protocol/base/errors.ts';
import { FrameCollector } from '../../../../src/protocol/receive/stages/frame-collector.ts';
import { createFrameHeaderBuffer, type FrameHeader } from '../../../../src/protocol/wire/frame-header.ts';
import { countAllocations } from '../../../helpers/allocations.ts';
import { hex } from '../../../helpers/bytes.ts';
import { EventLog } from '../../../helpers/event-log.ts';
import { randomBytes } from '../../../helpers/random.ts';
import { splits } from '../../../helpers/splits.ts';

function header(payloadLength: number, reservedBits = 0): FrameHeader {
  return { ...createFrameHeaderBuffer(), payloadLength, reservedBits };
}

function collect(collector: FrameCollector, chunks: Iterable<Uint8Array>, head: FrameHeader): void {
  collector.onFrameBegin(head);
  for (const chunk of chunks) {
    collector.onFrameData(chunk);
    chunk.fill(0xee); // only lent
  }
  collector.onFrameEnd();
}

describe('FrameCollector', () => {
  it('hands over frames whole, however they are cut, with their reserved bits', () => {
    const payload = hex('48 65 6c 6c 6f 20 77 6f 72 6c 64');
    for (const chunks of splits(payload)) {
      const log = new EventLog();
      const collector = new FrameCollector(log.frames, { maxFrameSize: 11 });

      collector.onMessageBegin(2);
      collect(collector, chunks, header(11, 0b100));
      collect(collector, [], header(0));
      collect(collector, [hex('21')], header(1, 0b001));
      collector.onMessageEnd();

      assert.deepEqual(log.lines, [
        'begin 2',
        'frame: rsv 4 48 65 6c 6c 6f 20 77 6f 72 6c 64',
        'frame: ',
        'frame: rsv 1 21',
        'end',
      ]);
    }
  });

  it('copies a frame in one chunk once, into exactly its size', () => {
    const collector = new FrameCollector(new EventLog().frames, { maxFrameSize: Infinity });
    const payload = randomBytes(50_000, 1);
    collector.onFrameBegin(header(payload.length));

    const allocated = countAllocations(() => collector.onFrameData(payload));

    assert.deepEqual(allocated, { count: 1, bytes: 50_000 });
  });

  it('allocates for what came, not for what was announced', () => {
    const collector = new FrameCollector(new EventLog().frames, { maxFrameSize: Infinity });
    const one = hex('01');

    const { bytes } = countAllocations(() => {
      collector.onFrameBegin(header(2 ** 62));
      collector.onFrameData(one);
    });

    assert.ok(bytes <= 1024, `${bytes} bytes`);
  });

  for (const [limit, length, isAllowed] of [
    [10, 9, true],
    [10, 10, true],
    [10, 11, false],
    [0, 0, true],
    [0, 1, false],
    [Infinity, 2 ** 62, true],
  ] as const) {
    it(`${isAllowed ? 'accepts' : 'refuses'} ${length} bytes by the header, with a limit of ${limit}`, () => {
      const collector = new FrameCollector(new EventLog().frames, { maxFrameSize: limit });

      const begin = (): void => collector.onFrameBegin(header(length));

      if (isAllowed) assert.doesNotThrow(begin);
      else assert.throws(begin, { option: 'maxFrameSize', limit, size: length, closeCode: 1009 });
    });
  }

  it('refuses a frame that grows beyond the limit and beyond its header', () => {
    const collector = new FrameCollector(new EventLog().frames, { maxFrameSize: 4 });

    collector.onFrameBegin(header(1));
    collector.onFrameData(hex('01 02 03'));
    collector.onFrameData(hex('04'));

    assert.throws(
      () => collector.onFrameData(hex('05')),
      (error) => {
        assert.ok(error instanceof LimitExceededError);
        assert.match(error.message, /5 bytes exceed maxFrameSize, 4 bytes; .*stream/);
        return true;
      },
    );
  });

  it('says what it has collected', () => {
    const collector = new FrameCollector(new EventLog().frames, { maxFrameSize: 10 });
    collector.onMessageBegin(2);
    collector.onFrameBegin(header(5));
    assert.equal(collector.size, 0);

    collector.onFrameData(hex('01 02'));
    collector.onFrameData(hex('03'));
    assert.equal(collector.size, 3);
    collector.onFrameEnd();

    assert.equal(collector.size, 0);
  });
});
