// All cases, as data.
import type { CaseGroup, Closing, HashWork, Level, Manner, MessageContent, TestCase } from './test-case.ts';

/** The subprotocol that both sides speak. */
export const SUBPROTOCOL = 'millrace.interop';

const KIB = 1024;
const MIB = 1024 * KIB;

/** Each form of the payload length, at its bounds; several reads of a socket; several of our frames. */
const SIZES = [0, 1, 125, 126, 65_535, 65_536, MIB, 8 * MIB];

/** Code points of one to four bytes in UTF-8, and a ZWJ sequence. */
const UNICODE = 'Grüße, 世界! 👩‍🚀 ';
/** Is part of a text, also where it comes first. */
const BYTE_ORDER_MARK = '\u{feff}';
const ASCII = 'The quick brown fox jumps over the lazy dog. ';
/** Its length is a prime: a piece of it that comes back in another place is not the same. */
const ALL_BYTES = Array.from({ length: 251 }, (_, byte) => String.fromCharCode(byte)).join('');

const LEVELS: readonly Level[] = ['message', 'frame', 'streaming'];

/** Messages in three frames, cut anywhere, also within a character. */
const CUT = 3;

const PING = 'are you there?';

const WHOLE: Manner = { level: 'message', fragments: 1, ping: '' };
const NO_HASH: HashWork = { batch: 0, count: 0, endless: false };
const NORMAL: Closing = { by: 'client', code: 1000, reason: 'done' };

/** The longest reason there is: 123 bytes. */
const LONG_REASON = 'ü'.repeat(61) + '!';

const CLOSINGS: readonly Omit<Closing, 'by'>[] = [
  { code: 0, reason: '' },
  { code: 1000, reason: '' },
  { code: 3000, reason: LONG_REASON },
  { code: 4999, reason: 'done ✓' },
];

/** Every row of the table. */
export const GROUPS: readonly CaseGroup[] = [
  group('text', echoes({ contents: texts(ASCII, SIZES) })),
  group('text, not ASCII', echoes({ contents: texts(UNICODE, SIZES) })),
  group(
    'text with U+FEFF',
    echoes({ contents: texts(BYTE_ORDER_MARK, [3, 126]), ours: LEVELS.map((level) => ({ level })) }),
  ),
  group('binary', echoes({ contents: binaries(SIZES) })),
  group('our frame level', echoes({ contents: mixed(SIZES), ours: [{ level: 'frame', fragments: CUT }] })),
  group('our streaming level', echoes({ contents: mixed(SIZES), ours: [{ level: 'streaming', fragments: CUT }] })),
  group('fragmented by us', echoes({ contents: mixed(SIZES), ours: [{ fragments: CUT }] })),
  group(
    'fragmented by the peer',
    echoes({ contents: mixed(SIZES), ours: LEVELS.map((level) => ({ level })), theirs: [{ fragments: CUT }] }),
  ),
  group('frame level of both', levelOfBoth('frame')),
  group('streaming level of both', levelOfBoth('streaming')),
  group('ping by the peer', pings('peer', [{}])),
  group('– inside its message', pings('peer', [{ fragments: CUT }])),
  group('ping by us', pings('us', [{}])),
  group('– inside our message', pings('us', [{ level: 'frame' }, { level: 'streaming' }])),
  group('closed by the peer', closings('peer')),
  group('closed by us', closings('us')),
  group('subprotocol', [
    create('agreed', { subprotocols: ['other', SUBPROTOCOL] }),
    create('none offered', { subprotocols: [] }),
  ]),
  group('hash by message', hashes('message', [false])),
  group('hash by frame', hashes('frame', [false])),
  group('hash by stream', hashes('streaming', [false, true])),
];

function group(name: string, cases: readonly TestCase[]): CaseGroup {
  return { name, cases: cases.map((one) => ({ ...one, id: `${name}: ${one.id}` })) };
}

/** A case; what is not given is as simple as possible. */
function create(id: string, parts: Partial<TestCase>): TestCase {
  const content = { binary: false, unit: ASCII, size: 100 };
  const simple = { content, hash: NO_HASH, ours: WHOLE, theirs: WHOLE, subprotocols: [], closing: NORMAL };
  return { id, work: 'echo', ...simple, ...parts };
}

interface EchoVariants {
  readonly contents: readonly MessageContent[];
  readonly ours?: readonly Partial<Manner>[];
  readonly theirs?: readonly Partial<Manner>[];
}

/** Every content, sent in every manner. */
function echoes({ contents, ours = [{}], theirs = [{}] }: EchoVariants): TestCase[] {
  return ours.flatMap((our) => {
    return theirs.flatMap((their) => {
      return contents.map((content) => {
        const manners = { ours: { ...WHOLE, ...our }, theirs: { ...WHOLE, ...their } };
        return create(`${manners.ours.level}, ${describe(content)}`, { content, ...manners });
      });
    });
  });
}

function levelOfBoth(level: Level): TestCase[] {
  const manner = { level, fragments: CUT };
  return echoes({ contents: mixed(SIZES), ours: [manner], theirs: [manner] });
}

/** Somebody sends a ping, while we handle messages at each level. */
function pings(by: 'peer' | 'us', manners: readonly Partial<Manner>[]): TestCase[] {
  const contents = [...texts(UNICODE, [1000]), ...binaries([65_536, MIB])];
  const senders = manners.map((manner) => ({ fragments: manner.level === undefined ? 1 : CUT, ...manner, ping: PING }));
  const levels = LEVELS.map((level) => ({ level }));
  return by === 'us' ? echoes({ contents, ours: senders }) : echoes({ contents, ours: levels, theirs: senders });
}

function closings(by: 'peer' | 'us'): TestCase[] {
  return CLOSINGS.map((closing) => {
    const { code, reason } = closing;
    return create(`${code === 0 ? 'no code' : code}, reason '${reason}'`, { closing: { by, ...closing } });
  });
}

/** The hash programs, each with the one of its level. */
function hashes(level: Level, endless: readonly boolean[]): TestCase[] {
  const manner = { ...WHOLE, level };
  return endless.flatMap((isEndless) => {
    return [1, 1000, MIB].map((batch) => {
      const frame = isEndless ? ', in a frame of 2^63−1' : '';
      const hash = { batch, count: 5, endless: isEndless };
      return create(`5 × ${batch} B${frame}`, { work: 'hash', hash, ours: manner, theirs: manner });
    });
  });
}

function texts(unit: string, sizes: readonly number[]): MessageContent[] {
  return sizes.map((size) => ({ binary: false, unit, size }));
}

function binaries(sizes: readonly number[]): MessageContent[] {
  return sizes.map((size) => ({ binary: true, unit: ALL_BYTES, size }));
}

function mixed(sizes: readonly number[]): MessageContent[] {
  return [...texts(UNICODE, sizes), ...binaries(sizes)];
}

function describe({ binary, size }: MessageContent): string {
  return `${binary ? 'binary' : 'text'}, ${size} B`;
}
