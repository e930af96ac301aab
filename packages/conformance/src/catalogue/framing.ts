import type { ConformanceCase } from '../model/case.ts';
import {
  LATE_ANSWERS,
  answeredOutcome,
  binary,
  echoed,
  exchange,
  numbered,
  send,
  text,
  thenClose,
  wait,
  type CaseSeed,
} from './dsl.ts';

/** 7-bit, 16-bit and 64-bit lengths meet at these sizes. The first seven are those of Autobahn|Testsuite. */
const SIZES = [0, 125, 126, 127, 128, 65_535, 65_536] as const;
const MORE_SIZES = [1, 2, 124, 65_534, 65_537, 131_072] as const;

/** Bytes that are no text. */
const BINARY_UNIT = 'fe 00 81 ff';

function ofSize(type: 'text' | 'binary', size: number, every?: number): CaseSeed {
  const payload = { fill: type === 'text' ? '2a' : BINARY_UNIT, size };
  const frame = type === 'text' ? text(payload) : binary(payload);
  const chopped = every === undefined ? '' : `, in pieces of ${String(every)} bytes`;
  return {
    title: `${type} of ${String(size)} bytes${chopped}`,
    section: '§5.2',
    description: `A ${type} message of ${String(size)} bytes in one frame${chopped}; its length stands in its shortest form.`,
    ...exchange([frame], [echoed(type, payload)], every === undefined ? {} : { cut: { every } }),
  };
}

function ofType(type: 'text' | 'binary'): CaseSeed[] {
  return [
    ...SIZES.map((size) => ofSize(type, size)),
    ofSize(type, 65_536, 997),
    ...MORE_SIZES.map((size) => ofSize(type, size)),
  ];
}

const masking: CaseSeed[] = [
  {
    title: 'a masked frame where there must be none, or the other way round',
    section: '§5.1',
    description: 'A text frame whose mask bit is the wrong one for our side.',
    script: [
      { step: 'send', frames: [text('Hello', { masking: 'wrong' })] },
      { step: 'await', what: 'end', count: 1, within: 3000 },
    ],
    outcomes: [
      { verdict: 'ok', events: [{ event: 'close', codes: [1002] }, { event: 'end' }] },
      { verdict: 'non-strict', because: 'not 1002', events: [{ event: 'close' }, { event: 'end' }] },
      { verdict: 'non-strict', because: 'without the Close 1002 (§5.1, §7.1.7)', events: [{ event: 'end' }] },
    ],
  },
  {
    title: 'a ping with the wrong masking',
    section: '§5.1',
    description: 'A ping whose mask bit is the wrong one for our side: control frames are no exception.',
    script: [
      { step: 'send', frames: [{ opcode: 9, payload: { text: 'Hello' }, masking: 'wrong' }] },
      { step: 'await', what: 'end', count: 1, within: 3000 },
    ],
    outcomes: [
      { verdict: 'ok', events: [{ event: 'close', codes: [1002] }, { event: 'end' }] },
      { verdict: 'non-strict', because: 'not 1002', events: [{ event: 'close' }, { event: 'end' }] },
      { verdict: 'non-strict', because: 'without the Close 1002 (§5.1, §7.1.7)', events: [{ event: 'end' }] },
    ],
  },
  {
    title: 'a masking key of zero',
    section: '§5.3',
    description: 'A masked frame whose key is 0: any key is valid.',
    peers: ['server'],
    ...exchange([text('Hello', { masking: 'zero' })], [echoed('text', 'Hello')]),
  },
  {
    title: 'an empty masked frame',
    section: '§5.3',
    description: 'A masked frame without payload, still with a key.',
    peers: ['server'],
    ...exchange([text(''), binary('')], [echoed('text', ''), echoed('binary', '')]),
  },
  {
    title: 'each frame of a client has its own masking key',
    section: '§5.3',
    description: '60 messages; the keys of the echoes are compared.',
    peers: ['client'],
    ...exchange(
      Array.from({ length: 60 }, () => text('Hello')),
      Array.from({ length: 60 }, () => echoed('text', 'Hello')),
    ),
    checks: ['masks-differ', 'masks-unpredictable'],
  },
  {
    title: 'a mask that spans a payload of every length modulo 4',
    section: '§5.3',
    description: 'Binary messages of 1 to 40 bytes, each unmasked from its own first byte.',
    ...exchange(
      Array.from({ length: 40 }, (_, index) => binary({ fill: '00 01 02 03 04 05 06', size: index + 1 })),
      Array.from({ length: 40 }, (_, index) => echoed('binary', { fill: '00 01 02 03 04 05 06', size: index + 1 })),
    ),
  },
];

const alone: readonly CaseSeed[] = [
  {
    title: 'nothing follows an echo',
    section: '§5.6',
    description: 'A message, and a pause behind its echo: it comes once.',
    script: thenClose(send([text('once')]), wait('message'), LATE_ANSWERS),
    outcomes: [answeredOutcome([echoed('text', 'once')])],
  },
];

/** Group 1. */
export const FRAMING: readonly ConformanceCase[] = [
  ...numbered('1.1', ofType('text')),
  ...numbered('1.2', ofType('binary')),
  ...numbered('1.3', [...masking, ...alone]),
];
