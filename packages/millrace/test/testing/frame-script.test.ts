import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { encodeFrameScript, type FrameScript } from '../../src/testing/frame-script.ts';
import { hex, toHex } from '../helpers/bytes.ts';
import { frame, keyNumber } from '../helpers/frames.ts';

const KEY = '37 fa 21 3d';

const SCRIPTS: [name: string, script: FrameScript, bytes: string][] = [
  ['nothing but defaults', {}, '82 00'],
  ['text', { opcode: 1, payload: 'Hällo' }, '81 06 48 c3 a4 6c 6c 6f'],
  ['a frame that does not end its message', { fin: false, payload: hex('01') }, '02 01 01'],
  ['reserved bits and a reserved opcode', { reservedBits: 0b111, opcode: 0xf }, 'ff 00'],
  [
    'a key, where there is none',
    { payload: 'Hello', opcode: 1, maskingKey: keyNumber(KEY) },
    '81 85 37 fa 21 3d 7f 9f 4d 51 58',
  ],
  ['a length that is not that of the payload', { announced: 5, payload: hex('01') }, '82 05 01'],
  ['a length of 2^64−1', { announced: 2n ** 64n - 1n }, '82 7f ff ff ff ff ff ff ff ff'],
  ['a length of 2^63−1', { announced: 2n ** 63n - 1n }, '82 7f 7f ff ff ff ff ff ff ff'],
  ['16 bits, where 7 are enough', { lengthBits: 16, payload: hex('01') }, '82 7e 00 01 01'],
  ['64 bits, where 7 are enough', { lengthBits: 64, payload: hex('01') }, '82 7f 00 00 00 00 00 00 00 01 01'],
  ['7 bits', { lengthBits: 7, payload: hex('01') }, '82 01 01'],
  ['65,535 announced', { announced: 65_535 }, '82 7e ff ff'],
  ['65,536 announced', { announced: 65_536 }, '82 7f 00 00 00 00 00 01 00 00'],
  ['126 announced', { announced: 126 }, '82 7e 00 7e'],
];

describe('encodeFrameScript', () => {
  for (const [name, script, bytes] of SCRIPTS) {
    it(`encodes ${name}`, () => {
      assert.equal(toHex(encodeFrameScript(script, 'none')), bytes);
    });
  }

  it('masks with the key of the sender, unless the script says otherwise', () => {
    const payload = hex('01 02 03 04 05');

    assert.deepEqual(encodeFrameScript({ payload }, keyNumber(KEY)), frame({ payload, key: KEY }));
    assert.deepEqual(encodeFrameScript({ payload, maskingKey: 'none' }, keyNumber(KEY)), frame({ payload }));
    assert.equal(toHex(payload), '01 02 03 04 05');
  });

  it('takes large payloads', () => {
    const payload = new Uint8Array(300_000).fill(7);

    assert.deepEqual(encodeFrameScript({ payload }, 'none'), frame({ payload }));
  });
});
