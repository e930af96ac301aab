// The words that cases are written in.
import type {
  CaseGroup,
  Closing,
  CompressionOfBoth,
  Facade,
  HashWork,
  Level,
  Manner,
  MessageContent,
  Role,
  TestCase,
} from './test-case.ts';

/** The subprotocol that both sides speak. */
export const SUBPROTOCOL = 'millrace.interop';

/** In bytes. */
export const MIB: number = 1024 * 1024;

/** Code points of one to four bytes in UTF-8, and a ZWJ sequence. */
export const UNICODE = 'Grüße, 世界! 👩‍🚀 ';
/** Is part of a text, also where it comes first. */
export const BYTE_ORDER_MARK = '\u{feff}';
/** Characters of one byte. */
export const ASCII = 'The quick brown fox jumps over the lazy dog. ';
/** Its length is a prime: a piece of it that comes back in another place is not the same. */
const ALL_BYTES = Array.from({ length: 251 }, (_, byte) => String.fromCharCode(byte)).join('');

/** The levels at which a message can be handled. */
export const LEVELS: readonly Level[] = ['message', 'frame', 'streaming'];

/** Messages in three frames, cut anywhere, also within a character. */
export const CUT = 3;

/** Payload of the pings that are sent. */
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

/** A row of the table; for peers in these roles. */
export function group(
  name: string,
  cases: readonly TestCase[],
  roles: readonly Role[] = ['client', 'server'],
): CaseGroup {
  return { name, roles, isLong: false, cases: cases.map((one) => ({ ...one, id: `${name}: ${one.id}` })) };
}

/** The same, for a row that takes too long to be run each time. */
export function long(one: CaseGroup): CaseGroup {
  return { ...one, isLong: true };
}

/** A case; what is not given is as simple as possible. */
export function create(id: string, parts: Partial<TestCase>): TestCase {
  const content = { binary: false, unit: ASCII, size: 100 };
  const simple = { content, hash: NO_HASH, ours: WHOLE, theirs: WHOLE, subprotocols: [], closing: NORMAL };
  return { id, facade: 'classes', work: 'echo', compression: undefined, messages: 1, ...simple, ...parts };
}

/** What is varied in echoes. */
export interface EchoVariants {
  readonly contents: readonly MessageContent[];
  readonly ours?: readonly Partial<Manner>[];
  readonly theirs?: readonly Partial<Manner>[];
  readonly facade?: Facade | undefined;
  readonly compression?: CompressionOfBoth | undefined;
  readonly messages?: number;
}

/** Every content, sent in every manner. */
export function echoes(variants: EchoVariants): TestCase[] {
  const { contents, ours = [{}], theirs = [{}], facade = 'classes', compression, messages = 1 } = variants;
  return ours.flatMap((our) => {
    return theirs.flatMap((their) => {
      return contents.map((content) => {
        const manners = { ours: { ...WHOLE, ...our }, theirs: { ...WHOLE, ...their } };
        return create(`${manners.ours.level}, ${describe(content)}`, {
          ...{ facade, content, compression, messages },
          ...manners,
        });
      });
    });
  });
}

/** Somebody sends a ping, while we handle messages at each level. */
export function pings(by: 'peer' | 'us', manners: readonly Partial<Manner>[], facade?: Facade): TestCase[] {
  const contents = [...texts(UNICODE, [1000]), ...binaries([65_536, MIB])];
  const senders = manners.map((manner) => ({ fragments: manner.level === undefined ? 1 : CUT, ...manner, ping: PING }));
  const levels = LEVELS.map((level) => ({ level }));
  return by === 'us'
    ? echoes({ contents, ours: senders, facade })
    : echoes({ contents, ours: levels, theirs: senders, facade });
}

/** Closings with different codes and reasons. */
export function closings(by: 'peer' | 'us', facade: Facade = 'classes'): TestCase[] {
  return CLOSINGS.map(({ code, reason }) =>
    create(`${code === 0 ? 'no code' : code}, reason '${reason}'`, { facade, closing: { by, code, reason } }),
  );
}

/** The hash programs, each with the one of its level. */
export function hashes(level: Level, endless: readonly boolean[]): TestCase[] {
  const manner = { ...WHOLE, level };
  return endless.flatMap((isEndless) => {
    return [1, 1000, MIB].map((batch) => {
      const frame = isEndless ? ', in a frame of 2^63−1' : '';
      const hash = { batch, count: 5, endless: isEndless };
      return create(`5 × ${batch} B${frame}`, { work: 'hash', hash, ours: manner, theirs: manner });
    });
  });
}

/** Texts of a unit that is repeated. */
export function texts(unit: string, sizes: readonly number[]): MessageContent[] {
  return sizes.map((size) => ({ binary: false, unit, size }));
}

/** Bytes of every value. */
export function binaries(sizes: readonly number[]): MessageContent[] {
  return sizes.map((size) => ({ binary: true, unit: ALL_BYTES, size }));
}

/** Texts and bytes. */
export function mixed(sizes: readonly number[]): MessageContent[] {
  return [...texts(UNICODE, sizes), ...binaries(sizes)];
}

function describe({ binary, size }: MessageContent): string {
  return `${binary ? 'binary' : 'text'}, ${size} B`;
}
