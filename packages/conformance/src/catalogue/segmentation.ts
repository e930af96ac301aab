import type { ConformanceCase, Expected } from '../model/case.ts';
import type { FrameSpec, Payload } from '../model/frame.ts';
import {
  answered,
  binary,
  close,
  continuation,
  echoed,
  ended,
  exchange,
  fragments,
  negativeLength,
  numbered,
  ping,
  ponged,
  send,
  text,
  thenClose,
  violation,
  wait,
  type CaseSeed,
} from './dsl.ts';

interface Conversation {
  readonly name: string;
  readonly frames: readonly FrameSpec[];
  readonly answers: readonly Expected[];
}

const P126: Payload = { fill: '61', size: 126 };

/** What is said, in whatever pieces. */
const CONVERSATIONS: readonly Conversation[] = [
  { name: 'a short text', frames: [text('Hello')], answers: [echoed('text', 'Hello')] },
  { name: 'a text of 126 bytes', frames: [text(P126)], answers: [echoed('text', P126)] },
  {
    name: 'an empty text and an empty binary',
    frames: [text(''), binary('')],
    answers: [echoed('text', ''), echoed('binary', '')],
  },
  {
    name: 'a fragmented text around a ping',
    frames: [text('Hel', { fin: false }), ping('p'), continuation('lo')],
    answers: [ponged('p'), echoed('text', 'Hello')],
  },
  {
    name: 'a text of multi-byte characters',
    frames: fragments(text('κόσμε'), '€', '💩'),
    answers: [echoed('text', 'κόσμε€💩')],
  },
];

const PIECES = [1, 2, 3, 5, 7, 13] as const;

const pieces: readonly CaseSeed[] = CONVERSATIONS.flatMap(({ name, frames, answers }) =>
  PIECES.map((every) => ({
    title: `${name}, in pieces of ${String(every)}`,
    section: '§5.4',
    description: `${name}, in writes of ${String(every)} ${every === 1 ? 'byte' : 'bytes'}: TCP keeps no boundaries.`,
    ...exchange(frames, answers, { cut: { every } }),
  })),
);

/** One message for each place at which its header or the start of its payload can be cut. */
function everyCut(name: string, type: 'text' | 'binary', payload: Payload, places: number): CaseSeed {
  const frame = type === 'text' ? text(payload) : binary(payload);
  const cuts = Array.from({ length: places }, (_, index) => index + 1);
  return {
    title: `${name}, cut at each of its first ${String(places)} bytes`,
    section: '§5.2',
    description: `${name}, ${String(places)} times; each time the two parts come apart at another byte.`,
    script: thenClose(...cuts.flatMap((at) => [send([frame], { at: [at], pause: 4 }), wait('message', at)])),
    outcomes: [{ verdict: 'ok', events: [{ ...echoed(type, payload), times: [places, places] }, answered(), ended] }],
  };
}

const cuts: readonly CaseSeed[] = [
  everyCut('a text of 5 bytes', 'text', { text: 'Hello' }, 10),
  everyCut('a text of 126 bytes', 'text', P126, 12),
  everyCut('a binary of 65536 bytes', 'binary', { fill: '00 ff', size: 65_536 }, 18),
  everyCut('an empty binary', 'binary', { hex: '' }, 5),
];

const CLOSE_CUTS = [1, 2, 3, 4, 5, 6, 7, 8] as const;

const closeCuts: readonly CaseSeed[] = CLOSE_CUTS.map((at) => ({
  title: `a Close cut at byte ${String(at)}`,
  section: '§5.5.1',
  description: `A Close with a reason, in two parts that come apart at byte ${String(at)}.`,
  script: [send([close(3001, 'bye')], { at: [at], pause: 15 }), wait('end', 1, 5000)],
  outcomes: [{ verdict: 'ok', events: [answered(3001), ended] }],
}));

const BROKEN: readonly (readonly [name: string, frames: readonly FrameSpec[], code: number])[] = [
  ['a reserved bit', [text('Hello', { reservedBits: 4 })], 1002],
  ['a reserved opcode', [{ opcode: 3, payload: { text: 'Hello' } }], 1002],
  ['the wrong masking', [text('Hello', { masking: 'wrong' })], 1002],
  ['a ping over 125 bytes', [ping({ fill: '61', size: 126 })], 1002],
  ['a fragmented ping', [ping('', { fin: false })], 1002],
  ['a continuation of nothing', [continuation('Hello')], 1002],
  ['a message inside a message', [text('a', { fin: false }), text('b')], 1002],
  ['bad UTF-8', [text({ hex: '61 ff 61' })], 1007],
  ['a bad close code', [close(1005)], 1002],
  ['a Close of one byte', [{ opcode: 8, payload: { hex: '03' } }], 1002],
  ['a bad close reason', [close(1000, { hex: 'ff' })], 1007],
];

const BYTE_BY_BYTE = { cut: { every: 1, pause: 1 } } as const;

const brokenInPieces: readonly CaseSeed[] = [
  ...BROKEN.map(([name, frames, code]) => [name, violation(frames, code, [], BYTE_BY_BYTE)] as const),
  ['a length with its top bit set', negativeLength([binary('', { announce: 2n ** 63n })], BYTE_BY_BYTE)] as const,
].map(([name, course]) => ({
  title: `${name}, byte by byte`,
  section: '§5.2',
  description: `${name}, each byte in its own write: it fails as it does in one piece.`,
  ...course,
}));

const together: readonly CaseSeed[] = [
  {
    title: 'a hundred messages in one write',
    section: '§5.4',
    description: 'A hundred text messages, which may come in one chunk: each is echoed, in order.',
    ...exchange(
      Array.from({ length: 100 }, (_, index) => text(`message ${String(index)}`)),
      Array.from({ length: 100 }, (_, index) => echoed('text', `message ${String(index)}`)),
    ),
  },
  {
    title: 'a message and Close in one write',
    section: '§5.5.1',
    description: 'The message is echoed before the Close is answered.',
    script: [send([text('last words'), close(1000)]), wait('end', 1, 5000)],
    outcomes: [
      { verdict: 'ok', events: [echoed('text', 'last words'), answered(), ended] },
      { verdict: 'informational', because: 'closed without the echo', events: [answered(), ended] },
    ],
  },
  {
    title: 'messages cut across their boundaries',
    section: '§5.4',
    description: 'Sixty messages in pieces of 100 bytes, each with the end of one and the start of another.',
    ...exchange(
      Array.from({ length: 60 }, (_, index) => text({ fill: '61', size: index * 3 })),
      Array.from({ length: 60 }, (_, index) => echoed('text', { fill: '61', size: index * 3 })),
      { cut: { every: 100, pause: 1 } },
    ),
  },
  {
    title: 'a slow drip',
    section: '§5.2',
    description: 'A fragmented text and a ping, one byte each 10 ms.',
    ...exchange(
      [text('Hello, ', { fin: false }), ping('ping'), continuation('world')],
      [ponged('ping'), echoed('text', 'Hello, world')],
      { cut: { every: 1, pause: 10 } },
    ),
  },
  {
    title: 'a frame right behind the opening handshake',
    section: '§4.1',
    description: 'The answer that accepts and the first message come in one write.',
    peers: ['client'],
    response: { frames: [text('early')] },
    script: thenClose(wait('message')),
    outcomes: [{ verdict: 'ok', events: [echoed('text', 'early'), answered(), ended] }],
  },
  {
    title: 'a message and Close right behind the opening handshake',
    section: '§4.1',
    description: 'The answer that accepts, a message and a Close come in one write.',
    peers: ['client'],
    response: { frames: [text('early'), close(1000)] },
    script: [wait('end', 1, 5000)],
    outcomes: [
      { verdict: 'ok', events: [echoed('text', 'early'), answered(), ended] },
      { verdict: 'informational', because: 'closed without the echo', events: [answered(), ended] },
    ],
  },
  {
    title: 'a broken frame right behind the opening handshake',
    section: '§5.2',
    description: 'The answer that accepts and a frame with a reserved bit come in one write.',
    peers: ['client'],
    response: { frames: [text('early', { reservedBits: 1 })] },
    script: [wait('end', 1, 3000)],
    outcomes: violation([], 1002).outcomes,
  },
];

/** Group 15. */
export const SEGMENTATION: readonly ConformanceCase[] = [
  ...numbered('15.1', pieces),
  ...numbered('15.2', cuts),
  ...numbered('15.3', closeCuts),
  ...numbered('15.4', brokenInPieces),
  ...numbered('15.5', together),
];
