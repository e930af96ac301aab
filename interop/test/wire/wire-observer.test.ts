import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { WireObserver } from '../../wire/wire-observer.ts';

const HEAD = Buffer.from('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n');

function bytes(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(' ', ''), 'hex');
}

/** A ping, a masked text in two fragments around a pong, 126 bytes of binary, an empty text, and a Close with a reason. */
const STREAM = Buffer.concat([
  HEAD,
  bytes('89 01 70'),
  bytes('01 82 01 02 03 04 49 6b'),
  bytes('8a 01 71'),
  bytes('80 01 21'),
  bytes('82 7e 00 7e'),
  Buffer.alloc(126, 'x'),
  bytes('81 00'),
  bytes('88 04 03 e8 6f 6b'),
  bytes('89 00'),
]);

function observe(chunks: readonly Buffer[]): object {
  const observer = new WireObserver({ keepsPayload: true });
  for (const chunk of chunks) observer.push(chunk);
  const { head, messages, pings, pongs, closes, reasons } = observer;
  const { framesAfterClose, maskedFrames, unmaskedFrames, keys, violations } = observer;
  return {
    ...{ head, messages, pings, pongs, closes, reasons },
    ...{ framesAfterClose, maskedFrames, unmaskedFrames, keys, violations },
  };
}

const EXPECTED = {
  head: 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket',
  messages: [
    { opcode: 1, reservedBits: 0, frames: 2, size: 3, payload: Buffer.from('Hi!') },
    { opcode: 2, reservedBits: 0, frames: 1, size: 126, payload: Buffer.alloc(126, 'x') },
    { opcode: 1, reservedBits: 0, frames: 1, size: 0, payload: Buffer.alloc(0) },
  ],
  pings: ['p', ''],
  pongs: ['q'],
  closes: [1000],
  reasons: ['ok'],
  framesAfterClose: 1,
  maskedFrames: 1,
  unmaskedFrames: 7,
  keys: 1,
  violations: [],
};

const VIOLATIONS: readonly (readonly [name: string, hex: string, violation: RegExp])[] = [
  ['reserved bits in a continuation', '01 00 c0 00', /reserved bits in a frame with opcode 0/],
  ['reserved bits in a ping', 'c9 00', /reserved bits in a frame with opcode 9/],
  ['a 16-bit length that could be shorter', '82 7e 00 01 61', /could be shorter/],
  ['a 64-bit length that could be shorter', '82 7f 00 00 00 00 00 00 00 01 61', /could be shorter/],
  ['a continuation of nothing', '80 00', /opcode 0 out of place/],
  ['a message inside a message', '01 00 81 00', /opcode 1 out of place/],
  ['a fragmented ping', '09 00', /control frame in fragments/],
  ['a reserved control opcode', '8b 00', /opcode 11/],
];

describe('WireObserver', () => {
  it('reads what one side sends, wherever it is cut', () => {
    for (let cut = 0; cut <= STREAM.length; cut++) {
      assert.deepEqual(observe([STREAM.subarray(0, cut), STREAM.subarray(cut)]), EXPECTED, `cut at ${cut}`);
    }
  });

  it('reads byte by byte', () => {
    assert.deepEqual(observe(Array.from(STREAM, (_, index) => STREAM.subarray(index, index + 1))), EXPECTED);
  });

  it('knows a Close without a code', () => {
    const observer = new WireObserver({ keepsPayload: false });
    observer.push(Buffer.concat([HEAD, bytes('88 00')]));

    assert.deepEqual(observer.closes, [1005]);
  });

  it('follows a frame of 2^63−1 bytes', () => {
    const observer = new WireObserver({ keepsPayload: false });
    observer.push(Buffer.concat([HEAD, bytes('82 7f 7f ff ff ff ff ff ff ff'), Buffer.alloc(1000)]));

    assert.deepEqual(observer.messages, []);
    assert.equal(observer.unmaskedFrames, 1);
  });

  for (const [name, hex, violation] of VIOLATIONS) {
    it(`sees ${name}`, () => {
      const observer = new WireObserver({ keepsPayload: false });
      observer.push(Buffer.concat([HEAD, bytes(hex)]));

      assert.match(observer.violations.join(), violation);
    });
  }

  it('tells the reserved bits of the first frame of a message', () => {
    const observer = new WireObserver({ keepsPayload: false });
    observer.push(Buffer.concat([HEAD, bytes('41 01 61 80 01 62 f2 00')]));

    const none = Buffer.alloc(0);
    assert.deepEqual(observer.messages, [
      { opcode: 1, reservedBits: 4, frames: 2, size: 2, payload: none },
      { opcode: 2, reservedBits: 7, frames: 1, size: 0, payload: none },
    ]);
    assert.deepEqual(observer.violations, []);
  });

  it('gives up on a head without an end', () => {
    const observer = new WireObserver({ keepsPayload: false });
    for (let index = 0; index < 70; index++) observer.push(Buffer.alloc(1000, 'x'));

    assert.match(observer.violations.join(), /without an end/);
  });
});
