import type { ConformanceCase, Expected } from '../model/case.ts';
import type { Cut, FrameSpec } from '../model/frame.ts';
import {
  answeredOutcome,
  binary,
  continuation,
  echoed,
  exchange,
  fragments,
  numbered,
  ping,
  pong,
  ponged,
  send,
  text,
  thenClose,
  violation,
  wait,
  type CaseSeed,
} from './dsl.ts';

const WHOLE = 'fragment1fragment2';
const FIVE = ['fragment1', 'fragment2', 'fragment3', 'fragment4', 'fragment5'] as const;

/** Each thing is sent in one write, frame by frame, and byte by byte. */
const MANNERS: readonly (readonly [name: string, cut: Cut | undefined])[] = [
  ['in one write', undefined],
  ['cut between the frames', { at: [15, 30, 45] }],
  ['byte by byte', { every: 1 }],
];

function inEachManner(
  seed: Omit<CaseSeed, 'script' | 'outcomes'>,
  frames: FrameSpec[],
  answers: Expected[],
): CaseSeed[] {
  return MANNERS.map(([name, cut]) => ({
    ...seed,
    title: `${seed.title}, ${name}`,
    ...exchange(frames, answers, { cut }),
  }));
}

function failingInEachManner(seed: Omit<CaseSeed, 'script' | 'outcomes'>, frames: FrameSpec[]): CaseSeed[] {
  return MANNERS.map(([name, cut]) => ({
    ...seed,
    title: `${seed.title}, ${name}`,
    ...violation(frames, 1002, [], { cut }),
  }));
}

const twoFragments = fragments(text('fragment1'), 'fragment2');
const pinged: FrameSpec[] = [text('fragment1', { fin: false }), ping('ping payload'), continuation('fragment2')];

/** Numbered as in Autobahn|Testsuite. */
const seeds: CaseSeed[] = [
  {
    title: 'a ping in two fragments',
    section: '§5.5',
    description: 'Control frames must not be fragmented.',
    ...violation([ping('fragment1', { fin: false }), continuation('fragment2')], 1002),
  },
  {
    title: 'a pong in two fragments',
    section: '§5.5',
    description: 'Control frames must not be fragmented.',
    ...violation([pong('fragment1', { fin: false }), continuation('fragment2')], 1002),
  },
  ...inEachManner(
    { title: 'text in two fragments', section: '§5.4', description: 'A text message in two frames.' },
    twoFragments,
    [echoed('text', WHOLE)],
  ),
  ...inEachManner(
    { title: 'a ping between two fragments', section: '§5.4', description: 'A ping inside a fragmented text message.' },
    pinged,
    [ponged('ping payload'), echoed('text', WHOLE)],
  ),
  ...failingInEachManner(
    {
      title: 'a final continuation of nothing',
      section: '§5.4',
      description: 'A continuation with FIN, and no message is open; then a text message.',
    },
    [continuation('non-continuation payload'), text('Hello, world!')],
  ),
  ...failingInEachManner(
    {
      title: 'a continuation of nothing',
      section: '§5.4',
      description: 'A continuation without FIN, and no message is open; then a text message.',
    },
    [continuation('non-continuation payload', { fin: false }), text('Hello, world!')],
  ),
  {
    title: 'a continuation after a message',
    section: '§5.4',
    description:
      'A text message in two fragments, then a continuation without FIN that continues nothing, then a text message.',
    ...violation([...twoFragments, continuation('fragment3', { fin: false }), text('fragment4')], 1002, [
      echoed('text', WHOLE),
    ]),
  },
  {
    title: 'twice a continuation of nothing, then a message',
    section: '§5.4',
    description: 'A continuation without FIN, then a text message; both twice.',
    ...violation(
      [0, 1].flatMap(() => [continuation('fragment1', { fin: false }), text('fragment2')]),
      1002,
    ),
  },
  {
    title: 'twice a final continuation of nothing, then a message',
    section: '§5.4',
    description: 'A continuation with FIN, then a text message; both twice.',
    ...violation(
      [0, 1].flatMap(() => [continuation('fragment1'), text('fragment2')]),
      1002,
    ),
  },
  {
    title: 'a message inside a message',
    section: '§5.4',
    description: 'A text frame without FIN, then a text frame with FIN in place of a continuation.',
    ...violation([text('fragment1', { fin: false }), text('fragment2')], 1002),
  },
  {
    title: 'five fragments with two pings, and a pause',
    section: '§5.4',
    description:
      'Two fragments and a ping; a pause; two fragments, a ping, the last fragment. The rest comes when the first ping is answered.',
    ...withPause(undefined),
  },
  {
    title: 'five fragments with two pings, and a pause, byte by byte',
    section: '§5.4',
    description: 'As 5.19, each byte in its own write.',
    ...withPause({ every: 1 }),
  },
];

function withPause(cut: Cut | undefined): Pick<ConformanceCase, 'script' | 'outcomes'> {
  const [one, two, three, four, five] = FIVE;
  return {
    script: thenClose(
      send([text(one, { fin: false }), continuation(two, { fin: false }), ping('pongme 1!')], cut),
      wait('pong', 1, 3000),
      { step: 'quiet', time: 100 },
      send(
        [
          continuation(three, { fin: false }),
          continuation(four, { fin: false }),
          ping('pongme 2!'),
          continuation(five),
        ],
        cut,
      ),
      wait('message'),
      wait('newest pong'),
    ),
    outcomes: [answeredOutcome([ponged('pongme 1!'), ponged('pongme 2!'), echoed('text', FIVE.join(''))])],
  };
}

const more: CaseSeed[] = [
  {
    title: 'binary in three fragments',
    section: '§5.4',
    description: 'A binary message in three frames.',
    ...exchange(fragments(binary('00 ff'), { hex: 'fe fd' }, { hex: 'fc' }), [
      echoed('binary', { hex: '00 ff fe fd fc' }),
    ]),
  },
  {
    title: 'a hundred fragments of one byte',
    section: '§5.4',
    description: 'A text message in a hundred frames.',
    ...exchange(fragments(text('a'), ...Array.from({ length: 99 }, () => 'a')), [echoed('text', 'a'.repeat(100))]),
  },
  {
    title: 'an empty first fragment',
    section: '§5.4',
    description: 'The first frame of a text message has no payload.',
    ...exchange(fragments(text(''), 'abc'), [echoed('text', 'abc')]),
  },
  {
    title: 'an empty last fragment',
    section: '§5.4',
    description: 'The last frame of a text message has no payload.',
    ...exchange(fragments(text('abc'), ''), [echoed('text', 'abc')]),
  },
  {
    title: 'five empty fragments',
    section: '§5.4',
    description: 'A binary message of frames without payload: an empty message.',
    ...exchange(fragments(binary(''), '', '', '', ''), [echoed('binary', '')]),
  },
  {
    title: 'two fragmented messages in a row',
    section: '§5.4',
    description: 'A fragmented text message and a fragmented binary message: each has the type of its first frame.',
    ...exchange(
      [...fragments(text('ab'), 'cd'), ...fragments(binary('00 ff'), { hex: '01' })],
      [echoed('text', 'abcd'), echoed('binary', { hex: '00 ff 01' })],
    ),
  },
  {
    title: 'a binary message inside a text message',
    section: '§5.4',
    description: 'A text frame without FIN, then a binary frame.',
    ...violation([text('fragment1', { fin: false }), binary('00')], 1002),
  },
  {
    title: 'a fragmented message inside a message',
    section: '§5.4',
    description: 'A text frame without FIN, then another text frame without FIN.',
    ...violation(
      [text('fragment1', { fin: false }), text('fragment2', { fin: false }), continuation('fragment3')],
      1002,
    ),
  },
  {
    title: 'a message inside a message, after a continuation',
    section: '§5.4',
    description: 'Two fragments, then a text frame.',
    ...violation([text('one', { fin: false }), continuation('two', { fin: false }), text('three')], 1002),
  },
  {
    title: 'a Close without FIN',
    section: '§5.5',
    description: 'Control frames must not be fragmented.',
    ...violation([{ opcode: 8, fin: false, payload: { hex: '03 e8' } }], 1002),
  },
  {
    title: 'an empty ping without FIN',
    section: '§5.5',
    description: 'Control frames must not be fragmented, empty or not.',
    ...violation([ping('', { fin: false })], 1002),
  },
  {
    title: 'fragments across each length boundary',
    section: '§5.4',
    description: 'A binary message in fragments of 125, 126, 65535 and 65536 bytes.',
    ...exchange(
      fragments(
        binary({ fill: '01', size: 125 }),
        { fill: '01', size: 126 },
        { fill: '01', size: 65_535 },
        { fill: '01', size: 65_536 },
      ),
      [echoed('binary', { fill: '01', size: 125 + 126 + 65_535 + 65_536 })],
    ),
  },
];

/** Group 5. */
export const FRAGMENTATION: readonly ConformanceCase[] = numbered('5', [...seeds, ...more]);
