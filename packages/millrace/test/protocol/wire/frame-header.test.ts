import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import {
  MAX_CONTROL_PAYLOAD,
  MAX_HEADER_SIZE,
  createFrameHeaderBuffer,
  decodeFrameHeader,
  encodeFrameHeader,
  encodedHeaderSize,
  firstHeaderByte,
  frameHeaderSize,
  type FrameHeader,
} from '../../../src/protocol/wire/frame-header.ts';
import { concat, hex, toHex } from '../../helpers/bytes.ts';
import { frame, keyNumber } from '../../helpers/frames.ts';

const KEYS = ['', '00 00 00 00', '37 fa 21 3d', '80 00 00 00', 'ff ff ff ff', '01 02 03 04'];

// Each power of two with its neighbours, the boundaries of the three forms of a length, and 2^64−1.
const LENGTHS = [
  ...new Set(
    Array.from({ length: 64 }, (_, power) => 1n << BigInt(power))
      .flatMap((length) => [length - 1n, length, length + 1n])
      .concat(125n, 126n, 127n, 65_535n, 65_536n, 2n ** 55n + 1n, 2n ** 64n - 1n),
  ),
];
const SENDABLE = LENGTHS.filter((length) => length < 2n ** 63n);

function decode(bytes: Uint8Array, offset = 0): FrameHeader {
  const header = createFrameHeaderBuffer();
  decodeFrameHeader(bytes, offset, header);
  return header;
}

/** What a header says, where the length is a bigint and the rest plain: the naive view of {@link decode}'s result. */
function fieldsOf(header: FrameHeader): object {
  const { lengthHigh, lengthLow, ...others } = header;
  return { ...others, length: (BigInt(lengthHigh) << 32n) | BigInt(lengthLow) };
}

describe('createFrameHeaderBuffer', () => {
  it('makes a new header each time', () => {
    assert.notEqual(createFrameHeaderBuffer(), createFrameHeaderBuffer());
    assert.deepEqual(createFrameHeaderBuffer(), createFrameHeaderBuffer());
  });

  it('has the fields that decoding fills, so that its shape never changes', () => {
    const header = createFrameHeaderBuffer();
    const fields = Object.keys(header);

    decodeFrameHeader(hex('c1 85 37 fa 21 3d'), 0, header);

    assert.deepEqual(Object.keys(header), fields);
  });
});

describe('frameHeaderSize', () => {
  it('is right about every second byte', () => {
    for (let byte1 = 0; byte1 < 256; byte1++) {
      const length = byte1 % 128;
      const expected = 2 + (length === 126 ? 2 : 0) + (length === 127 ? 8 : 0) + (byte1 >= 128 ? 4 : 0);

      assert.equal(frameHeaderSize(byte1), expected);
      assert.ok(expected <= MAX_HEADER_SIZE);
    }
  });

  it('is at most MAX_HEADER_SIZE, and reaches it', () => {
    assert.equal(MAX_HEADER_SIZE, 14);
    assert.equal(frameHeaderSize(0xff), 14);
  });

  it('is 2 for every unmasked control frame', () => {
    assert.equal(frameHeaderSize(MAX_CONTROL_PAYLOAD), 2);
    assert.equal(frameHeaderSize(MAX_CONTROL_PAYLOAD + 1), 4);
  });
});

describe('firstHeaderByte', () => {
  it('makes every byte out of its fields, and decoding finds them again', () => {
    for (let byte0 = 0; byte0 < 256; byte0++) {
      const { fin, reservedBits, opcode } = decode(Uint8Array.of(byte0, 0));

      assert.deepEqual([fin, reservedBits, opcode], [byte0 >= 128, Math.floor(byte0 / 16) % 8, byte0 % 16]);
      assert.equal(firstHeaderByte(fin, reservedBits, opcode), byte0);
    }
  });

  it('has RSV1 as the highest of the reserved bits', () => {
    assert.equal(firstHeaderByte(false, 0b100, 0), 0x40);
  });
});

describe('decodeFrameHeader', () => {
  const plain = { fin: true, reservedBits: 0, maskingKey: undefined, lengthHigh: 0, minimal: true };
  const headers: [name: string, bytes: string, header: FrameHeader][] = [
    // The first six are those of RFC 6455 §5.7.
    ['unmasked text', '81 05', { ...plain, opcode: 1, payloadLength: 5, lengthLow: 5 }],
    [
      'masked text',
      '81 85 37 fa 21 3d',
      { ...plain, opcode: 1, maskingKey: 0x37fa213d, payloadLength: 5, lengthLow: 5 },
    ],
    ['a first fragment', '01 03', { ...plain, fin: false, opcode: 1, payloadLength: 3, lengthLow: 3 }],
    ['a continuation', '80 02', { ...plain, opcode: 0, payloadLength: 2, lengthLow: 2 }],
    ['256 bytes of binary', '82 7e 01 00', { ...plain, opcode: 2, payloadLength: 256, lengthLow: 256 }],
    ['64 KiB', '82 7f 00 00 00 00 00 01 00 00', { ...plain, opcode: 2, payloadLength: 65_536, lengthLow: 65_536 }],
    ['RSV1', 'c1 00', { ...plain, reservedBits: 4, opcode: 1, payloadLength: 0, lengthLow: 0 }],
    ['a reserved opcode', '8b 00', { ...plain, opcode: 11, payloadLength: 0, lengthLow: 0 }],
    ['a key of zeros', '89 80 00 00 00 00', { ...plain, opcode: 9, maskingKey: 0, payloadLength: 0, lengthLow: 0 }],
    ['a key over 2^31', '8a 80 ff ff ff fe', { ...plain, opcode: 10, maskingKey: -2, payloadLength: 0, lengthLow: 0 }],
    [
      '2^63−1 bytes, rounded',
      '82 7f 7f ff ff ff ff ff ff ff',
      { ...plain, opcode: 2, payloadLength: 2 ** 63, lengthHigh: 0x7fff_ffff, lengthLow: 0xffff_ffff },
    ],
    ['2 bytes in 16 bits', '81 7e 00 02', { ...plain, opcode: 1, payloadLength: 2, lengthLow: 2, minimal: false }],
  ];
  for (const [name, bytes, header] of headers) {
    it(`decodes ${name}, wherever it stands`, () => {
      for (const offset of [0, 1, 7]) {
        const chunk = concat([new Uint8Array(offset).fill(0xff), hex(bytes), hex('ff ff ff')]);

        assert.deepEqual(decode(chunk, offset), header);
      }
    });
  }

  it('decodes every length in every form, with every key, and knows the shortest form', () => {
    for (const length of LENGTHS) {
      for (const lengthBits of [7, 16, 64] as const) {
        if (length > { 7: 125n, 16: 0xffffn, 64: 2n ** 64n }[lengthBits]) continue;
        for (const key of KEYS) {
          const bytes = frame({ byte0: 0xe2, length, lengthBits, key });

          const header = decode(bytes);

          assert.equal(bytes.length, frameHeaderSize(bytes[1] ?? 0));
          assert.deepEqual(fieldsOf(header), {
            fin: true,
            reservedBits: 6,
            opcode: 2,
            maskingKey: key === '' ? undefined : keyNumber(key),
            payloadLength: Number(length),
            length,
            minimal: lengthBits === (length < 126n ? 7 : length < 65_536n ? 16 : 64),
          });
        }
      }
    }
  });

  it('leaves nothing of the header decoded before', () => {
    const header = createFrameHeaderBuffer();
    for (const before of ['ff ff ff ff ff ff ff ff ff ff ff ff ff ff', '7e fe 00 01 01 02 03 04']) {
      decodeFrameHeader(hex(before), 0, header);
      decodeFrameHeader(hex('01 03'), 0, header);

      assert.deepEqual(header, decode(hex('01 03')));
    }
  });
});

describe('encodeFrameHeader', () => {
  function encode(length: number | bigint, key: string, offset: number): Uint8Array {
    const target = new Uint8Array(offset + MAX_HEADER_SIZE + 2).fill(0xee);
    const maskingKey = key === '' ? undefined : keyNumber(key);
    const end = encodeFrameHeader({ byte0: 0x82, length, maskingKey }, target, offset);

    assert.ok(target.subarray(0, offset).every((byte) => byte === 0xee));
    assert.ok(target.subarray(end).every((byte) => byte === 0xee));
    return target.subarray(offset, end);
  }

  const headers: [length: bigint, unmasked: string][] = [
    [0n, '82 00'],
    [125n, '82 7d'],
    [126n, '82 7e 00 7e'],
    [65_535n, '82 7e ff ff'],
    [65_536n, '82 7f 00 00 00 00 00 01 00 00'],
    [2n ** 32n - 1n, '82 7f 00 00 00 00 ff ff ff ff'],
    [2n ** 32n, '82 7f 00 00 00 01 00 00 00 00'],
    [2n ** 53n - 1n, '82 7f 00 1f ff ff ff ff ff ff'],
    [2n ** 53n + 1n, '82 7f 00 20 00 00 00 00 00 01'],
    [2n ** 63n - 1n, '82 7f 7f ff ff ff ff ff ff ff'],
  ];
  for (const [length, unmasked] of headers) {
    it(`writes a length of ${String(length)} bytes in its shortest form`, () => {
      assert.equal(toHex(encode(length, '', 0)), unmasked);
    });
  }

  it('writes what the naive encoder writes: every length, with every key, at any offset', () => {
    for (const length of SENDABLE) {
      for (const key of KEYS) {
        const expected = toHex(frame({ length, key }));

        assert.equal(toHex(encode(length, key, 0)), expected);
        assert.equal(toHex(encode(length, key, 5)), expected);
        if (length < 2n ** 53n) assert.equal(toHex(encode(Number(length), key, 3)), expected);
      }
    }
  });

  it('writes what decodes to the same', () => {
    for (const length of SENDABLE) {
      for (const key of KEYS) {
        const fields = fieldsOf(decode(encode(length, key, 0)));

        assert.deepEqual(fields, {
          fin: true,
          reservedBits: 0,
          opcode: 2,
          maskingKey: key === '' ? undefined : keyNumber(key),
          payloadLength: Number(length),
          length,
          minimal: true,
        });
      }
    }
  });

  it('writes any first byte', () => {
    const target = new Uint8Array(MAX_HEADER_SIZE);
    for (let byte0 = 0; byte0 < 256; byte0++) {
      encodeFrameHeader({ byte0, length: 0, maskingKey: undefined }, target, 0);

      assert.equal(target[0], byte0);
    }
  });

  it('takes a key as a signed or as an unsigned number', () => {
    const signed = new Uint8Array(6);
    const unsigned = new Uint8Array(6);

    encodeFrameHeader({ byte0: 0x81, length: 1, maskingKey: -2 }, signed, 0);
    encodeFrameHeader({ byte0: 0x81, length: 1, maskingKey: 0xffff_fffe }, unsigned, 0);

    assert.equal(toHex(signed), '81 81 ff ff ff fe');
    assert.deepEqual(unsigned, signed);
  });
});

describe('encodedHeaderSize', () => {
  it('is the size of what the naive encoder writes, for every length as a number or as a bigint', () => {
    for (const length of SENDABLE) {
      const unmasked = frame({ length }).length;

      assert.deepEqual([encodedHeaderSize(length, false), encodedHeaderSize(length, true)], [unmasked, unmasked + 4]);
      assert.equal(encodedHeaderSize(Number(length), false), unmasked);
    }
  });
});
