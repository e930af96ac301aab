import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { FrameSpec } from '@millrace/conformance';

import { concatBytes } from '../../src/wire/bytes.ts';
import { FrameBoundaries } from '../../src/wire/frame-boundaries.ts';
import { writeFrame } from '../../src/wire/frame-writer.ts';

const FRAMES: readonly FrameSpec[] = [
  { opcode: 1, payload: { text: 'Hello' } },
  { opcode: 9 },
  { opcode: 2, fin: false, reservedBits: 7, payload: { fill: '61', size: 126 } },
  { opcode: 0xf, masking: 'wrong', payload: { hex: 'ff' } },
  { opcode: 0, payload: { fill: '61', size: 300 }, lengthField: 64 },
  { opcode: 8, payload: { hex: '03 e8' } },
];

describe('FrameBoundaries', () => {
  for (const role of ['server', 'client'] as const) {
    const written = FRAMES.map((frame) => writeFrame(frame, role).bytes);
    const stream = concatBytes(written);
    const ends = new Set(written.map((_, index) => concatBytes(written.slice(0, index + 1)).length));

    it(`knows after each byte of a ${role} whether a frame is open`, () => {
      const boundaries = new FrameBoundaries();

      for (let position = 1; position <= stream.length; position++) {
        boundaries.take(stream.subarray(position - 1, position));

        assert.equal(boundaries.insideFrame, !ends.has(position), `after ${String(position)} bytes`);
      }
    });

    it(`takes a frame of a ${role} to its end, wherever it was cut`, () => {
      const [first = new Uint8Array(0)] = written;
      for (let cut = 0; cut < first.length; cut++) {
        const boundaries = new FrameBoundaries();
        boundaries.take(stream.subarray(0, cut));

        assert.equal(boundaries.takeFrame(stream.subarray(cut)), first.length - cut);
        assert.equal(boundaries.insideFrame, false);
      }
    });
  }

  it('follows a frame of 2^64−1 bytes, which has no end', () => {
    const boundaries = new FrameBoundaries();

    boundaries.take(writeFrame({ opcode: 2, announce: 2n ** 64n - 1n }, 'server').bytes);
    boundaries.take(new Uint8Array(100_000));

    assert.equal(boundaries.insideFrame, true);
  });

  it('counts a head of HTTP to no frame', () => {
    const boundaries = new FrameBoundaries();
    boundaries.skip(100);

    boundaries.take(new Uint8Array(99));
    assert.equal(boundaries.insideFrame, true);
    boundaries.take(new Uint8Array(1));
    assert.equal(boundaries.insideFrame, false);
  });
});
