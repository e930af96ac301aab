import type { CompressionSpec, ConformanceCase, Expected } from '../model/case.ts';
import type { FrameSpec, Payload } from '../model/frame.ts';
import { concatBytes, payloadBytes, toHex } from '../wire/bytes.ts';
import { deflateMessage, type DeflateManner } from '../wire/deflate.ts';
import {
  binary,
  closed,
  continuation,
  echoed,
  ended,
  exchange,
  fragments,
  numbered,
  ping,
  ponged,
  pong,
  text,
  violation,
  wait,
  type CaseSeed,
} from './dsl.ts';

const NAME = 'permessage-deflate';
const PLAIN: CompressionSpec = { offer: `${NAME}; client_max_window_bits`, answer: NAME };
const RSV1 = 0b100;
const COMPRESSED = { reservedBits: RSV1 };

/** Text that gets smaller, in hex: words of JSON. */
const UNIT = toHex(new TextEncoder().encode('{"id":4711,"name":"a mill","wheels":[1,2,3]},'));
/** Text that repeats itself only far behind, so that a window that is too large shows: letters as from a generator of Lehmer's. */
const FAR_UNIT = toHex(farText());

function farText(): Uint8Array {
  let state = 1;
  return Uint8Array.from({ length: 6000 }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return 97 + (state % 26);
  });
}

const SIZES = [16, 64, 256, 1024, 4096, 8192, 16_384, 32_768, 65_536, 131_072];

interface Parameters {
  readonly title: string;
  readonly spec: CompressionSpec;
  /** What messages are made of; words of JSON unless given. */
  readonly unit?: string;
}

/** What is agreed on: the suite's window is 9 at most in all of them, but for the history of 13 and 15. */
const PARAMETERS: readonly Parameters[] = [
  { title: 'the defaults', spec: PLAIN },
  { title: 'server_no_context_takeover', spec: both('server_no_context_takeover') },
  { title: 'client_no_context_takeover', spec: both('client_no_context_takeover') },
  { title: 'no context takeover', spec: both('server_no_context_takeover; client_no_context_takeover') },
  { title: 'server_max_window_bits=9', spec: both('server_max_window_bits=9'), unit: FAR_UNIT },
  { title: 'server_max_window_bits=12', spec: both('server_max_window_bits=12'), unit: FAR_UNIT },
  {
    title: 'all of them',
    spec: both('server_max_window_bits=10; server_no_context_takeover; client_no_context_takeover'),
  },
];

function both(parameters: string): CompressionSpec {
  return { offer: `${NAME}; ${parameters}; client_max_window_bits`, answer: `${NAME}; ${parameters}` };
}

/** A frame with a compressed message. */
function compressed(type: 'text' | 'binary', payload: Payload, manner?: DeflateManner): FrameSpec {
  const hex = toHex(deflateMessage(payloadBytes(payload), manner));
  return type === 'text' ? text({ hex }, COMPRESSED) : binary({ hex }, COMPRESSED);
}

function sizes({ title, spec, unit = UNIT }: Parameters): CaseSeed[] {
  return SIZES.flatMap((size) =>
    (['text', 'binary'] as const).map((type) => {
      const payload = { fill: unit, size };
      return {
        title: `${type} of ${String(size)} bytes, ${title}`,
        section: 'RFC 7692 §7.2',
        description: `Two compressed messages of ${String(size)} bytes, each without reference to others. Agreed on: ${title}.`,
        compression: spec,
        ...exchange(
          [compressed(type, payload), compressed(type, payload)],
          [echoed(type, payload), echoed(type, payload)],
        ),
      };
    }),
  );
}

/** Messages that refer back to those before, within the window that the peer allows at least. */
const HISTORY: readonly CaseSeed[] = [100, 300, 500].map((size) => {
  const payload = { fill: UNIT, size };
  const bytes = payloadBytes(payload);
  const frames = [0, 1, 2].map((index) =>
    compressed('text', payload, { history: concatBytes(Array.from({ length: index }, () => bytes)) }),
  );
  return {
    title: `context takeover, messages of ${String(size)} bytes`,
    section: 'RFC 7692 §7.2.3.2',
    description: 'Three messages that are the same; the second and the third refer back to those before.',
    compression: { ...PLAIN, refersBack: true },
    ...exchange(frames, [echoed('text', payload), echoed('text', payload), echoed('text', payload)]),
  };
});

/** A message that is cut into fragments, of so many bytes of compressed payload. */
function fragmented(every: number, between: readonly FrameSpec[]): CaseSeed {
  const payload = { fill: UNIT, size: 2000 };
  const bytes = deflateMessage(payloadBytes(payload), { level: 0 });
  const pieces: string[] = [];
  for (let at = 0; at < bytes.length; at += every) pieces.push(toHex(bytes.subarray(at, at + every)));
  const [first = '', ...rest] = pieces;
  const list = fragments(text({ hex: first }, COMPRESSED), ...rest.map((hex) => ({ hex })));
  const isFirst = between.length > 0;
  const frames = isFirst ? [list[0]!, ...between, ...list.slice(1)] : list;
  const answers: Expected[] = [echoed('text', payload), ...(isFirst ? [ponged('between')] : [])];
  return {
    title: `fragments of ${String(every)} bytes${isFirst ? ', with a ping between' : ''}`,
    section: 'RFC 7692 §6.1',
    description: 'A compressed message in fragments; only the first has RSV1. It may be cut anywhere.',
    compression: PLAIN,
    ...exchange(frames, answers),
  };
}

const FRAGMENTS = [1, 2, 7, 125, 126, 1000].flatMap((every) => [
  fragmented(every, []),
  fragmented(every, [ping('between')]),
]);

/** RFC 7692 §7.2.3: each is "Hello". */
const EXAMPLES: readonly CaseSeed[] = (
  [
    ['one frame (§7.2.3.1)', [text({ hex: 'f2 48 cd c9 c9 07 00' }, COMPRESSED)], 1],
    ['two fragments (§7.2.3.1)', fragments(text({ hex: 'f2 48 cd' }, COMPRESSED), { hex: 'c9 c9 07 00' }), 1],
    [
      'the window is shared (§7.2.3.2)',
      [text({ hex: 'f2 48 cd c9 c9 07 00' }, COMPRESSED), text({ hex: 'f2 00 11 00 00' }, COMPRESSED)],
      2,
    ],
    ['a stored block (§7.2.3.3)', [text({ hex: '00 05 00 fa ff 48 65 6c 6c 6f 00' }, COMPRESSED)], 1],
    ['BFINAL (§7.2.3.4)', [text({ hex: 'f3 48 cd c9 c9 07 00 00' }, COMPRESSED)], 1],
    [
      'BFINAL, and a message behind it',
      [text({ hex: 'f3 48 cd c9 c9 07 00 00' }, COMPRESSED), text({ hex: 'f2 48 cd c9 c9 07 00' }, COMPRESSED)],
      2,
    ],
    ['two blocks (§7.2.3.5)', [text({ hex: 'f2 48 05 00 00 00 ff ff ca c9 c9 07 00' }, COMPRESSED)], 1],
  ] as const
).map(([title, frames, count], index) => ({
  title: `"Hello": ${title}`,
  section: 'RFC 7692 §7.2.3',
  description: 'An example of RFC 7692.',
  compression: index === 2 ? { ...PLAIN, refersBack: true } : PLAIN,
  ...exchange(
    frames,
    Array.from({ length: count }, () => echoed('text', 'Hello')),
  ),
}));

const MIXED: readonly CaseSeed[] = [
  {
    title: 'an empty message, one byte 00',
    section: 'RFC 7692 §7.2.3.6',
    description: 'An empty message, compressed.',
    compression: PLAIN,
    ...exchange([text({ hex: '00' }, COMPRESSED)], [echoed('text', '')]),
  },
  {
    title: 'an empty final fragment, one byte 00',
    section: 'RFC 7692 §7.2.3.6',
    description: 'A message is flushed, and ends with an empty block.',
    compression: PLAIN,
    ...exchange(fragments(text({ hex: 'f2 48 cd c9 c9 07 00 00 00 ff ff' }, COMPRESSED), { hex: '00' }), [
      echoed('text', 'Hello'),
    ]),
  },
  {
    title: 'plain and compressed messages in turn',
    section: 'RFC 7692 §6',
    description: 'Messages without RSV1 are not compressed.',
    compression: PLAIN,
    ...exchange(
      [
        text('plain'),
        compressed('text', { text: 'compressed' }),
        text('plain again'),
        compressed('binary', { text: 'bytes' }),
      ],
      [echoed('text', 'plain'), echoed('text', 'compressed'), echoed('text', 'plain again'), echoed('binary', 'bytes')],
    ),
  },
  ...[0, 1, 9].map((level) => ({
    title: `level ${String(level)}`,
    section: 'RFC 7692 §7.2.1',
    description: 'A message of 100,000 bytes; with level 0 in stored blocks.',
    compression: PLAIN,
    ...exchange(
      [compressed('binary', { fill: UNIT, size: 100_000 }, { level })],
      [echoed('binary', { fill: UNIT, size: 100_000 })],
    ),
  })),
];

function broken(title: string, frames: readonly FrameSpec[], code: number, section = 'RFC 7692 §7.2.2'): CaseSeed {
  return {
    title,
    section,
    description: 'What no peer may send.',
    compression: PLAIN,
    ...violation(frames, code),
  };
}

/** Data that are no stream of DEFLATE: RFC 7692 names no code, and 1007 says that data are not consistent with the type of the message. */
function invalid(title: string, hex: string): CaseSeed {
  const seed = broken(title, [binary({ hex }, COMPRESSED)], 1007);
  const events = [closed(1007, 1002, 1011), ended];
  return { ...seed, outcomes: [{ verdict: 'ok', events }, ...seed.outcomes.slice(1)] };
}

const HELLO = 'f2 48 cd c9 c9 07 00';

const BROKEN: readonly CaseSeed[] = [
  broken(
    'RSV1 on a continuation',
    [text({ hex: 'f2 48 cd' }, { ...COMPRESSED, fin: false }), continuation({ hex: 'c9 c9 07 00' }, COMPRESSED)],
    1002,
    'RFC 7692 §6.1',
  ),
  broken(
    'RSV1 on a continuation of a plain message',
    [text('one', { fin: false }), continuation('two', COMPRESSED)],
    1002,
    'RFC 7692 §6.1',
  ),
  broken('RSV1 on a ping', [ping('ping', COMPRESSED)], 1002, 'RFC 7692 §6.1'),
  broken('RSV1 on a pong', [pong('pong', COMPRESSED)], 1002, 'RFC 7692 §6.1'),
  broken(
    'RSV1 on a ping inside a compressed message',
    [text({ hex: 'f2 48 cd' }, { ...COMPRESSED, fin: false }), ping('', COMPRESSED)],
    1002,
    'RFC 7692 §6.1',
  ),
  ...[0b010, 0b001, 0b110, 0b101, 0b111].map((reservedBits) =>
    broken(
      `reserved bits ${reservedBits.toString(2).padStart(3, '0')}`,
      [text({ hex: HELLO }, { reservedBits })],
      1002,
      '§5.2',
    ),
  ),
  broken(
    'text that is not UTF-8 when it is decompressed',
    [text({ hex: toHex(deflateMessage(Uint8Array.of(0xff, 0xfe))) }, COMPRESSED)],
    1007,
    '§8.1',
  ),
  broken(
    'text that is cut inside a code point',
    [text({ hex: toHex(deflateMessage(Uint8Array.of(0xe2, 0x82))) }, COMPRESSED)],
    1007,
    '§8.1',
  ),
  invalid('a block of a type that does not exist', 'ff ff ff'),
  invalid('a stored block whose lengths differ', '00 05 00 00 00 48 65 6c 6c 6f 00'),
  invalid('a distance that leads before the beginning', 'f2 00 11 00 00'),
  invalid('noise', '06 d3 9a 11 e5 77 c2 40 8b fe 3d'),
];

/** What no server may agree to; it goes on without, or with another offer. */
const BAD_OFFERS = [
  'server_max_window_bits=7', 'server_max_window_bits=16', 'server_max_window_bits=08', 'server_max_window_bits=1000',
  'server_max_window_bits', 'server_max_window_bits=-1', 'server_max_window_bits=1e1', 'client_max_window_bits=7',
  'client_max_window_bits=16', 'client_max_window_bits=09', 'server_no_context_takeover=1', 'client_no_context_takeover=true',
  'unknown', 'unknown=5', 'constructor', '__proto__',
]; // prettier-ignore

const NEGOTIATION: readonly CaseSeed[] = [
  ...BAD_OFFERS.map((parameter) => ({
    title: `an offer with ${parameter}`,
    section: 'RFC 7692 §7.1',
    description: 'An offer that is not valid must be declined; the connection goes on without compression.',
    peers: ['server'] as const,
    compression: { offer: `${NAME}; ${parameter}`, answer: NAME, isInvalid: true },
    ...exchange([text('plain')], [echoed('text', 'plain')]),
  })),
  ...[8, 9, 10, 11, 12, 13, 14, 15].flatMap((bits) => [
    {
      title: `an offer with server_max_window_bits=${String(bits)}`,
      section: 'RFC 7692 §7.1.2.1',
      description: 'The server declines, or keeps to the window.',
      peers: ['server'] as const,
      compression: { offer: `${NAME}; server_max_window_bits=${String(bits)}`, answer: NAME },
      ...windowExchange(),
    },
    {
      title: `an offer with client_max_window_bits=${String(bits)}`,
      section: 'RFC 7692 §7.1.2.2',
      description: 'The client says which window it has; the server may ask for a smaller one.',
      peers: ['server'] as const,
      compression: { offer: `${NAME}; client_max_window_bits=${String(bits)}`, answer: NAME },
      ...windowExchange(),
    },
    {
      title: `an answer with client_max_window_bits=${String(bits)}`,
      section: 'RFC 7692 §7.1.2.2',
      description: 'The server asks for a window. With 8, a client may have to send its messages as they are.',
      peers: ['client'] as const,
      compression: { offer: NAME, answer: `${NAME}; client_max_window_bits=${String(bits)}` },
      ...windowExchange(),
    },
  ]),
  ...[
    'unknown, permessage-deflate',
    'permessage-deflate; unknown, permessage-deflate',
    'permessage-deflate; server_max_window_bits=7, permessage-deflate; client_max_window_bits',
  ].map((offer) => ({
    title: `the offers ${offer}`,
    section: 'RFC 7692 §5.1',
    description: 'A server may agree to the offer that it can; the others it must pass over.',
    peers: ['server'] as const,
    compression: { offer, answer: NAME },
    ...windowExchange(),
  })),
];

/** Messages that are longer than small windows. */
function windowExchange(): Pick<CaseSeed, 'script' | 'outcomes'> {
  const payload = { fill: FAR_UNIT, size: 20_000 };
  return exchange(
    [compressed('text', payload), compressed('text', payload)],
    [echoed('text', payload), echoed('text', payload)],
  );
}

/** Answers that a client cannot take: it fails the handshake. */
const BAD_ANSWERS: readonly CaseSeed[] = [
  'server_max_window_bits=7', 'server_max_window_bits=16', 'server_max_window_bits=08', 'server_max_window_bits',
  'client_max_window_bits', 'client_max_window_bits=16', 'server_no_context_takeover=1', 'unknown', 'unknown=5',
].map((parameter) => ({
  title: `an answer with ${parameter}`,
  section: 'RFC 7692 §7.1',
  description: 'The answer is not valid: the client fails the connection.',
  peers: ['client'] as const,
  compression: { offer: NAME, answer: `${NAME}; ${parameter}`, isInvalid: true },
  script: [wait('end', 1, 3000)],
  // The handshake has not succeeded for the client: there may be no Close.
  outcomes: [
    { verdict: 'ok', events: [ended] },
    { verdict: 'ok', events: [closed(), ended] },
  ],
})); // prettier-ignore

/** 16 MiB of zeros in 16 KiB. */
const BOMB = toHex(deflateMessage(new Uint8Array(16 * 1024 * 1024), { windowBits: 15, level: 9 }));

const BOMBS: readonly CaseSeed[] = [
  {
    title: '16 MiB of zeros in 16 KiB',
    section: 'RFC 7692 §8.2',
    description: 'The peer takes the message, or refuses it as too big; it goes on serving others.',
    compression: { offer: NAME, answer: NAME },
    script: [
      { step: 'send', frames: [binary({ hex: BOMB }, COMPRESSED)] },
      { step: 'await', what: 'message', count: 1, within: 10_000 },
      { step: 'send', frames: [{ opcode: 8, payload: { hex: '03 e8' } }] },
      { step: 'await', what: 'end', count: 1, within: 10_000 },
    ],
    outcomes: [
      { verdict: 'ok', events: [{ event: 'message', type: 'binary' }, { event: 'close' }, ended] },
      { verdict: 'ok', events: [closed(1009, 1008), ended] },
      { verdict: 'non-strict', because: 'not 1009', events: [closed(), ended] },
    ],
    slow: true,
  },
];

/** Groups 12 and 13. */
export const COMPRESSION: readonly ConformanceCase[] = [
  ...PARAMETERS.flatMap((parameters, index) => numbered(`12.${String(index + 1)}`, sizes(parameters))),
  ...numbered('12.8', HISTORY),
  ...numbered('12.9', FRAGMENTS),
  ...numbered('12.10', EXAMPLES),
  ...numbered('12.11', MIXED),
  ...numbered('12.12', BROKEN),
  ...numbered('12.13', BOMBS),
  ...numbered('13.1', NEGOTIATION),
  ...numbered('13.2', BAD_ANSWERS),
];
