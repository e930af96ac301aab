import { MAX_FRAME_LENGTH } from 'millrace/protocol/wire';

import type { ConformanceCase, Outcome } from '../model/case.ts';
import type { FrameSpec } from '../model/frame.ts';
import {
  answered,
  binary,
  close,
  closed,
  continuation,
  echoed,
  ended,
  marked,
  maybe,
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

/** Frames whose length is in a field longer than it need be, and the answer of a peer that lets it pass. */
const NON_MINIMAL: readonly (readonly [title: string, frames: readonly FrameSpec[], lenient: Outcome['events']])[] = [
  ...([0, 1, 2, 125] as const).map((size) => nonMinimalText(size, 16)),
  ...([0, 1, 125, 126, 300, 65_535] as const).map((size) => nonMinimalText(size, 64)),
  [
    'a binary frame of 2 bytes with a 16-bit length',
    [binary('00 ff', { lengthField: 16 })],
    [echoed('binary', { hex: '00 ff' })],
  ],
  [
    'a continuation with a 16-bit length',
    [text('a', { fin: false }), continuation('b', { lengthField: 16 })],
    [echoed('text', 'ab')],
  ],
  [
    'a ping with a 16-bit length',
    [ping('p', { lengthField: 16 }), text('t')],
    [maybe(ponged('p')), maybe(echoed('text', 't'))],
  ],
  [
    'a ping with a 64-bit length',
    [ping('p', { lengthField: 64 }), text('t')],
    [maybe(ponged('p')), maybe(echoed('text', 't'))],
  ],
];

function nonMinimalText(size: number, lengthField: 16 | 64): [string, FrameSpec[], Outcome['events']] {
  const payload = { fill: '61', size };
  return [
    `a text frame of ${String(size)} bytes with a ${String(lengthField)}-bit length`,
    [text(payload, { lengthField })],
    [echoed('text', payload)],
  ];
}

const nonMinimal: readonly CaseSeed[] = [
  ...NON_MINIMAL.map(([title, frames, lenient]): CaseSeed => {
    const strict = violation(frames, 1002);
    const because = 'accepted: RFC 6455 says what a sender must do, not what a receiver must refuse';
    return {
      title,
      section: '§5.2',
      description: 'The length of a payload must be written in the fewest bytes; this one is not.',
      script: [send(frames), { step: 'quiet', time: 400 }, ...thenClose()],
      outcomes: [...strict.outcomes, { verdict: 'non-strict', because, events: [...lenient, answered(), ended] }],
    };
  }),
  {
    title: 'a Close with a 16-bit length',
    section: '§5.2',
    description: 'The length of a Close must be written in the fewest bytes, too.',
    script: [send([close(1000, '', { lengthField: 16 })]), wait('end', 1, 3000)],
    outcomes: [
      { verdict: 'ok', events: [closed(1002), ended] },
      { verdict: 'non-strict', because: 'accepted, or failed otherwise', events: [maybe(closed()), ended] },
    ],
  },
];

const TOP_BIT: readonly (readonly [name: string, length: bigint])[] = [
  ['2^63', 2n ** 63n],
  ['2^63 + 1', 2n ** 63n + 1n],
  ['2^63 + 2^62', 2n ** 63n + 2n ** 62n],
  ['2^64 − 2^31', 2n ** 64n - 2n ** 31n],
  ['2^64 − 1', 2n ** 64n - 1n],
];

const topBit: readonly CaseSeed[] = TOP_BIT.flatMap(([name, announce]): CaseSeed[] => [
  {
    title: `a binary frame that announces ${name} bytes`,
    section: '§5.2',
    description: 'The most significant bit of a 64-bit length must be 0.',
    ...negativeLength([binary('00', { announce })]),
  },
  {
    title: `a continuation that announces ${name} bytes`,
    section: '§5.2',
    description:
      'The most significant bit of a 64-bit length must be 0, also inside a message, where a sum could overflow.',
    ...negativeLength([binary('00', { fin: false }), continuation('', { announce })]),
  },
]);

const HUGE: readonly (readonly [name: string, length: bigint])[] = [
  ['2^63 − 1', MAX_FRAME_LENGTH],
  ['2^62', 2n ** 62n],
  ['2^55 + 1', 2n ** 55n + 1n],
  ['2^53 + 1', 2n ** 53n + 1n],
  ['2^53', 2n ** 53n],
  ['2^48', 2n ** 48n],
  ['2^32 + 1', 2n ** 32n + 1n],
  ['2^32', 2n ** 32n],
  ['2^31', 2n ** 31n],
  ['2^31 − 1', 2n ** 31n - 1n],
];

/** A frame so long that nobody will send it: valid, and so is refusing it as too big. */
function announced(frames: readonly FrameSpec[]): Pick<ConformanceCase, 'script' | 'outcomes'> {
  const alive: Outcome['events'] = [{ event: 'probe', alive: true, times: [0, 1] }];
  return {
    script: [
      send(frames),
      { step: 'quiet', time: 400 },
      { step: 'mark', name: 'still receiving' },
      { step: 'probe' },
      { step: 'drop' },
    ],
    outcomes: [
      { verdict: 'ok', events: [closed(1009), maybe(ended), ...alive] },
      { verdict: 'ok', events: [marked('still receiving'), ...alive] },
      {
        verdict: 'non-strict',
        because: 'refused, but not as too big (1009)',
        events: [closed(), maybe(ended), ...alive],
      },
      { verdict: 'non-strict', because: 'refused without a Close (§7.1.7)', events: [ended, ...alive] },
    ],
  };
}

const huge: readonly CaseSeed[] = HUGE.flatMap(([name, announce]): CaseSeed[] => [
  {
    title: `a binary frame that announces ${name} bytes`,
    section: '§5.2',
    description: 'The header and 64 bytes come, and no more. A peer receives on, or refuses with 1009; it lives on.',
    ...announced([binary({ fill: '61', size: 64 }, { announce })]),
  },
  {
    title: `a text continuation that announces ${name} bytes`,
    section: '§5.2',
    description:
      'A fragment, then the header of a huge one and 64 bytes of text: a sum of lengths that does not overflow.',
    ...announced([text('a', { fin: false }), continuation({ fill: '61', size: 64 }, { announce })]),
  },
]);

/** Group 14. */
export const LENGTHS: readonly ConformanceCase[] = [
  ...numbered('14.1', nonMinimal),
  ...numbered('14.2', topBit),
  ...numbered('14.3', huge),
];
