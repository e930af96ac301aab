import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { FrameSpec } from '@millrace/conformance';

import { toHex } from '../../src/wire/bytes.ts';
import { writeFrame } from '../../src/wire/frame-writer.ts';

const rows: readonly (readonly [name: string, frame: FrameSpec, hex: string])[] = [
  ['the text of RFC 6455 §5.7', { opcode: 1, payload: { text: 'Hello' } }, '81 05 48 65 6c 6c 6f'],
  ['no FIN and all reserved bits', { opcode: 2, fin: false, reservedBits: 7 }, '72 00'],
  ['a 16-bit length', { opcode: 2, payload: { hex: '00' }, lengthField: 16 }, '82 7e 00 01 00'],
  ['a 64-bit length', { opcode: 2, payload: { hex: '00' }, lengthField: 64 }, '82 7f 00 00 00 00 00 00 00 01 00'],
  ['2^63−1', { opcode: 2, announce: 2n ** 63n - 1n }, '82 7f 7f ff ff ff ff ff ff ff'],
  ['2^64−1', { opcode: 2, announce: 2n ** 64n - 1n }, '82 7f ff ff ff ff ff ff ff ff'],
];

describe('writeFrame', () => {
  for (const [name, frame, hex] of rows) {
    it(`writes ${name}`, () => {
      assert.equal(toHex(writeFrame(frame, 'server').bytes), hex);
    });
  }

  it('masks as a client, with the key in the header', () => {
    const { bytes } = writeFrame({ opcode: 1, payload: { text: 'Hello' } }, 'client');

    const key = bytes.subarray(2, 6);
    const unmasked = bytes.subarray(6).map((byte, index) => byte ^ key[index % 4]!);
    assert.equal(bytes[1], 0x85);
    assert.equal(Buffer.from(unmasked).toString(), 'Hello');
  });

  it('masks wrongly, or with 0, when told to', () => {
    assert.equal(writeFrame({ opcode: 1, masking: 'wrong' }, 'client').bytes.length, 2);
    assert.equal(toHex(writeFrame({ opcode: 1, masking: 'zero' }, 'client').bytes), '81 80 00 00 00 00');
  });
});
