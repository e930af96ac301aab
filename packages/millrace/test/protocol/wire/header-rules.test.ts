import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { RemoteProtocolError } from '../../../src/protocol/base/errors.ts';
import { createFrameHeaderBuffer, decodeFrameHeader } from '../../../src/protocol/wire/frame-header.ts';
import { checkFrameHeader, type ReceiveContext, type ReservedRules } from '../../../src/protocol/wire/header-rules.ts';
import { hex } from '../../helpers/bytes.ts';
import { frame } from '../../helpers/frames.ts';

const unclaimed: ReservedRules = {
  firstFrameBits: 0,
  continuationBits: 0,
  controlBits: 0,
  allowsOpcode: () => false,
};
const claimed: ReservedRules = {
  firstFrameBits: 0b111,
  continuationBits: 0b111,
  controlBits: 0b111,
  allowsOpcode: () => true,
};

const client: ReceiveContext = { role: 'client', insideMessage: false, reserved: unclaimed };
const server: ReceiveContext = { role: 'server', insideMessage: false, reserved: unclaimed };
const inside: ReceiveContext = { ...client, insideMessage: true };
const deflate: ReceiveContext = { ...client, reserved: { ...unclaimed, firstFrameBits: 0b100 } };
const deflateInside: ReceiveContext = { ...deflate, insideMessage: true };
const opcodes: ReceiveContext = { ...client, reserved: { ...unclaimed, allowsOpcode: () => true } };
const opcodesInside: ReceiveContext = { ...opcodes, insideMessage: true };

/** The error that the header at the start of `bytes` meets with, if any. */
function violation(bytes: Uint8Array, context: ReceiveContext): RemoteProtocolError | undefined {
  const header = createFrameHeaderBuffer();
  decodeFrameHeader(bytes, 0, header);
  try {
    checkFrameHeader(header, context);
    return undefined;
  } catch (error) {
    assert.ok(error instanceof RemoteProtocolError, String(error));
    assert.equal(error.closeCode, 1002);
    assert.equal(error.code, 'MILLRACE_REMOTE_PROTOCOL');
    return error;
  }
}

const RULES: [name: string, context: ReceiveContext, bytes: string, message: string | undefined][] = [
  // §5.1 masking
  ['a masked frame, at a server', server, '81 80 00 00 00 00', undefined],
  ['an unmasked frame, at a server', server, '81 00', 'unmasked frame (RFC 6455 §5.1)'],
  ['an unmasked Close, at a server', server, '88 00', 'unmasked frame (RFC 6455 §5.1)'],
  ['an unmasked frame, at a client', client, '81 00', undefined],
  ['a masked frame, at a client', client, '81 80 37 fa 21 3d', 'masked frame (RFC 6455 §5.1)'],
  ['a masked frame with a key of zeros, at a client', client, '81 80 00 00 00 00', 'masked frame (RFC 6455 §5.1)'],

  // §5.2 reserved bits
  ['RSV1 without an extension', client, 'c1 00', 'reserved bit set (RFC 6455 §5.2)'],
  ['RSV2 without an extension', client, 'a1 00', 'reserved bit set (RFC 6455 §5.2)'],
  ['RSV3 without an extension', client, '91 00', 'reserved bit set (RFC 6455 §5.2)'],
  ['RSV1 with permessage-deflate', deflate, 'c1 00', undefined],
  ['RSV1 on a first fragment with permessage-deflate', deflate, '42 01', undefined],
  ['RSV2 with permessage-deflate', deflate, 'a1 00', 'reserved bit set (RFC 6455 §5.2)'],
  ['RSV1 and RSV3 with permessage-deflate', deflate, 'd1 00', 'reserved bit set (RFC 6455 §5.2)'],
  ['RSV1 on a continuation with permessage-deflate', deflateInside, 'c0 00', 'reserved bit set (RFC 6455 §5.2)'],
  ['RSV1 on a Ping with permessage-deflate', deflate, 'c9 00', 'reserved bit set (RFC 6455 §5.2)'],
  ['RSV1 on a Close with permessage-deflate', deflate, 'c8 00', 'reserved bit set (RFC 6455 §5.2)'],

  // §5.2 opcodes
  ['reserved data opcode 0x3', client, '83 00', 'reserved opcode 0x3 (RFC 6455 §5.2)'],
  ['reserved control opcode 0xB', client, '8b 00', 'reserved opcode 0xB (RFC 6455 §5.2)'],
  ['a claimed data opcode', opcodes, '83 00', undefined],
  ['a claimed control opcode', opcodes, '8b 00', undefined],

  // §5.2 payload length
  ['64 KiB in 64 bits', client, '82 7f 00 00 00 00 00 01 00 00', undefined],
  ['2^63−1 bytes', client, '82 7f 7f ff ff ff ff ff ff ff', undefined],
  ['2^55+1 bytes', client, '82 7f 00 80 00 00 00 00 00 01', undefined],
  ['2^63 bytes', client, '82 7f 80 00 00 00 00 00 00 00', 'payload length with its top bit set (RFC 6455 §5.2)'],
  ['2^64−1 bytes', client, '82 7f ff ff ff ff ff ff ff ff', 'payload length with its top bit set (RFC 6455 §5.2)'],
  ['126 bytes in 16 bits', client, '82 7e 00 7e', undefined],
  ['125 bytes in 16 bits', client, '82 7e 00 7d', 'payload length not in its shortest form (RFC 6455 §5.2)'],
  [
    '65,535 bytes in 64 bits',
    client,
    '82 7f 00 00 00 00 00 00 ff ff',
    'payload length not in its shortest form (RFC 6455 §5.2)',
  ],
  [
    '0 bytes in 64 bits, on a Ping',
    client,
    '89 7f 00 00 00 00 00 00 00 00',
    'payload length not in its shortest form (RFC 6455 §5.2)',
  ],

  // §5.4 fragmentation
  ['a first fragment', client, '01 00', undefined],
  ['a continuation inside a message', inside, '00 00', undefined],
  ['a last continuation inside a message', inside, '80 00', undefined],
  ['a continuation of nothing', client, '80 00', 'continuation of no message (RFC 6455 §5.4)'],
  ['text inside a message', inside, '81 00', 'message inside an unfinished message (RFC 6455 §5.4)'],
  ['a binary fragment inside a message', inside, '02 00', 'message inside an unfinished message (RFC 6455 §5.4)'],
  [
    'a claimed data opcode inside a message',
    opcodesInside,
    '83 00',
    'message inside an unfinished message (RFC 6455 §5.4)',
  ],

  // §5.5 control frames
  ['a Ping inside a message', inside, '89 00', undefined],
  ['a Close inside a message', inside, '88 00', undefined],
  ['a claimed control opcode inside a message', opcodesInside, '8b 00', undefined],
  ['a Ping of 125 bytes', client, '89 7d', undefined],
  ['a Ping of 126 bytes', client, '89 7e 00 7e', 'control frame over 125 bytes (RFC 6455 §5.5)'],
  ['a Close of 64 KiB', client, '88 7f 00 00 00 00 00 01 00 00', 'control frame over 125 bytes (RFC 6455 §5.5)'],
  ['a claimed control opcode with 126 bytes', opcodes, '8b 7e 00 7e', 'control frame over 125 bytes (RFC 6455 §5.5)'],
  ['a fragmented Ping', client, '09 00', 'fragmented control frame (RFC 6455 §5.5)'],
  ['a fragmented Pong', client, '0a 00', 'fragmented control frame (RFC 6455 §5.5)'],
  ['a fragmented Close', client, '08 00', 'fragmented control frame (RFC 6455 §5.5)'],
  ['a fragmented frame of a claimed control opcode', opcodes, '0b 00', 'fragmented control frame (RFC 6455 §5.5)'],
  ['a Close without a body', client, '88 00', undefined],
  ['a Close of 1 byte', client, '88 01', 'Close body of 1 byte (RFC 6455 §5.5.1)'],
  ['a Close of 2 bytes', client, '88 02', undefined],
  ['a Ping of 1 byte', client, '89 01', undefined],
  ['a text of 1 byte', client, '81 01', undefined],
];

describe('checkFrameHeader', () => {
  for (const [name, context, bytes, message] of RULES) {
    it(`${message === undefined ? 'accepts' : 'refuses'} ${name}`, () => {
      const error = violation(hex(bytes), context);

      assert.equal(error?.message, message);
      if (error !== undefined) assert.ok(error.message.endsWith(`(${error.rule})`));
    });
  }

  it('wants every frame to a server masked and every frame to a client unmasked, whatever its opcode', () => {
    for (let opcode = 0; opcode < 16; opcode++) {
      const insideMessage = opcode === 0;
      for (const [role, key, rule] of [
        ['server', '01 02 03 04', undefined],
        ['server', '', 'RFC 6455 §5.1'],
        ['client', '', undefined],
        ['client', '01 02 03 04', 'RFC 6455 §5.1'],
      ] as const) {
        const error = violation(frame({ byte0: 0x80 | opcode, key }), { role, insideMessage, reserved: claimed });

        assert.equal(error?.rule, rule, `opcode ${String(opcode)} to a ${role}`);
      }
    }
  });

  const kinds: [kind: string, opcodes: number[], field: 'firstFrameBits' | 'continuationBits' | 'controlBits'][] = [
    ['the first frame of a message', [1, 2, 3, 4, 5, 6, 7], 'firstFrameBits'],
    ['a continuation', [0], 'continuationBits'],
    ['a control frame', [8, 9, 10, 11, 12, 13, 14, 15], 'controlBits'],
  ];
  for (const [kind, ofKind, field] of kinds) {
    it(`lets ${kind} have the reserved bits that were claimed for it, and no others`, () => {
      for (const opcode of ofKind) {
        for (let bits = 0; bits < 8; bits++) {
          for (let reservedBits = 0; reservedBits < 8; reservedBits++) {
            // Claimed for the other kinds are exactly those that are not for this one.
            const others = 0b111 ^ bits;
            const reserved: ReservedRules = {
              firstFrameBits: others,
              continuationBits: others,
              controlBits: others,
              allowsOpcode: () => true,
              [field]: bits,
            };
            const byte0 = 0x80 | (reservedBits << 4) | opcode;
            const refused = [4, 2, 1].some((bit) => (reservedBits & bit) !== 0 && (bits & bit) === 0);

            const error = violation(Uint8Array.of(byte0, 0), { ...client, insideMessage: opcode === 0, reserved });

            assert.equal(error?.message, refused ? 'reserved bit set (RFC 6455 §5.2)' : undefined);
          }
        }
      }
    });
  }

  it('accepts each defined opcode, and each reserved one if and only if that one was claimed', () => {
    for (let opcode = 0; opcode < 16; opcode++) {
      const defined = [0, 1, 2, 8, 9, 10].includes(opcode);
      for (let claim = 0; claim < 16; claim++) {
        const reserved = { ...unclaimed, allowsOpcode: (asked: number) => asked === claim };
        const refused = !defined && opcode !== claim;

        const error = violation(Uint8Array.of(0x80 | opcode, 0), { ...client, insideMessage: opcode === 0, reserved });

        const name = `0x${opcode.toString(16).toUpperCase()}`;
        assert.equal(error?.message, refused ? `reserved opcode ${name} (RFC 6455 §5.2)` : undefined);
      }
    }
  });

  it('asks nobody about a defined opcode', () => {
    const reserved: ReservedRules = {
      ...unclaimed,
      allowsOpcode: (opcode) => assert.fail(`asked about ${String(opcode)}`),
    };

    for (const opcode of [0, 1, 2, 8, 9, 10]) {
      violation(Uint8Array.of(0x80 | opcode, 0), { ...client, insideMessage: opcode === 0, reserved });
    }
  });

  // Each row mends what the row before was refused for, so that the next rule in the order of the RFC shows.
  const peeled: [bytes: string, context: ReceiveContext, message: string][] = [
    ['7b 7f 80 00 00 00 00 00 00 00', server, 'unmasked frame'],
    ['7b ff 80 00 00 00 00 00 00 00 01 02 03 04', client, 'masked frame'],
    ['7b ff 80 00 00 00 00 00 00 00 01 02 03 04', server, 'reserved bit set'],
    ['0b ff 80 00 00 00 00 00 00 00 01 02 03 04', server, 'reserved opcode 0xB'],
    ['08 ff 80 00 00 00 00 00 00 00 01 02 03 04', server, 'payload length with its top bit set'],
    ['08 ff 00 00 00 00 00 00 00 01 01 02 03 04', server, 'payload length not in its shortest form'],
    ['08 fe 00 7e 01 02 03 04', server, 'fragmented control frame'],
    ['88 fe 00 7e 01 02 03 04', server, 'control frame over 125 bytes'],
    ['88 81 01 02 03 04', server, 'Close body of 1 byte'],
    ['80 fe 00 01 01 02 03 04', server, 'payload length not in its shortest form'],
    ['80 81 01 02 03 04', server, 'continuation of no message'],
  ];
  for (const [index, [bytes, context, message]] of peeled.entries()) {
    it(`names the first rule that ${bytes} breaks, at a ${context.role} (row ${String(index + 1)})`, () => {
      const found = violation(hex(bytes), context)?.message;

      assert.ok(found?.startsWith(`${message} (RFC 6455 §`), found);
    });
  }

  it('tells what stood in the header', () => {
    assert.deepEqual(violation(hex('b5 03'), client)?.frame, {
      opcode: 5,
      fin: true,
      reservedBits: 0b011,
      payloadLength: 3,
    });
    assert.equal(new RemoteProtocolError('of no frame', 'RFC 6455 §8.1').frame, undefined);
  });

  it('accepts every length from 0 to 2^63−1 of a data frame in its shortest form, around each power of two', () => {
    for (let power = 0n; power <= 63n; power++) {
      for (const length of [2n ** power - 1n, 2n ** power, 2n ** power + 1n]) {
        const error = violation(frame({ length }), client);

        const expected = length < 2n ** 63n ? undefined : 'payload length with its top bit set (RFC 6455 §5.2)';
        assert.equal(error?.message, expected, String(length));
      }
    }
  });
});
