import type { ConformanceCase, Expected, Outcome, Step } from '../model/case.ts';
import type { FrameSpec } from '../model/frame.ts';
import {
  answered,
  binary,
  byteFragments,
  close,
  closed,
  continuation,
  echoed,
  ended,
  exchange,
  failures,
  fragments,
  marked,
  numbered,
  ping,
  ponged,
  send,
  text,
  violation,
  wait,
  type CaseSeed,
} from './dsl.ts';
import { UTF8_GROUPS, type Utf8Sequence } from './utf8-sequences.ts';

const GREETING = 'Hello-µ@ßöäüàá-UTF-8!!';
const KOSME = 'ce ba e1 bd b9 cf 83 ce bc ce b5';
/** A code point above U+10FFFF, wrong at its second byte; a surrogate, wrong at its second; both in the middle of a text. */
const TOO_HIGH = 'f4 90 80 80';
const SURROGATE = 'ed a0 80';
const EDITED = '65 64 69 74 65 64';

const FAIL_FAST: Outcome[] = [
  { verdict: 'ok', events: [closed(1007), ended] },
  { verdict: 'non-strict', because: 'not 1007', events: [closed(), ended] },
  { verdict: 'non-strict', because: 'without the Close 1007 (§7.1.7)', events: [ended] },
  {
    verdict: 'non-strict',
    because: 'only when the rest had come',
    events: [marked('before the rest'), closed(1007), ended],
  },
  {
    verdict: 'non-strict',
    because: 'only when the rest had come',
    events: [marked('before the rest'), closed(), ended],
  },
  { verdict: 'non-strict', because: 'only when the rest had come', events: [marked('before the rest'), ended] },
];

/** Sends what makes a text invalid, waits for the failure, and sends the rest if there is none. */
function failFast(invalid: Step[], rest: Step[]): Pick<ConformanceCase, 'script' | 'outcomes'> {
  const script: Step[] = [
    ...invalid,
    { step: 'quiet', time: 700 },
    { step: 'mark', name: 'before the rest' },
    ...rest,
    wait('end', 1, 3000),
  ];
  return { script, outcomes: FAIL_FAST };
}

/** Cuts a frame after so many bytes of its payload: the header differs by side, so the payload is cut from its end. */
function partialFrame(hex: string): FrameSpec {
  const size = hex.split(' ').length;
  return text({ hex }, { announce: BigInt(size + 20) });
}

const basic: readonly (readonly [prefix: string, seeds: readonly CaseSeed[]])[] = [
  [
    '6.1',
    [
      {
        title: 'empty text',
        section: '§5.6',
        description: 'A text message of no bytes.',
        ...exchange([text('')], [echoed('text', '')]),
      },
      {
        title: 'empty text in three fragments',
        section: '§5.6',
        description: 'Three text frames without payload.',
        ...exchange(fragments(text(''), '', ''), [echoed('text', '')]),
      },
      {
        title: 'text between two empty fragments',
        section: '§5.6',
        description: 'Of three frames only the second has payload.',
        ...exchange(fragments(text(''), 'middle frame payload', ''), [echoed('text', 'middle frame payload')]),
      },
    ],
  ],
  [
    '6.2',
    [
      {
        title: 'valid text',
        section: '§8.1',
        description: 'UTF-8 in one frame.',
        ...exchange([text(GREETING)], [echoed('text', GREETING)]),
      },
      {
        title: 'valid text, cut between two code points',
        section: '§8.1',
        description: 'UTF-8 in two fragments.',
        ...exchange(fragments(text('Hello-µ@ßöä'), 'üàá-UTF-8!!'), [echoed('text', GREETING)]),
      },
      {
        title: 'valid text in fragments of one byte',
        section: '§8.1',
        description: 'UTF-8, each byte in a frame of its own.',
        ...exchange(byteFragments(Buffer.from(GREETING).toString('hex')), [echoed('text', GREETING)]),
      },
      {
        title: 'valid text of multi-byte code points in fragments of one byte',
        section: '§8.1',
        description: 'Code points of two and three bytes, each byte in a frame of its own.',
        ...exchange(byteFragments(KOSME), [echoed('text', { hex: KOSME })]),
      },
    ],
  ],
  [
    '6.3',
    [
      {
        title: 'invalid text',
        section: '§8.1',
        description: 'A surrogate in the middle of a text, in one frame.',
        ...violation([text({ hex: `${KOSME} ${SURROGATE} ${EDITED}` })], 1007),
      },
      {
        title: 'invalid text in fragments of one byte',
        section: '§8.1',
        description: 'A surrogate in the middle of a text, each byte in a frame of its own.',
        ...violation(byteFragments(`${KOSME} ${SURROGATE} ${EDITED}`), 1007),
      },
    ],
  ],
  [
    '6.4',
    [
      {
        title: 'fail fast: the second of three fragments is invalid',
        section: '§8.1',
        description: 'A code point above U+10FFFF in the second fragment. After a pause comes the third.',
        ...failFast(
          [send([text({ hex: KOSME }, { fin: false })]), send([continuation({ hex: TOO_HIGH }, { fin: false })])],
          [send([continuation({ hex: EDITED })])],
        ),
      },
      {
        title: 'fail fast: invalid by the last byte of a fragment',
        section: '§8.1',
        description:
          'The fragment ends with the byte that makes it a code point above U+10FFFF. After a pause comes the rest.',
        ...failFast(
          [send([text({ hex: `${KOSME} f4` }, { fin: false })]), send([continuation({ hex: '90' }, { fin: false })])],
          [send([continuation({ hex: `80 80 ${EDITED}` })])],
        ),
      },
      {
        title: 'fail fast: invalid in the middle of a frame',
        section: '§8.1',
        description: 'Part of a frame that is invalid already. After a pause comes the rest of the frame.',
        ...failFast([send([partialFrame(`${KOSME} ${TOO_HIGH}`)])], [{ step: 'bytes', hex: '00 '.repeat(20).trim() }]),
      },
      {
        title: 'fail fast: invalid by the last byte that came of a frame',
        section: '§8.1',
        description:
          'Part of a frame, to the very byte that makes it invalid. After a pause comes the rest of the frame.',
        ...failFast([send([partialFrame(`${KOSME} f4 90`)])], [{ step: 'bytes', hex: '00 '.repeat(20).trim() }]),
      },
    ],
  ],
];

function sequenceCase(name: string, { hex, valid }: Utf8Sequence): CaseSeed {
  const shown = hex.length > 40 ? `${hex.slice(0, 38)}…` : hex;
  return {
    title: `${name}: ${shown}`,
    section: '§8.1',
    description: `A text message of the bytes ${hex}, ${valid ? 'which are UTF-8' : 'which are not UTF-8'}.`,
    ...(valid ? exchange([text({ hex })], [echoed('text', { hex })]) : violation([text({ hex })], 1007)),
  };
}

const POSITIONS = [0, 1, 2, 3, 4, 5, 6, 7] as const;

const badAt = (position: number): string => `${'61 '.repeat(position)}ff`;

const unfinished: readonly CaseSeed[] = POSITIONS.map((position) => ({
  title: `fail fast: bad byte at ${String(position)} of an unfinished frame`,
  section: '§8.1',
  description: `A frame announces more than it brings; its byte at ${String(position)}, the last that came, is never in UTF-8.`,
  ...failFast([send([partialFrame(badAt(position))])], [{ step: 'bytes', hex: '61 '.repeat(20).trim() }]),
}));

const badFragment: readonly CaseSeed[] = POSITIONS.map((position) => ({
  title: `fail fast: bad byte in fragment ${String(position)}`,
  section: '§8.1',
  description: `Fragments of one byte; that with number ${String(position)} is never in UTF-8. After a pause comes the last one.`,
  ...failFast(
    [
      send(
        badAt(position)
          .split(' ')
          .map((hex, index) => (index === 0 ? text({ hex }, { fin: false }) : continuation({ hex }, { fin: false }))),
      ),
    ],
    [send([continuation('.')])],
  ),
}));

/** Code points of two, three and four bytes, with each place to cut them at. */
const CODE_POINTS = ['c3 9f', 'e2 82 ac', 'f0 9f 92 a9'] as const;
const CUTS = CODE_POINTS.flatMap((hex) => {
  const bytes = hex.split(' ');
  return bytes
    .slice(1)
    .map((_, index) => ({ head: bytes.slice(0, index + 1).join(' '), tail: bytes.slice(index + 1).join(' ') }));
});

const cutByFrames: readonly CaseSeed[] = CUTS.map(({ head, tail }) => ({
  title: `a code point over two fragments: ${head} | ${tail}`,
  section: '§8.1',
  description: 'A fragment may end inside a code point; a ping stands between the two.',
  ...exchange(
    [text({ hex: head }, { fin: false }), ping('p'), continuation({ hex: tail })],
    [ponged('p'), echoed('text', { hex: `${head} ${tail}` })],
  ),
}));

const cutByEnd: readonly CaseSeed[] = CUTS.map(({ head }) => ({
  title: `a text that ends inside a code point: ${head}`,
  section: '§8.1',
  description: 'A text message whose last code point is cut short; then another message, which would complete it.',
  ...violation([text({ hex: head }), text('after')], 1007),
}));

const NEITHER: readonly Expected[] = [echoed('binary', { hex: 'ff fe 80 c3' }), echoed('text', 'after')];

const elsewhere: readonly CaseSeed[] = [
  {
    title: 'bytes that are not UTF-8, in a binary message',
    section: '§5.6',
    description: 'A binary message may hold anything; the text after it is valid.',
    ...exchange([binary('ff fe 80 c3'), text('after')], NEITHER),
  },
  {
    title: 'bytes that are not UTF-8, in a fragmented binary message',
    section: '§5.6',
    description: 'Continuations have the type of their message, whatever came before.',
    ...exchange(
      [text('t'), ...fragments(binary('ff'), { hex: 'fe 80' }), text('after')],
      [echoed('text', 't'), echoed('binary', { hex: 'ff fe 80' }), echoed('text', 'after')],
    ),
  },
  {
    title: 'a ping that is not UTF-8 inside a text',
    section: '§5.5.2',
    description: 'The payload of a control frame is no part of the text around it.',
    ...exchange(
      [text({ hex: 'e2 82' }, { fin: false }), ping({ hex: 'ff' }), continuation({ hex: 'ac' })],
      [ponged({ hex: 'ff' }), echoed('text', '€')],
    ),
  },
  {
    title: 'a byte order mark is part of the text',
    section: '§8.1',
    description: 'U+FEFF at the start of a text message comes back like any other character.',
    ...exchange([text({ hex: 'ef bb bf 61' })], [echoed('text', { hex: 'ef bb bf 61' })]),
  },
  {
    title: 'NUL and other control characters',
    section: '§8.1',
    description: 'All characters from U+0000 to U+001F, and U+007F.',
    ...exchange(
      [text({ hex: `${Array.from({ length: 32 }, (_, index) => index.toString(16).padStart(2, '0')).join(' ')} 7f` })],
      [
        echoed('text', {
          hex: `${Array.from({ length: 32 }, (_, index) => index.toString(16).padStart(2, '0')).join(' ')} 7f`,
        }),
      ],
    ),
  },
  {
    title: 'a Close inside a text that ends in the middle of a code point',
    section: '§8.1',
    description: 'The message is not complete when the Close comes: it is not judged.',
    script: [send([text({ hex: 'e2 82' }, { fin: false }), close(1000)]), wait('end')],
    outcomes: [{ verdict: 'ok', events: [answered(), ended] }],
  },
  {
    title: 'an invalid text behind a valid one, in one write',
    section: '§8.1',
    description: 'The first message is echoed, the second fails the connection.',
    script: [send([text('valid'), text({ hex: 'ff' })]), wait('end', 1, 3000)],
    outcomes: failures(1007, [echoed('text', 'valid')]),
  },
];

/** Group 6. */
export const UTF8: readonly ConformanceCase[] = [
  ...basic.flatMap(([prefix, seeds]) => numbered(prefix, seeds)),
  ...UTF8_GROUPS.flatMap(({ name, sequences }, index) =>
    numbered(
      `6.${String(index + 5)}`,
      sequences.map((sequence) => sequenceCase(name, sequence)),
    ),
  ),
  ...numbered('6.24', unfinished),
  ...numbered('6.25', badFragment),
  ...numbered('6.26', cutByFrames),
  ...numbered('6.27', cutByEnd),
  ...numbered('6.28', elsewhere),
];
