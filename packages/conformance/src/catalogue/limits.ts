import type { ConformanceCase } from '../model/case.ts';
import type { FrameSpec, Payload } from '../model/frame.ts';
import {
  answered,
  binary,
  continuation,
  echoed,
  ended,
  exchange,
  numbered,
  text,
  thenClose,
  type CaseSeed,
} from './dsl.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

type Type = 'text' | 'binary';

const UNITS: Readonly<Record<Type, string>> = { text: '42 41 73 64 37 26 6a 68 32 33', binary: '00 fe 23 fa f0' };

/** Time for the large ones, in milliseconds. */
const LIMIT = 100_000;

const SIZES = [64 * KIB, 256 * KIB, MIB, 4 * MIB, 8 * MIB, 16 * MIB] as const;
const FRAGMENT_SIZES = [64, 256, KIB, 4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, MIB, 4 * MIB] as const;
const CHOP_SIZES = [64, 128, 256, 512, KIB, 2 * KIB] as const;
const ROUNDTRIP_SIZES = [0, 16, 64, 256, KIB, 4 * KIB] as const;

/** Fragments of a message that some implementations allow. */
const COMMON_LIMIT = 16_384;

/** Sizes of fragments that a quick run has: large ones, and those of which there are more than {@link COMMON_LIMIT}. */
const QUICK_FRAGMENTS: readonly number[] = [16 * KIB, 256];
const QUICK_CHOPS = 2 * KIB;

function frame(type: Type, payload: Payload): FrameSpec {
  return type === 'text' ? text(payload) : binary(payload);
}

function whole(type: Type): CaseSeed[] {
  return SIZES.map((size) => {
    const payload = { fill: UNITS[type], size };
    return {
      title: `${type} of ${formatSize(size)}`,
      section: '§5.2',
      description: `A ${type} message of ${formatSize(size)} in one frame.`,
      ...exchange([frame(type, payload)], [echoed(type, payload)], { time: LIMIT }),
      limit: LIMIT,
      slow: size > MIB,
    };
  });
}

function fragmented(type: Type): CaseSeed[] {
  return FRAGMENT_SIZES.map((size) => {
    const count = countOf(size);
    const unit = '2a';
    return {
      title: `${type} of 4 MiB in ${String(count)} ${count === 1 ? 'frame' : 'fragments'} of ${formatSize(size)}`,
      section: '§5.4',
      description: `A ${type} message in ${String(count)} ${count === 1 ? 'frame' : 'frames'} of ${formatSize(size)}.`,
      script: thenClose(
        ...floodOf(frame(type, { fill: unit, size }), continuation({ fill: unit, size }, { fin: false }), count),
        { step: 'await', what: 'message', count: 1, within: LIMIT },
      ),
      outcomes: exchange([], [echoed(type, { fill: unit, size: count * size })]).outcomes,
      limit: LIMIT,
      slow: !QUICK_FRAGMENTS.includes(size),
    };
  });
}

/** Fragments of a message of 4 MiB; one more where that is a number at which implementations draw a line. */
function countOf(size: number): number {
  const count = (4 * MIB) / size;
  return count === COMMON_LIMIT ? count + 1 : count;
}

/** A message in `count` frames. */
function floodOf(first: FrameSpec, middle: FrameSpec, count: number): ConformanceCase['script'] {
  if (count === 1) return [{ step: 'send', frames: [first] }];
  const last = { ...middle, fin: true };
  return [{ step: 'flood', first: { ...first, fin: false }, frame: middle, count: count - 2, last }];
}

function chopped(type: Type): CaseSeed[] {
  return CHOP_SIZES.map((every) => {
    const payload = { fill: UNITS[type], size: MIB };
    return {
      title: `${type} of 1 MiB in pieces of ${formatSize(every)}`,
      section: '§5.2',
      description: `A ${type} message of 1 MiB in one frame, sent in pieces of ${formatSize(every)}.`,
      ...exchange([frame(type, payload)], [echoed(type, payload)], { cut: { every }, time: LIMIT }),
      limit: LIMIT,
      slow: every !== QUICK_CHOPS,
    };
  });
}

function roundtrips(type: Type): CaseSeed[] {
  return ROUNDTRIP_SIZES.map((size) => {
    const payload = { fill: type === 'text' ? '2a' : 'fe', size };
    const count = 1000;
    return {
      title: `${String(count)} round trips of ${formatSize(size)} of ${type}`,
      section: '§5.2',
      description: `${String(count)} ${type} messages of ${formatSize(size)}, each after the echo of the one before. The duration is the measure.`,
      script: thenClose({ step: 'roundtrips', frame: frame(type, payload), count }),
      outcomes: [{ verdict: 'ok', events: [{ ...echoed(type, payload), times: [count, count] }, answered(), ended] }],
      limit: LIMIT,
      slow: size > 16,
    };
  });
}

/** Messages that the sender cuts by itself: sizes that are a multiple of the fragment's, and such that are not. */
const AUTO_FRAGMENTS: readonly (readonly [type: Type, total: number, size: number])[] = [
  ['text', 65_536, 1300],
  ['binary', 65_536, 1300],
  ['text', 13_000, 1300],
  ['binary', 13_001, 1300],
  ['text', 1299, 1300],
  ['binary', MIB, 1300],
];

const autoFragments: readonly CaseSeed[] = AUTO_FRAGMENTS.map(([type, total, size]) => {
  const frames: FrameSpec[] = [];
  for (let offset = 0; offset < total; offset += size) {
    const payload = { fill: '2a', size: Math.min(size, total - offset) };
    const fin = offset + size >= total;
    frames.push(offset === 0 ? { ...frame(type, payload), fin } : continuation(payload, { fin }));
  }
  return {
    title: `${type} of ${String(total)} bytes, cut by the sender into frames of ${String(size)}`,
    section: '§5.4',
    description: `A ${type} message of ${String(total)} bytes as a sender that fragments by itself writes it: frames of ${String(size)} bytes, FIN on the last that has payload.`,
    ...exchange(frames, [echoed(type, { fill: '2a', size: total })]),
  };
});

function formatSize(size: number): string {
  if (size >= MIB && size % MIB === 0) return `${String(size / MIB)} MiB`;
  if (size >= KIB && size % KIB === 0) return `${String(size / KIB)} KiB`;
  return `${String(size)} bytes`;
}

/** Groups 9 and 10, numbered as in Autobahn|Testsuite. */
export const LIMITS: readonly ConformanceCase[] = [
  ...numbered('9.1', whole('text')),
  ...numbered('9.2', whole('binary')),
  ...numbered('9.3', fragmented('text')),
  ...numbered('9.4', fragmented('binary')),
  ...numbered('9.5', chopped('text')),
  ...numbered('9.6', chopped('binary')),
  ...numbered('9.7', roundtrips('text')),
  ...numbered('9.8', roundtrips('binary')),
  ...numbered('10.1', autoFragments),
];
