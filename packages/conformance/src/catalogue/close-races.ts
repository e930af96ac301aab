import type { ConformanceCase, Outcome } from '../model/case.ts';
import type { FrameSpec } from '../model/frame.ts';
import {
  answered,
  any,
  binary,
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
  wait,
  type CaseSeed,
} from './dsl.ts';

const BIG = { fill: '2a', size: 1024 * 1024 };

const clean: Outcome = { verdict: 'ok', events: [answered(), ended] };

/** Everything behind our Close is without effect, whatever it is. */
const BEHIND: readonly (readonly [name: string, frames: readonly FrameSpec[]])[] = [
  ['a Close with another code', [close(1001)]],
  ['a hundred Closes', Array.from({ length: 100 }, () => close(1000))],
  ['a hundred pings', Array.from({ length: 100 }, () => ping('p'))],
  ['a fragmented message', [text('a', { fin: false }), continuation('b')]],
  ['a long binary message', [binary(BIG)]],
  ['text that is not UTF-8', [text({ hex: 'ff' })]],
  ['a frame with a reserved bit', [text('a', { reservedBits: 4 })]],
  ['a reserved opcode', [{ opcode: 0xf }]],
  ['a continuation of nothing', [continuation('a')]],
  ['a frame with the wrong masking', [text('a', { masking: 'wrong' })]],
  ['a Close of one byte', [{ opcode: 8, payload: { hex: '03' } }]],
  ['a frame that announces 2^63−1 bytes', [binary('', { announce: 2n ** 63n - 1n })]],
];

const behind: readonly CaseSeed[] = BEHIND.map(([name, frames]) => ({
  title: `${name} behind Close`,
  section: '§5.5.1',
  description: `A Close with code 1000, and in the same write ${name}: only the Close counts.`,
  script: [send([close(1000), ...frames]), wait('end', 1, 5000)],
  outcomes: [clean],
}));

const crossing: readonly CaseSeed[] = [
  {
    title: 'Close while a long echo is under way',
    section: '§5.5.1',
    description:
      'A message of 1 MiB, and a Close before its echo can have come: complete or cut off at a frame, then Close.',
    script: [send([text(BIG)]), send([close(1000)]), wait('end', 1, 10_000)],
    outcomes: [
      { verdict: 'ok', events: [echoed('text', BIG), answered(), ended] },
      clean,
      { verdict: 'unimplemented', because: 'over a limit of the peer', events: [closed(1009), ended] },
    ],
  },
  {
    title: 'Close while many echoes are under way',
    section: '§5.5.1',
    description: 'Two hundred messages and a Close: the echoes come in order, and none after the Close.',
    script: [send(Array.from({ length: 200 }, () => text('message'))), send([close(1000)]), wait('end', 1, 10_000)],
    outcomes: [{ verdict: 'ok', events: [{ ...echoed('text', 'message'), times: [0, 200] }, answered(), ended] }],
  },
  {
    title: 'Close, and the echoes are not read',
    section: '§5.5.1',
    description: 'Messages of 4 MiB in all and a Close, while we do not read; then we read, and the closing is clean.',
    script: [
      { step: 'hold' },
      send(Array.from({ length: 4 }, () => text(BIG))),
      send([close(1000)]),
      { step: 'quiet', time: 300 },
      { step: 'read' },
      wait('end', 1, 10_000),
    ],
    outcomes: [
      { verdict: 'ok', events: [{ ...echoed('text', BIG), times: [0, 4] }, answered(), ended] },
      { verdict: 'unimplemented', because: 'over a limit of the peer', events: [closed(1009), ended] },
    ],
  },
  {
    title: 'a failure and our Close cross',
    section: '§7.1.7',
    description: 'A frame with a reserved bit, and a Close behind it: the failure counts.',
    script: [send([text('a', { reservedBits: 4 }), close(1000)]), wait('end', 1, 3000)],
    outcomes: [
      { verdict: 'ok', events: [closed(1002), ended] },
      { verdict: 'non-strict', because: 'without the Close 1002 (§7.1.7)', events: [maybe(closed()), ended] },
    ],
  },
  {
    title: 'no answer to the Close of a failing peer',
    section: '§7.1.7',
    description:
      'A frame with a reserved bit; the Close that follows is not answered. A peer that failed need not wait for that.',
    script: [{ step: 'mute' }, send([text('a', { reservedBits: 4 })]), wait('close', 1, 3000), wait('end', 1, 2000)],
    outcomes: [
      { verdict: 'ok', events: [closed(1002), ended] },
      { verdict: 'non-strict', because: 'without the Close 1002 (§7.1.7)', events: [maybe(closed()), ended] },
      { verdict: 'informational', because: 'waits for an answer first', events: [closed(1002), { event: 'timeout' }] },
    ],
  },
];

const transport: readonly CaseSeed[] = [
  {
    title: 'Close and FIN',
    section: '§7.1.1',
    description:
      'A Close, and the end of our side of the TCP connection behind it: the Close is answered all the same.',
    script: [send([close(1000)]), { step: 'fin' }, wait('end', 1, 5000)],
    outcomes: [clean, { verdict: 'non-strict', because: 'the Close was not answered', events: [ended] }],
  },
  {
    title: 'FIN without Close',
    section: '§7.1.5',
    description: 'Our side of the TCP connection ends after a message, without a Close: the peer ends its side.',
    script: [send([text('message')]), wait('message'), { step: 'fin' }, wait('end', 1, 5000)],
    outcomes: [{ verdict: 'ok', events: [echoed('text', 'message'), maybe(closed()), ended] }],
  },
  {
    title: 'FIN inside a header',
    section: '§7.1.7',
    description: 'One byte of a frame, then the end of our side: the peer ends its side.',
    script: [{ step: 'bytes', hex: '81' }, { step: 'fin' }, wait('end', 1, 5000)],
    outcomes: [{ verdict: 'ok', events: [maybe(closed()), ended] }],
  },
  {
    title: 'FIN inside a payload',
    section: '§7.1.7',
    description: 'Part of a frame, then the end of our side: nothing is echoed, and the peer ends its side.',
    script: [send([text('part', { announce: 100n })]), { step: 'fin' }, wait('end', 1, 5000)],
    outcomes: [{ verdict: 'ok', events: [maybe(closed()), ended] }],
  },
  {
    title: 'FIN inside a message',
    section: '§7.1.7',
    description: 'A fragment, then the end of our side: nothing is echoed, and the peer ends its side.',
    script: [send([text('part', { fin: false })]), { step: 'fin' }, wait('end', 1, 5000)],
    outcomes: [{ verdict: 'ok', events: [maybe(closed()), ended] }],
  },
  {
    title: 'the connection is dropped while echoes are under way',
    peers: ['server'],
    section: '§7.1.7',
    description: 'Messages of 4 MiB in all, and the TCP connection is dropped: a server goes on serving others.',
    script: [
      send(Array.from({ length: 4 }, () => text(BIG))),
      { step: 'drop' },
      { step: 'quiet', time: 150 },
      { step: 'probe' },
    ],
    outcomes: [
      {
        verdict: 'ok',
        events: [any({ event: 'message', type: 'text' }), { event: 'probe', alive: true }],
      },
    ],
  },
  {
    title: 'the connection is dropped right after the opening handshake',
    peers: ['server'],
    section: '§7.1.7',
    description: 'Nothing is said: a server goes on serving others.',
    script: [{ step: 'drop' }, { step: 'quiet', time: 150 }, { step: 'probe' }],
    outcomes: [{ verdict: 'ok', events: [{ event: 'probe', alive: true }] }],
  },
  {
    title: 'the peer ends the TCP connection soon after both Closes',
    section: '§7.1.1',
    description:
      'A message, a ping and a Close; the end of the TCP connection comes at once behind the Close of the peer.',
    script: [send([text('m'), ping('p'), close(1000)]), wait('close', 1, 5000), wait('end', 1, 5000)],
    checks: ['tcp-ends-at-once'],
    outcomes: [
      {
        verdict: 'ok',
        events: [maybe(echoed('text', 'm')), answered(), ended],
        pongs: [maybe(ponged('p'))],
      },
    ],
  },
];

/** Group 17. */
export const CLOSE_RACES: readonly ConformanceCase[] = [
  ...numbered('17.1', behind),
  ...numbered('17.2', crossing),
  ...numbered('17.3', transport),
];
