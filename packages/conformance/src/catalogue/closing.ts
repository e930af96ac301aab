import type { ConformanceCase, ReceivedCode } from '../model/case.ts';
import type { FrameSpec, Payload } from '../model/frame.ts';
import {
  answered,
  any,
  badClose,
  close,
  closed,
  continuation,
  echoed,
  ended,
  maybe,
  numbered,
  ping,
  ponged,
  send,
  text,
  violation,
  wait,
  type CaseSeed,
} from './dsl.ts';

/** Sends frames of which one is a Close that is valid: it is answered, once, and nothing after it is. */
function closing(frames: readonly FrameSpec[], code: ReceivedCode): Pick<ConformanceCase, 'script' | 'outcomes'> {
  return {
    script: [send(frames), wait('end', 1, 5000)],
    outcomes: [{ verdict: 'ok', events: [answered(code), ended] }],
  };
}

const LONG = { fill: '2a', size: 256 * 1024 };

const basics: readonly CaseSeed[] = [
  {
    title: 'a message, then Close',
    section: '§5.5.1',
    description: 'The message is echoed, the Close answered.',
    script: [send([text('Hello World!')]), wait('message'), send([close(1000)]), wait('end', 1, 5000)],
    outcomes: [{ verdict: 'ok', events: [echoed('text', 'Hello World!'), answered(), ended] }],
    checks: ['tcp-ends-at-once'],
  },
  {
    title: 'two Closes',
    section: '§5.5.1',
    description: 'Only the first is answered.',
    ...closing([close(1000), close(1000)], 1000),
  },
  {
    title: 'a ping after Close',
    section: '§5.5.1',
    description: 'The ping is not answered.',
    ...closing([close(1000), ping('behind')], 1000),
  },
  {
    title: 'a message after Close',
    section: '§5.5.1',
    description: 'The message is not echoed.',
    ...closing([close(1000), text('Hello World!')], 1000),
  },
  {
    title: 'Close inside a message, and the rest of it',
    section: '§5.5.1',
    description: 'A fragment, a Close, the last fragment: the message is never complete.',
    ...closing([text('fragment1', { fin: false }), close(1000), continuation('fragment2')], 1000),
  },
  {
    title: 'a long message, then Close, then a ping',
    section: '§5.5.1',
    description: 'A message of 256 KiB, a Close and a ping in one write. The echo may be cut off by the Close.',
    script: [send([text(LONG), close(1000), ping('behind')]), wait('end', 1, 10_000)],
    outcomes: [
      { verdict: 'ok', events: [echoed('text', LONG), answered(), ended] },
      { verdict: 'ok', events: [answered(), ended] },
      { verdict: 'unimplemented', because: 'over a limit of the peer', events: [closed(1009), ended] },
    ],
  },
];

const REASON = 'Hello World!';

/** Lengths of a close body. */
const lengths: readonly CaseSeed[] = [
  {
    title: 'an empty Close',
    section: '§5.5.1',
    description: 'A Close without a code.',
    ...closing([close()], 'none'),
    checks: ['tcp-ends-at-once'],
  },
  {
    title: 'a Close of one byte',
    section: '§5.5.1',
    description: 'Half a code.',
    ...badClose({ opcode: 8, payload: { hex: '03' } }, 1002),
  },
  {
    title: 'a Close with a code',
    section: '§5.5.1',
    description: 'A code and no reason.',
    ...closing([close(1000)], 1000),
  },
  {
    title: 'a Close with a reason',
    section: '§5.5.1',
    description: 'A code and a short reason.',
    ...closing([close(1000, REASON)], 1000),
  },
  {
    title: 'a Close with the longest reason',
    section: '§5.5.1',
    description: 'A code and a reason of 123 bytes.',
    ...closing([close(1000, '*'.repeat(123))], 1000),
  },
  {
    title: 'a Close over 125 bytes',
    section: '§5.5',
    description: 'A code and a reason of 124 bytes.',
    ...badClose(close(1000, '*'.repeat(124)), 1002),
  },
  {
    title: 'a Close of 65536 bytes',
    section: '§5.5',
    description: 'A control frame with a 64-bit length.',
    ...badClose({ opcode: 8, payload: { fill: '03', size: 65_536 } }, 1002),
  },
  {
    title: 'a Close that announces 2^63−1 bytes',
    section: '§5.5',
    description: 'Only the header comes; the rule is broken already.',
    ...badClose({ opcode: 8, announce: 2n ** 63n - 1n }, 1002),
  },
  {
    title: 'a Close with a reason of multi-byte characters',
    section: '§5.5.1',
    description: '41 characters of three bytes each.',
    ...closing([close(1000, '€'.repeat(41))], 1000),
  },
];

/** Reasons that are not UTF-8. */
const BAD_REASONS: readonly (readonly [name: string, reason: Payload])[] = [
  ['a surrogate in the middle', { hex: 'ce ba e1 bd b9 cf 83 ce bc ce b5 ed a0 80 65 64 69 74 65 64' }],
  ['a byte that never occurs', { hex: 'ff' }],
  ['cut short', { hex: '61 e2 82' }],
  ['an overlong form', { hex: 'c0 af' }],
  ['a code point above U+10FFFF', { hex: 'f4 90 80 80' }],
];

const badReasons: readonly CaseSeed[] = BAD_REASONS.map(([name, reason]) => ({
  title: `a reason that is not UTF-8: ${name}`,
  section: '§5.5.1',
  description: `Code 1000 with a reason that is not UTF-8: ${name}.`,
  ...badClose(close(1000, reason), 1007),
}));

const VALID_CODES = [
  1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999, 1012, 1013, 1014, 3500, 4500,
];

const validCodes: readonly CaseSeed[] = VALID_CODES.map((code) => ({
  title: `close code ${String(code)}`,
  section: '§7.4',
  description: `A Close with code ${String(code)}, which may be on the wire.`,
  ...closing([close(code)], code),
}));

const INVALID_CODES = [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999, 1015, 1, 125, 1017, 1999, 2500];

const invalidCodes: readonly CaseSeed[] = INVALID_CODES.map((code) => ({
  title: `close code ${String(code)}`,
  section: '§7.4',
  description: `A Close with code ${String(code)}, which is never on the wire.`,
  ...badClose(close(code), 1002),
}));

const FOREIGN_CODES = [5000, 65_535, 5001, 9999, 32_768];

const foreignCodes: readonly CaseSeed[] = FOREIGN_CODES.map((code) => {
  const { script, outcomes } = violation([close(code)], 1002);
  const because = 'RFC 6455 does not say what a code above 4999 is';
  return {
    title: `close code ${String(code)}`,
    section: '§7.4.2',
    description: `A Close with code ${String(code)}, above all ranges that RFC 6455 names.`,
    script,
    outcomes: outcomes.map((one) => (one.verdict === 'ok' ? one : { ...one, verdict: 'informational', because })),
  };
});

const odd: readonly CaseSeed[] = [
  {
    title: 'Close right after the opening handshake',
    section: '§5.5.1',
    description: 'Nothing else is said on the connection.',
    ...closing([close(1001, 'going away')], 1001),
  },
  {
    title: 'a Close byte by byte',
    section: '§5.5.1',
    description: 'A Close with a reason, each byte in its own write.',
    script: [send([close(1000, REASON)], { every: 1 }), wait('end', 1, 5000)],
    outcomes: [{ verdict: 'ok', events: [answered(), ended] }],
  },
  {
    title: 'a ping, then Close',
    section: '§5.5.1',
    description: 'Both in one write: the ping may still be answered.',
    script: [send([ping('p'), close(1000)]), wait('end', 1, 5000)],
    outcomes: [{ verdict: 'ok', events: [maybe(ponged('p')), answered(), ended] }],
  },
  {
    title: 'messages, then Close',
    section: '§5.5.1',
    description: 'Twenty messages and a Close in one write: what is echoed comes in order and before the Close.',
    script: [send([...Array.from({ length: 20 }, () => text('message')), close(1000)]), wait('end', 1, 5000)],
    outcomes: [
      { verdict: 'ok', events: [...Array.from({ length: 20 }, () => echoed('text', 'message')), answered(), ended] },
      {
        verdict: 'informational',
        because: 'not all messages were echoed before the Close',
        events: [any(echoed('text', 'message')), answered(), ended],
      },
    ],
  },
];

/** Group 7, numbered as in Autobahn|Testsuite up to 7.13.2. */
export const CLOSING: readonly ConformanceCase[] = [
  ...numbered('7.1', basics),
  ...numbered('7.3', lengths),
  ...numbered('7.5', badReasons),
  ...numbered('7.7', validCodes),
  ...numbered('7.9', invalidCodes),
  ...numbered('7.13', foreignCodes),
  ...numbered('7.14', odd),
];
