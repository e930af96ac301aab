import type { ConformanceCase, Expected } from '../model/case.ts';
import type { FrameSpec } from '../model/frame.ts';
import {
  answered,
  binary,
  close,
  continuation,
  echoed,
  ended,
  exchange,
  numbered,
  ping,
  pong,
  ponged,
  send,
  text,
  thenClose,
  violation,
  wait,
  type CaseSeed,
} from './dsl.ts';

const PARTS = ['one', 'two', 'three', 'four'] as const;
const WHOLE = echoed('text', PARTS.join(''));

/** The places between the fragments of {@link PARTS}. */
const GAPS = [1, 2, 3] as const;

function message(): FrameSpec[] {
  return PARTS.map((part, index) => {
    const fin = index === PARTS.length - 1;
    return index === 0 ? text(part, { fin }) : continuation(part, { fin });
  });
}

function insert(gap: number, ...frames: FrameSpec[]): FrameSpec[] {
  return message().toSpliced(gap, 0, ...frames);
}

/** Each control frame that has no effect on the message around it, in each gap. */
const WITHOUT_EFFECT: readonly (readonly [name: string, frames: readonly FrameSpec[], answers: readonly Expected[]])[] =
  [
    ['a ping', [ping('p')], [ponged('p')]],
    ['an empty ping', [ping('')], [ponged('')]],
    ['a ping of 125 bytes', [ping({ fill: '70', size: 125 })], [ponged({ fill: '70', size: 125 })]],
    ['an unsolicited pong', [pong('p')], []],
  ];

const inEachGap: readonly CaseSeed[] = WITHOUT_EFFECT.flatMap(([name, frames, answers]) =>
  GAPS.map((gap) => ({
    title: `${name} after fragment ${String(gap)} of 4`,
    section: '§5.4',
    description: `${name} stands between fragment ${String(gap)} and the next of a text message.`,
    ...exchange(insert(gap, ...frames), [...answers, WHOLE]),
  })),
);

const immediate: readonly CaseSeed[] = GAPS.map((gap) => {
  const frames = insert(gap, ping('p'));
  return {
    title: `a ping after fragment ${String(gap)} of 4 is answered before the message ends`,
    section: '§5.5.2',
    description: 'The rest of the message comes only when the ping has been answered.',
    script: thenClose(
      send(frames.slice(0, gap + 1)),
      wait('pong', 1, 3000),
      send(frames.slice(gap + 1)),
      wait('message'),
    ),
    outcomes: [{ verdict: 'ok', events: [ponged('p'), WHOLE, answered(), ended] }],
  };
});

const closing: readonly CaseSeed[] = GAPS.flatMap((gap): CaseSeed[] => [
  {
    title: `Close after fragment ${String(gap)} of 4`,
    section: '§5.5.1',
    description: 'The message is never complete; the Close is answered.',
    script: [send([...message().slice(0, gap), close(1000)]), wait('end', 1, 5000)],
    outcomes: [{ verdict: 'ok', events: [answered(), ended] }],
  },
  {
    title: `Close after fragment ${String(gap)} of 4, and the rest behind it`,
    section: '§5.5.1',
    description: 'What comes behind a Close does not count: the message is not echoed.',
    script: [send(insert(gap, close(1000))), wait('end', 1, 5000)],
    outcomes: [{ verdict: 'ok', events: [answered(), ended] }],
  },
]);

const several: readonly CaseSeed[] = [
  {
    title: 'a ping in every gap',
    section: '§5.4',
    description: 'A ping before the message, between all fragments, and after it. Each waits for its pong.',
    script: thenClose(
      ...message().flatMap((frame, index) => [
        send([ping(`p${String(index)}`)]),
        wait('pong', index + 1),
        send([frame]),
      ]),
      wait('message'),
    ),
    outcomes: [
      { verdict: 'ok', events: [...PARTS.map((_, index) => ponged(`p${String(index)}`)), WHOLE, answered(), ended] },
    ],
  },
  {
    title: 'many pongs in every gap',
    section: '§5.4',
    description: 'Ten unsolicited pongs between all fragments.',
    ...exchange(
      message().flatMap((frame) => [...Array.from({ length: 10 }, () => pong('unasked')), frame]),
      [WHOLE],
    ),
  },
  {
    title: 'a ping inside a binary message',
    section: '§5.4',
    description: 'Payload that looks like a frame header stands around a ping.',
    ...exchange(
      [binary('89 00', { fin: false }), ping('p'), continuation({ hex: '8a 00' })],
      [ponged('p'), echoed('binary', { hex: '89 00 8a 00' })],
    ),
  },
  {
    title: 'a ping between two empty fragments',
    section: '§5.4',
    description: 'An empty text message in two frames around a ping.',
    ...exchange([text('', { fin: false }), ping('p'), continuation('')], [ponged('p'), echoed('text', '')]),
  },
  {
    title: 'a ping between fragments, byte by byte',
    section: '§5.4',
    description: 'A ping in the second gap, each byte in its own write.',
    ...exchange(insert(2, ping('p')), [ponged('p'), WHOLE], { cut: { every: 1 } }),
  },
  {
    title: 'a reserved control opcode between fragments',
    section: '§5.2',
    description: 'An unknown control frame fails the connection inside a message, too.',
    ...violation(insert(2, { opcode: 0xb }), 1002),
  },
  {
    title: 'a ping over 125 bytes between fragments',
    section: '§5.5',
    description: 'The limit holds inside a message, too.',
    ...violation(insert(2, ping({ fill: '70', size: 126 })), 1002),
  },
  {
    title: 'a fragmented ping between fragments',
    section: '§5.5',
    description: 'A control frame without FIN fails the connection inside a message, too.',
    ...violation(insert(2, ping('p', { fin: false })), 1002),
  },
  {
    title: 'a bad Close between fragments',
    section: '§7.4',
    description: 'A Close with code 1006 inside a message.',
    ...violation(insert(2, close(1006)), 1002),
  },
];

/** Group 16. */
export const INTERLEAVING: readonly ConformanceCase[] = [
  ...numbered('16.1', inEachGap),
  ...numbered('16.2', immediate),
  ...numbered('16.3', closing),
  ...numbered('16.4', several),
];
