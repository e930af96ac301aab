import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { CloseBody } from '../../../src/protocol/base/closure.ts';
import { InvalidPayloadError, LocalUsageError, RemoteProtocolError } from '../../../src/protocol/base/errors.ts';
import {
  MAX_CLOSE_REASON,
  checkCloseBody,
  decodeCloseBody,
  encodeCloseBody,
  truncateCloseReason,
} from '../../../src/protocol/wire/close-body.ts';
import { hex, toHex } from '../../helpers/bytes.ts';

const ALL = Array.from({ length: 65_536 }, (_, code) => code);
const VALID = [
  ...[1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014],
  ...Array.from({ length: 2000 }, (_, index) => 3000 + index),
];

/** What `run` throws, or `undefined`; `assert.throws` is slow where it runs 65,536 times. */
function thrownBy(run: () => unknown): unknown {
  try {
    run();
    return undefined;
  } catch (error) {
    return error;
  }
}

describe('decodeCloseBody', () => {
  const bodies: [name: string, bytes: string, body: CloseBody][] = [
    ['an empty body', '', { code: undefined, reason: '' }],
    ['a code alone', '03 e8', { code: 1000, reason: '' }],
    ['a code and a reason', '03 e9 62 79 65', { code: 1001, reason: 'bye' }],
    ['a reason beyond ASCII', '0f a0 c3 a9 e2 82 ac f0 9f 98 80', { code: 4000, reason: 'é€😀' }],
    ['a reason that begins with U+FEFF', '03 e8 ef bb bf 61', { code: 1000, reason: '\ufeffa' }],
    ['a reason that holds U+0000', '03 e8 61 00 62', { code: 1000, reason: 'a\0b' }],
    ['the longest reason', `03 e8 ${'61'.repeat(123)}`, { code: 1000, reason: 'a'.repeat(123) }],
  ];
  for (const [name, bytes, body] of bodies) {
    it(`decodes ${name}`, () => {
      assert.deepEqual(decodeCloseBody(hex(bytes)), body);
    });
  }

  const notUtf8: [name: string, bytes: string][] = [
    ['a byte that UTF-8 has not', 'ff'],
    ['a continuation byte alone', '61 80'],
    ['an overlong form', 'c0 af'],
    ['a surrogate', 'ed a0 80'],
    ['a code point over U+10FFFF', 'f4 90 80 80'],
    ['a cut code point', '61 e2 82'],
  ];
  for (const [name, reason] of notUtf8) {
    it(`refuses a reason with ${name}`, () => {
      const error = thrownBy(() => decodeCloseBody(hex(`03 e8 ${reason}`)));

      assert.ok(error instanceof InvalidPayloadError);
      assert.equal(error.rule, 'RFC 6455 §5.5.1');
      assert.equal(error.closeCode, 1007);
      assert.match(error.message, /^close reason is not UTF-8/);
    });
  }

  it('accepts exactly the valid ones of all 65,536 codes, and names the others', () => {
    const accepted: number[] = [];
    for (const code of ALL) {
      const payload = Uint8Array.of(Math.floor(code / 256), code % 256);

      const error = thrownBy(() => accepted.push(decodeCloseBody(payload).code ?? -1));

      if (error === undefined) continue;
      assert.ok(error instanceof RemoteProtocolError);
      assert.deepEqual(
        [error.rule, error.closeCode, error.message],
        ['RFC 6455 §7.4', 1002, `close code ${String(code)} (RFC 6455 §7.4)`],
      );
    }

    assert.deepEqual(accepted, VALID);
  });

  it('judges the code before the reason', () => {
    const error = thrownBy(() => decodeCloseBody(hex('03 ed ff')));

    assert.ok(error instanceof RemoteProtocolError);
    assert.equal(error.rule, 'RFC 6455 §7.4');
  });

  it('reads a view that lies inside a larger array', () => {
    const chunk = hex('88 05 03 e9 62 79 65 89 00');

    assert.deepEqual(decodeCloseBody(chunk.subarray(2, 7)), { code: 1001, reason: 'bye' });
  });
});

describe('encodeCloseBody', () => {
  const bodies: [name: string, body: CloseBody, bytes: string][] = [
    ['no code as nothing', { code: undefined, reason: '' }, ''],
    ['a code alone', { code: 1000, reason: '' }, '03 e8'],
    ['a code and a reason', { code: 1001, reason: 'bye' }, '03 e9 62 79 65'],
    ['a reason beyond ASCII', { code: 4999, reason: 'é€😀' }, '13 87 c3 a9 e2 82 ac f0 9f 98 80'],
    ['a lone surrogate as U+FFFD', { code: 1000, reason: 'a\ud800b' }, '03 e8 61 ef bf bd 62'],
  ];
  for (const [name, body, bytes] of bodies) {
    it(`encodes ${name}`, () => {
      assert.equal(toHex(encodeCloseBody(body)), bytes);
    });
  }

  it('encodes each code, high byte first, so that it decodes again', () => {
    for (const code of VALID) {
      const payload = encodeCloseBody({ code, reason: 'ok' });

      assert.deepEqual([...payload], [Math.floor(code / 256), code % 256, 0x6f, 0x6b]);
      assert.deepEqual(decodeCloseBody(payload), { code, reason: 'ok' });
    }
  });
});

describe('checkCloseBody', () => {
  it('lets each side send exactly its own ones of all 65,536 codes', () => {
    for (const role of ['client', 'server'] as const) {
      const expected = VALID.filter((code) => role === 'client' || code !== 1010);

      const refusals = ALL.map((code) => thrownBy(() => checkCloseBody({ code, reason: '' }, role)));

      assert.deepEqual(
        ALL.filter((code) => refusals[code] === undefined),
        expected,
      );
      for (const [code, error] of refusals.entries()) {
        if (error === undefined) continue;
        assert.ok(error instanceof LocalUsageError);
        assert.ok(error.message.startsWith(`close code is ${String(code)}, `), error.message);
        assert.ok(error.message.includes(`a ${role} may send`), error.message);
      }
    }
  });

  it('refuses codes that are no whole numbers', () => {
    for (const code of [1000.5, NaN, Infinity]) {
      assert.throws(() => checkCloseBody({ code, reason: '' }, 'client'), LocalUsageError);
    }
  });

  const fits: [name: string, body: CloseBody][] = [
    ['neither code nor reason', { code: undefined, reason: '' }],
    ['123 bytes of ASCII', { code: 1000, reason: 'a'.repeat(123) }],
    ['123 bytes that are 41 characters', { code: 1000, reason: '€'.repeat(41) }],
    ['123 bytes that end in an emoji', { code: 1000, reason: `${'a'.repeat(119)}😀` }],
    ['123 bytes, three of which stand for a lone surrogate', { code: 1000, reason: `${'a'.repeat(120)}\udc00` }],
  ];
  for (const [name, body] of fits) {
    it(`accepts ${name}, and its encoding fits a control frame`, () => {
      checkCloseBody(body, 'server');

      assert.ok(encodeCloseBody(body).length <= 125);
    });
  }

  const tooLong: [name: string, reason: string, size: number][] = [
    ['124 bytes of ASCII', 'a'.repeat(124), 124],
    ['124 bytes that are 62 characters', 'é'.repeat(62), 124],
    ['126 bytes that are 42 characters', '€'.repeat(42), 126],
    ['124 bytes, three of which stand for a lone surrogate', `${'a'.repeat(121)}\ud800`, 124],
  ];
  for (const [name, reason, size] of tooLong) {
    it(`refuses a reason of ${name}`, () => {
      assert.throws(() => checkCloseBody({ code: 1000, reason }, 'client'), {
        name: 'LocalUsageError',
        message: `close reason has ${String(size)} bytes, expected at most 123`,
      });
    });
  }

  it('refuses a reason without a code, and quotes it', () => {
    assert.throws(() => checkCloseBody({ code: undefined, reason: 'a "b"' }, 'client'), {
      name: 'LocalUsageError',
      message: 'close reason "a \\"b\\"" comes without a code',
    });
  });

  it('measures by MAX_CLOSE_REASON, a control payload less the code', () => {
    assert.equal(MAX_CLOSE_REASON, 123);
  });
});

describe('truncateCloseReason', () => {
  const reasons: [name: string, reason: string, truncated: string][] = [
    ['leaves nothing as it is', '', ''],
    ['leaves 123 bytes as they are', 'a'.repeat(123), 'a'.repeat(123)],
    ['leaves 41 characters of three bytes as they are', '€'.repeat(41), '€'.repeat(41)],
    ['cuts 124 bytes of ASCII', 'a'.repeat(124), 'a'.repeat(123)],
    ['cuts in front of a character that would be cut', 'é'.repeat(62), 'é'.repeat(61)],
    ['cuts in front of an emoji of which one byte would be left', `${'a'.repeat(122)}😀`, 'a'.repeat(122)],
    ['cuts in front of an emoji of which three bytes would be left', `${'a'.repeat(120)}😀`, 'a'.repeat(120)],
    ['leaves an emoji that just fits', `${'a'.repeat(119)}😀b`, `${'a'.repeat(119)}😀`],
    ['keeps a leading U+FEFF', '\ufeffbye', '\ufeffbye'],
    ['makes lone surrogates U+FFFD', 'a\ud800', 'a\ufffd'],
  ];
  for (const [name, reason, truncated] of reasons) {
    it(name, () => {
      assert.equal(truncateCloseReason(reason), truncated);
    });
  }

  it('keeps as many code points as fit, wherever the cut falls', () => {
    for (const character of ['a', 'é', '€', '😀', '\udc00']) {
      for (let lead = 0; lead < 130; lead++) {
        const reason = 'x'.repeat(lead) + character.repeat(40);
        let expected = '';
        for (const codePoint of reason.replaceAll('\udc00', '\ufffd')) {
          if (Buffer.byteLength(expected + codePoint) > 123) break;
          expected += codePoint;
        }

        assert.equal(truncateCloseReason(reason), expected);
      }
    }
  });
});
