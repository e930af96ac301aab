// Cases with permessage-deflate (RFC 7692), as data.
import {
  ASCII,
  CUT,
  LEVELS,
  MIB,
  UNICODE,
  binaries,
  create,
  echoes,
  group,
  long,
  mixed,
  pings,
  texts,
} from './case-dsl.ts';
import type { CaseGroup, Compression, Facade, Manner, TestCase } from './test-case.ts';

/** Each form of the payload length, at its bounds; several pieces of a transform. */
const SIZES = [0, 1, 125, 126, 65_535, 65_536, MIB];
const FACADE_SIZES = [0, 126, 65_536, MIB];

/** What all peers have that compress, or what they offer where nothing can be chosen. */
const PLAIN: Compression = { clientMaxWindowBits: true };

const BOTH_PLAIN = { ours: {}, theirs: PLAIN };

/** The message comes three times: only from the second on does it find a history. */
const MESSAGES = 3;

const ALL_BITS = [9, 10, 11, 12, 13, 14, 15];

/** A text that repeats itself behind 20,000 characters: only a window of 15 bits reaches back so far. It ends as it begins, which any window notices. */
const RANDOM = randomText(20_000);
const FAR = {
  binary: false,
  unit: RANDOM.slice(0, 19_800) + RANDOM.slice(0, 200),
  size: 40_000,
};

/** Parameters of the peer that are tried each time: each by itself, the ends of each range, and all together. */
const SOME_OF_PEER: readonly Compression[] = [
  {},
  PLAIN,
  { serverNoContextTakeover: true },
  { clientNoContextTakeover: true },
  { serverMaxWindowBits: 8 },
  { serverMaxWindowBits: 9 },
  { clientMaxWindowBits: 8 },
  { clientMaxWindowBits: 9 },
  { serverMaxWindowBits: 15, clientMaxWindowBits: 15 },
  { serverNoContextTakeover: true, clientNoContextTakeover: true, serverMaxWindowBits: 10, clientMaxWindowBits: 12 },
];

const SOME_OF_OURS: readonly Compression[] = [
  { serverNoContextTakeover: true },
  { clientNoContextTakeover: true },
  { serverMaxWindowBits: 9 },
  { clientMaxWindowBits: 9 },
  { serverMaxWindowBits: 15, clientMaxWindowBits: 15 },
  { serverNoContextTakeover: true, clientNoContextTakeover: true, serverMaxWindowBits: 10, clientMaxWindowBits: 12 },
];

const ALL_OF_PEER = combine([undefined, 8, ...ALL_BITS], [undefined, true, 8, ...ALL_BITS]);
const ALL_OF_OURS = combine([undefined, ...ALL_BITS], [undefined, ...ALL_BITS]);

const SENT_IN_PIECES: readonly Partial<Manner>[] = [
  { level: 'frame', fragments: CUT },
  { level: 'streaming', fragments: CUT },
];

/** The groups of compression. */
export const COMPRESSION_GROUPS: readonly CaseGroup[] = [
  group('compression: text', echoes({ ...compressed(), contents: [...texts(ASCII, SIZES), ...texts(UNICODE, SIZES)] })),
  group('compression: binary', echoes({ ...compressed(), contents: binaries(SIZES) })),
  group(
    'compression: our frame level',
    echoes({ ...compressed(), contents: mixed(SIZES), ours: [{ level: 'frame', fragments: CUT }] }),
  ),
  group(
    'compression: our streaming level',
    echoes({ ...compressed(), contents: mixed(SIZES), ours: [{ level: 'streaming', fragments: CUT }] }),
  ),
  group(
    'compression: fragmented by us',
    echoes({ ...compressed(), contents: mixed(SIZES), ours: [{ fragments: CUT }] }),
  ),
  group(
    'compression: fragmented by the peer',
    echoes({
      ...compressed(),
      contents: mixed(SIZES),
      ours: LEVELS.map((level) => ({ level })),
      theirs: [{ fragments: CUT }],
    }),
  ),
  group('compression: 8 MiB', eightMib([{}, { fragments: CUT }, ...SENT_IN_PIECES], [{}])),
  group('compression: – fragmented by the peer', eightMib([{}, ...SENT_IN_PIECES], [{ fragments: CUT }])),
  group('compression: ping inside its message', withCompression(pings('peer', [{ fragments: CUT }]))),
  group('compression: ping inside our message', withCompression(pings('us', [{ level: 'frame' }]))),
  group('compression: what is compressed', thresholds()),
  group(
    'compression: its parameters',
    SOME_OF_PEER.map((theirs) => parameters({}, theirs)),
  ),
  group(
    'compression: our parameters',
    SOME_OF_OURS.map((ours) => parameters(ours, PLAIN)),
  ),
  long(
    group(
      'compression: all its parameters',
      ALL_OF_PEER.map((theirs) => parameters({}, theirs)),
    ),
  ),
  long(
    group(
      'compression: all our parameters',
      ALL_OF_OURS.map((ours) => parameters(ours, PLAIN)),
    ),
  ),
  group('compression: connections', facade('connections')),
  group(
    'compression: connections, streams',
    echoes({
      ...compressed('connections'),
      contents: mixed(FACADE_SIZES),
      ours: [
        { level: 'frame', fragments: CUT },
        { level: 'streaming', fragments: CUT },
      ],
    }),
  ),
  group('compression: callbacks', facade('callbacks'), ['client']),
  group('compression: prepared ones in turn', preparedInTurn(), ['client']),
  group('compression: WebSocket', facade('WebSocket'), ['server']),
  group('compression: WebSocketStream', facade('WebSocketStream')),
];

/** Once: to have it three times takes too long. */
function eightMib(ours: readonly Partial<Manner>[], theirs: readonly Partial<Manner>[]): TestCase[] {
  return echoes({ compression: BOTH_PLAIN, contents: mixed([8 * MIB]), ours, theirs });
}

function compressed(facade: Facade = 'classes'): Pick<TestCase, 'facade' | 'compression' | 'messages'> {
  return { facade, compression: BOTH_PLAIN, messages: MESSAGES };
}

function withCompression(cases: readonly TestCase[]): TestCase[] {
  return cases.map((one) => ({ ...one, compression: BOTH_PLAIN }));
}

function facade(name: Facade): TestCase[] {
  return echoes({ ...compressed(name), contents: mixed(FACADE_SIZES) });
}

/** Messages around the threshold, and those that say themselves whether they are compressed. */
function thresholds(): TestCase[] {
  const threshold = 1000;
  const variants: readonly (readonly [string, number, Compression])[] = [
    ['below the threshold', 999, { threshold }],
    ['at the threshold', 1000, { threshold }],
    ['compress: true, below it', 999, { threshold, compress: true }],
    ['compress: false', 1000, { threshold, compress: false }],
  ];
  return variants.map(([id, size, ours]) => {
    const content = { binary: false, unit: ASCII, size };
    return create(id, { content, compression: { ours, theirs: PLAIN }, messages: MESSAGES });
  });
}

/** A prepared message is compressed without history, which the peer has moved on with all the same. */
function preparedInTurn(): TestCase[] {
  return [false, true].flatMap((serverNoContextTakeover) =>
    ALL_BITS.map((serverMaxWindowBits) => {
      const ours = { serverNoContextTakeover, serverMaxWindowBits, prepares: true };
      const id = `${serverNoContextTakeover ? 'no ' : ''}takeover, window of ${String(serverMaxWindowBits)} bits`;
      const rest = { content: FAR, compression: { ours, theirs: { ...PLAIN, prepares: true } }, messages: 5 };
      return create(id, { facade: 'callbacks', ...rest });
    }),
  );
}

function parameters(ours: Compression, theirs: Compression): TestCase {
  const asked = { ...ours, ...theirs };
  const id = Object.entries(asked).map(([name, value]) => (value === true ? name : `${name}=${String(value)}`));
  return create(id.join(' ') || 'none', { content: FAR, compression: { ours, theirs }, messages: MESSAGES });
}

/** Every combination of the four parameters. */
function combine(
  serverBits: readonly (number | undefined)[],
  clientBits: readonly (number | true | undefined)[],
): Compression[] {
  return [false, true].flatMap((serverNoContextTakeover) =>
    [false, true].flatMap((clientNoContextTakeover) =>
      serverBits.flatMap((serverMaxWindowBits) =>
        clientBits.map((clientMaxWindowBits) => ({
          ...(serverNoContextTakeover ? { serverNoContextTakeover } : {}),
          ...(clientNoContextTakeover ? { clientNoContextTakeover } : {}),
          ...(serverMaxWindowBits === undefined ? {} : { serverMaxWindowBits }),
          ...(clientMaxWindowBits === undefined ? {} : { clientMaxWindowBits }),
        })),
      ),
    ),
  );
}

/** The same each time, and without anything that repeats. */
function randomText(size: number): string {
  const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 .';
  let state = 1;
  return Array.from({ length: size }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return ALPHABET[state >>> 26];
  }).join('');
}
