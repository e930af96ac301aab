import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { Utf8Validator } from '../../../src/protocol/wire/utf8.ts';
import { concat, hex, toHex } from '../../helpers/bytes.ts';
import { createRandom } from '../../helpers/random.ts';
import { chunksBetween, splits } from '../../helpers/splits.ts';

interface Verdict {
  /** Index of the first byte at which the whole can no longer be UTF-8. */
  readonly bad: number | undefined;
  /** Whether the whole is UTF-8. */
  readonly complete: boolean;
}

const decoder = new TextDecoder('utf-8', { fatal: true });

/** What the code under test says of `chunks`; `complete` is false once a byte was bad. */
function verdictOf(chunks: Iterable<Uint8Array>): Verdict {
  const validator = new Utf8Validator();
  let before = 0;
  for (const chunk of chunks) {
    const index = validator.check(chunk);
    if (index !== undefined) return { bad: before + index, complete: false };
    before += chunk.length;
  }
  return { bad: undefined, complete: validator.complete };
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    decoder.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

// Between them, these can complete whatever can be completed: every lead byte takes 80 or bf next, then 80.
const COMPLETIONS = ['', '80', 'bf', '80 80', 'bf 80', '80 80 80', 'bf 80 80'].map(hex);
const completable = new Map<string, boolean>();

function canBeCompleted(prefix: Uint8Array): boolean {
  const key = prefix.join();
  const known = completable.get(key);
  if (known !== undefined) return known;
  const answer = COMPLETIONS.some((completion) => isUtf8(concat([prefix, completion])));
  completable.set(key, answer);
  return answer;
}

/** The naive answer: the longest prefix that can be completed ends before the first bad byte. */
function oracle(bytes: Uint8Array): Verdict {
  for (let index = 0; index < bytes.length; index++) {
    if (!canBeCompleted(bytes.subarray(0, index + 1))) return { bad: index, complete: false };
  }
  return { bad: undefined, complete: isUtf8(bytes) };
}

function sameVerdict(actual: Verdict, expected: Verdict): boolean {
  return actual.bad === expected.bad && actual.complete === expected.complete;
}

/** Holds the code under test against the oracle, however `bytes` are cut. */
function compare(bytes: Uint8Array): void {
  const expected = oracle(bytes);
  for (const chunks of splits(bytes)) {
    if (sameVerdict(verdictOf(chunks), expected)) continue;
    assert.deepEqual(verdictOf(chunks), expected, chunks.map(toHex).join(' | '));
  }
}

const BYTES = Array.from({ length: 256 }, (_, byte) => byte);
// Both ends of every range of bytes that the table of RFC 3629 §4 tells apart, and their neighbours.
const EDGES = [...hex('00 7f 80 8f 90 9f a0 bf c0 c1 c2 df e0 e1 ec ed ee ef f0 f1 f3 f4 f5 ff')];

const TEXTS: [name: string, bytes: string, bad: number | undefined, complete: boolean][] = [
  ['nothing', '', undefined, true],
  ['the example of RFC 6455 §5.7', '48 65 6c 6c 6f', undefined, true],
  ['κόσμε', 'ce ba e1 bd b9 cf 83 ce bc ce b5', undefined, true],
  ['κόσμε followed by a surrogate and text', 'ce ba e1 bd b9 cf 83 ce bc ce b5 ed a0 80 65 64', 12, false],
  ['κόσμε followed by U+110000', 'ce ba e1 bd b9 cf 83 ce bc ce b5 f4 90 80 80', 12, false],
  ['a continuation byte after ASCII', '61 80', 1, false],
  ['a lead byte after a lead byte', 'c3 c3 a9', 1, false],
  ['ASCII inside a code point', 'e2 82 61', 2, false],
  ['a code point cut after one byte', '61 f0', undefined, false],
  ['a code point cut after two bytes', '61 f0 9f', undefined, false],
  ['a code point cut after three bytes', '61 f0 9f 98', undefined, false],
  ['overlong U+002F in two bytes', 'c0 af', 0, false],
  ['overlong U+007F in two bytes', 'c1 bf', 0, false],
  ['overlong U+07FF in three bytes', 'e0 9f bf', 1, false],
  ['overlong U+FFFF in four bytes', 'f0 8f bf bf', 1, false],
  ['a form of five bytes', 'f8 88 80 80 80', 0, false],
  ['a form of six bytes', 'fc 84 80 80 80 80', 0, false],
  ['U+D7FF, before the surrogates', 'ed 9f bf', undefined, true],
  ['U+E000, after the surrogates', 'ee 80 80', undefined, true],
  ['a surrogate pair, each in three bytes', 'ed a0 bd ed b8 80', 1, false],
  ['U+10FFFF, the last code point', 'f4 8f bf bf', undefined, true],
  ['a lead byte over U+10FFFF', '61 f5 80 80 80', 1, false],
];

describe('Utf8Validator', () => {
  for (const [name, bytes, bad, complete] of TEXTS) {
    it(`${bad === undefined ? 'accepts' : 'refuses'} ${name}, however it is cut`, () => {
      for (const chunks of splits(hex(bytes))) {
        assert.deepEqual(verdictOf(chunks), { bad, complete }, chunks.map(toHex).join(' | '));
      }
    });
  }

  it('agrees with TextDecoder on every sequence of one byte', () => {
    for (const byte of BYTES) compare(Uint8Array.of(byte));
  });

  it('agrees with TextDecoder on every sequence of two bytes', () => {
    for (const first of BYTES) {
      for (const second of BYTES) compare(Uint8Array.of(first, second));
    }
  });

  it('agrees with TextDecoder on every three bytes from the edges of the ranges', () => {
    for (const first of EDGES) {
      for (const second of EDGES) {
        for (const third of EDGES) compare(Uint8Array.of(first, second, third));
      }
    }
  });

  it('agrees with TextDecoder on every four bytes from the edges, the first two being able to begin a code point', () => {
    for (const first of EDGES.filter((byte) => byte >= 0xf0)) {
      for (const second of EDGES.filter((byte) => byte >= 0x80)) {
        for (const third of EDGES) {
          for (const fourth of EDGES) compare(Uint8Array.of(first, second, third, fourth));
        }
      }
    }
  });

  it('accepts the encoding of every code point, however it is cut, and knows where it ends', () => {
    const encoder = new TextEncoder();
    for (let codePoint = 0; codePoint <= 0x10ffff; codePoint++) {
      if (codePoint === 0xd800) codePoint = 0xe000;
      const bytes = encoder.encode(String.fromCodePoint(codePoint));
      const validator = new Utf8Validator();

      const whole = validator.check(bytes) === undefined && validator.complete;
      let piecemeal = true;
      for (let index = 0; index < bytes.length; index++) {
        piecemeal &&= validator.check(bytes.subarray(index, index + 1)) === undefined;
        piecemeal &&= validator.complete === (index === bytes.length - 1);
      }

      assert.ok(whole && piecemeal, `U+${codePoint.toString(16)}`);
    }
  });

  it('accepts all code points as one text', () => {
    const all = Array.from({ length: 0x110000 }, (_, codePoint) => codePoint);
    const bytes = new TextEncoder().encode(
      all.map((codePoint) => (codePoint >> 11 === 27 ? '' : String.fromCodePoint(codePoint))).join(''),
    );

    assert.equal(bytes.length, 128 + 1920 * 2 + (63_488 - 2048) * 3 + 2 ** 20 * 4);
    assert.deepEqual(verdictOf([bytes]), { bad: undefined, complete: true });
  });

  it('refuses every surrogate at its second byte', () => {
    for (let unit = 0xd800; unit <= 0xdfff; unit++) {
      const bytes = Uint8Array.of(0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f));

      assert.equal(verdictOf([bytes]).bad, 1);
    }
  });

  it('agrees with TextDecoder on random text with a random byte in it, cut at random', () => {
    const random = createRandom(3);
    const pool = [
      'a',
      '\x7f',
      '\x80',
      'é',
      '\u07ff',
      '\u0800',
      '€',
      '\ud7ff',
      '\uffff',
      '\u{10000}',
      '😀',
      '\u{10ffff}',
    ];
    for (let round = 0; round < 300; round++) {
      const text = Array.from({ length: 1 + random(6) }, () => pool[random(pool.length)] ?? '').join('');
      const bytes = new TextEncoder().encode(text);
      bytes[random(bytes.length)] = random(256);

      const expected = oracle(bytes);
      const cuts = Array.from({ length: random(4) }, () => random(bytes.length + 1)).sort((a, b) => a - b);

      assert.deepEqual(verdictOf(chunksBetween(bytes, cuts)), expected, toHex(bytes));
      compare(bytes);
    }
  });

  it('counts the index from the start of the piece that holds the bad byte', () => {
    const validator = new Utf8Validator();

    assert.equal(validator.check(hex('61 62 e2')), undefined);
    assert.equal(validator.check(hex('82 ac 61 ff 62')), 3);
  });

  it('is not changed by an empty piece inside a code point', () => {
    const validator = new Utf8Validator();
    validator.check(hex('e0'));

    assert.equal(validator.check(hex('')), undefined);
    assert.equal(validator.complete, false);
    assert.equal(validator.check(hex('9f')), 0);
  });

  // Each lead byte that narrows the range of the byte that follows, and a byte which only the narrow range refuses.
  for (const [lead, next] of ['e0 80', 'ed bf', 'f0 80', 'f4 bf', 'c3 61'].map((pair) => pair.split(' '))) {
    it(`forgets a code point cut after ${String(lead)} when it is reset`, () => {
      const validator = new Utf8Validator();
      validator.check(hex(lead ?? ''));
      validator.reset();

      assert.equal(validator.complete, true);
      assert.equal(validator.check(hex('61')), undefined);
      assert.equal(validator.check(hex(next === '61' ? '61' : `e1 ${String(next)} 80`)), undefined);
      assert.equal(validator.complete, true);
    });
  }

  it('can be used again after a bad byte when it is reset', () => {
    const validator = new Utf8Validator();
    assert.equal(validator.check(hex('f4 90')), 1);

    validator.reset();

    assert.equal(validator.check(hex('f1 bf bf bf')), undefined);
    assert.equal(validator.complete, true);
  });
});
