/** Byte sequences, in hex, that are all valid or all invalid UTF-8. */
export interface Utf8Group {
  readonly name: string;
  readonly sequences: readonly Utf8Sequence[];
}

/** A byte sequence in hex. */
export interface Utf8Sequence {
  readonly hex: string;
  readonly valid: boolean;
}

const valid = (...list: readonly string[]): Utf8Sequence[] => list.map((hex) => ({ hex, valid: true }));
const invalid = (...list: readonly string[]): Utf8Sequence[] => list.map((hex) => ({ hex, valid: false }));

/** κόσμε, with an accent of its own: code points of two and three bytes. */
const KOSME = 'ce ba e1 bd b9 cf 83 ce bc ce b5';

/** Lengths of the prefixes of {@link KOSME} that end between two code points. */
const WHOLE_PREFIXES = [2, 5, 7, 9, 11];

function prefixes(): Utf8Sequence[] {
  const bytes = KOSME.split(' ');
  return bytes.map((_, index) => ({
    hex: bytes.slice(0, index + 1).join(' '),
    valid: WHOLE_PREFIXES.includes(index + 1),
  }));
}

function range(from: number, to: number, suffix = ''): string {
  const bytes: string[] = [];
  for (let byte = from; byte < to; byte++) bytes.push(byte.toString(16) + suffix);
  return bytes.join(' ');
}

/** Sequences whose last continuation byte is missing, of two to six bytes, the smallest and the largest. */
const CUT_SHORT = [
  'c0',
  'e0 80',
  'f0 80 80',
  'f8 80 80 80',
  'fc 80 80 80 80',
  'df',
  'ef bf',
  'f7 bf bf',
  'fb bf bf bf',
  'fd bf bf bf bf',
];

/** The last two code points of each plane, which are no characters and yet valid. */
function nonCharacters(): string[] {
  const list = ['ef bf be', 'ef bf bf'];
  for (let plane = 1; plane <= 16; plane++) {
    for (const last of [0xfffe, 0xffff])
      list.push(Buffer.from(String.fromCodePoint(plane * 0x10000 + last)).toString('hex'));
  }
  return list;
}

/**
 * The classes of sequences that a UTF-8 decoder can get wrong (after Markus Kuhn's stress test), in the order in which
 * Autobahn|Testsuite has them as 6.5 to 6.23.
 */
export const UTF8_GROUPS: readonly Utf8Group[] = [
  {
    name: 'text',
    sequences: valid(
      '68 65 6c 6c 6f 24 77 6f 72 6c 64',
      '68 65 6c 6c 6f c2 a2 77 6f 72 6c 64',
      '68 65 6c 6c 6f e2 82 ac 77 6f 72 6c 64',
      '68 65 6c 6c 6f f0 a4 ad a2 77 6f 72 6c 64',
      KOSME,
    ),
  },
  { name: 'each prefix of a text', sequences: prefixes() },
  { name: 'the first code point of each length', sequences: valid('00', 'c2 80', 'e0 a0 80', 'f0 90 80 80') },
  { name: 'the first sequence of 5 and 6 bytes', sequences: invalid('f8 88 80 80 80', 'fc 84 80 80 80 80') },
  { name: 'the last code point of each length', sequences: valid('7f', 'df bf', 'ef bf bf', 'f4 8f bf bf') },
  {
    name: 'the last sequence of 4, 5 and 6 bytes',
    sequences: invalid('f7 bf bf bf', 'fb bf bf bf bf', 'fd bf bf bf bf bf'),
  },
  {
    name: 'next to a boundary',
    sequences: [...valid('ed 9f bf', 'ee 80 80', 'ef bf bd', 'f4 8f bf bf'), ...invalid('f4 90 80 80')],
  },
  {
    name: 'continuation bytes without a start',
    sequences: invalid(
      '80',
      'bf',
      '80 bf',
      '80 bf 80',
      '80 bf 80 bf',
      '80 bf 80 bf 80',
      '80 bf 80 bf 80 bf',
      range(0x80, 0xbf),
    ),
  },
  {
    name: 'start bytes without a continuation',
    sequences: invalid(
      range(0xc0, 0xdf, ' 20'),
      range(0xe0, 0xef, ' 20'),
      range(0xf0, 0xf7, ' 20'),
      range(0xf8, 0xfb, ' 20'),
      'fc 20',
    ),
  },
  { name: 'the last continuation byte missing', sequences: invalid(...CUT_SHORT) },
  { name: 'incomplete sequences in a row', sequences: invalid(CUT_SHORT.join(' ')) },
  { name: 'bytes that never occur', sequences: invalid('fe', 'ff', 'fe fe ff ff') },
  {
    name: 'overlong forms of a slash',
    sequences: invalid('c0 af', 'e0 80 af', 'f0 80 80 af', 'f8 80 80 80 af', 'fc 80 80 80 80 af'),
  },
  {
    name: 'the largest overlong forms',
    sequences: invalid('c1 bf', 'e0 9f bf', 'f0 8f bf bf', 'f8 87 bf bf bf', 'fc 83 bf bf bf bf'),
  },
  {
    name: 'overlong forms of NUL',
    sequences: invalid('c0 80', 'e0 80 80', 'f0 80 80 80', 'f8 80 80 80 80', 'fc 80 80 80 80 80'),
  },
  {
    name: 'single surrogates',
    sequences: invalid('ed a0 80', 'ed ad bf', 'ed ae 80', 'ed af bf', 'ed b0 80', 'ed be 80', 'ed bf bf'),
  },
  {
    name: 'pairs of surrogates',
    sequences: invalid(
      'ed a0 80 ed b0 80',
      'ed a0 80 ed bf bf',
      'ed ad bf ed b0 80',
      'ed ad bf ed bf bf',
      'ed ae 80 ed b0 80',
      'ed ae 80 ed bf bf',
      'ed af bf ed b0 80',
      'ed af bf ed bf bf',
    ),
  },
  { name: 'code points that are no characters', sequences: valid(...nonCharacters()) },
  {
    name: 'specials',
    sequences: valid('ef bf b9', 'ef bf ba', 'ef bf bb', 'ef bf bc', 'ef bf bd', 'ef bf be', 'ef bf bf'),
  },
];
