import type { ConformanceCase, Outcome, Step } from '../model/case.ts';
import type { FrameSpec } from '../model/frame.ts';
import {
  answered,
  any,
  binary,
  closed,
  continuation,
  echoed,
  ended,
  marked,
  maybe,
  numbered,
  ping,
  pong,
  send,
  text,
  wait,
  type CaseSeed,
} from './dsl.ts';

/** Time for an attack, in milliseconds. */
const TIME = 60_000;

const alive: Outcome['events'] = [{ event: 'probe', alive: true, times: [0, 1] }];

/** What a peer that draws a line may say: too big, against its policy, or too much for it now. */
const refusedAsTooMuch: Outcome = {
  verdict: 'ok',
  events: [any({ event: 'pong' }), closed(1008, 1009, 1011, 1013), maybe(ended), ...alive],
};

const droppedAsTooMuch: Outcome = {
  verdict: 'non-strict',
  because: 'given up without a Close',
  events: [any({ event: 'pong' }), any({ event: 'message', type: 'text' }), ended, ...alive],
};

/** Frames in great number, then Close: all goes well, or the peer says that it is too much. It serves others. */
function flood(
  step: Extract<Step, { step: 'flood' }>,
  answers: Outcome['events'],
  what: Step[],
  pongs?: Outcome['pongs'],
): Pick<ConformanceCase, 'script' | 'outcomes' | 'limit'> {
  return {
    script: [step, ...what, { step: 'probe' }, send([{ opcode: 8, payload: { hex: '03 e8' } }]), wait('end', 1, TIME)],
    outcomes: [
      { verdict: 'ok', events: [...answers, ...alive, answered(), ended], pongs },
      refusedAsTooMuch,
      droppedAsTooMuch,
    ],
    limit: TIME,
  };
}

const received = wait('message', 1, TIME);

function floodOfFragments(name: string, frame: FrameSpec, count: number, total: number): CaseSeed {
  return {
    title: `${String(count)} ${name} in one message`,
    section: '§5.4',
    description: `A binary message of ${String(count)} ${name} and a final one: it comes back, or is refused as too much.`,
    ...flood(
      {
        step: 'flood',
        first: binary('', { fin: false }),
        frame: { ...frame, fin: false },
        count,
        last: continuation(''),
      },
      [echoed('binary', { fill: '61', size: total })],
      [received],
    ),
    slow: count > 20_000,
  };
}

const floods: readonly CaseSeed[] = [
  floodOfFragments('empty fragments', continuation(''), 10_000, 0),
  floodOfFragments('empty fragments', continuation(''), 300_000, 0),
  floodOfFragments('fragments of one byte', continuation('a'), 10_000, 10_000),
  floodOfFragments('fragments of one byte', continuation('a'), 200_000, 200_000),
  {
    title: '50000 unsolicited pongs',
    section: '§5.5.3',
    description: 'Pongs of 125 bytes that nobody asked for, then a message.',
    ...flood(
      { step: 'flood', frame: pong({ fill: '61', size: 125 }), count: 50_000, last: text('after') },
      [echoed('text', 'after')],
      [received],
    ),
  },
  {
    title: '20000 pings, whose pongs are read',
    section: '§5.5.3',
    description: 'Pings of 125 bytes; pongs may be left out where a later one follows.',
    ...flood(
      { step: 'flood', frame: ping({ fill: '61', size: 125 }), count: 20_000, last: text('after') },
      [echoed('text', 'after')],
      [received, wait('newest pong', 1, TIME)],
      [any({ event: 'pong' }, 1)],
    ),
  },
  {
    title: '20000 empty messages',
    section: '§5.4',
    description: 'Empty text messages at once: each is echoed.',
    ...flood(
      { step: 'flood', frame: text(''), count: 20_000 },
      [{ ...echoed('text', ''), times: [20_000, 20_000] }],
      [wait('message', 20_000, TIME)],
    ),
    slow: true,
  },
  {
    title: 'a message of 1 MiB, byte by byte',
    section: '§5.2',
    description: 'One frame of 1 MiB in writes of 16 bytes: an object for each of them is too much.',
    ...flood(
      { step: 'flood', frame: binary({ fill: '61', size: 1024 * 1024 }), count: 1, cut: { every: 16 } },
      [echoed('binary', { fill: '61', size: 1024 * 1024 })],
      [received],
    ),
    slow: true,
  },
];

/** The peer cannot write, for we do not read: what it keeps for us must have an end. */
function unread(frame: FrameSpec, count: number): Pick<ConformanceCase, 'script' | 'outcomes' | 'limit'> {
  return {
    script: [
      { step: 'hold' },
      { step: 'flood', frame, count },
      { step: 'quiet', time: 300 },
      { step: 'mark', name: 'not reading' },
      { step: 'probe' },
      { step: 'drop' },
    ],
    outcomes: [
      { verdict: 'ok', events: [marked('not reading'), ...alive] },
      { verdict: 'ok', because: 'it gave the connection up', events: [maybe(closed()), ended, ...alive] },
    ],
    limit: TIME,
  };
}

// What a client keeps for us is not to be seen from outside; a server is asked whether it serves others.
const stalled: readonly CaseSeed[] = [
  {
    title: '20000 pings, whose pongs are not read',
    peers: ['server'],
    section: '§5.5.3',
    description:
      'Pings of 125 bytes, and we do not read: the peer stops reading, leaves pongs out, or gives up. It serves others.',
    ...unread(ping({ fill: '61', size: 125 }), 20_000),
  },
  {
    title: 'messages whose echoes are not read',
    peers: ['server'],
    section: '§5.4',
    description: 'Messages of 64 KiB, 2 MiB in all, and we do not read: a server goes on serving others.',
    ...unread(binary({ fill: '61', size: 65_536 }), 32),
  },
];

function silentAfter(frames: readonly FrameSpec[]): Pick<ConformanceCase, 'script' | 'outcomes'> {
  return {
    script: [
      send(frames),
      { step: 'quiet', time: 400 },
      { step: 'mark', name: 'waiting' },
      { step: 'probe' },
      { step: 'drop' },
    ],
    outcomes: [
      { verdict: 'ok', events: [marked('waiting'), ...alive] },
      { verdict: 'ok', events: [closed(1009, 1008), maybe(ended), ...alive] },
      {
        verdict: 'non-strict',
        because: 'refused, but not as too big (1009)',
        events: [maybe(closed()), ended, ...alive],
      },
    ],
  };
}

const announced: readonly CaseSeed[] = [
  {
    title: '64 MiB announced, nothing sent',
    section: '§5.2',
    description: 'Only a header comes. An announcement is no reason to keep that much memory ready.',
    ...silentAfter([binary('', { announce: 64n * 1024n * 1024n })]),
  },
  {
    title: '2 GiB announced in a fragment, nothing sent',
    section: '§5.2',
    description: 'A fragment, then a header that announces 2 GiB.',
    ...silentAfter([binary('a', { fin: false }), continuation('', { announce: 2n ** 31n })]),
  },
  {
    title: 'a message that never ends',
    section: '§5.4',
    description: 'A few fragments without FIN, and then silence.',
    ...silentAfter([text('a', { fin: false }), continuation('b', { fin: false }), continuation('c', { fin: false })]),
  },
  {
    title: 'a message without an end, of 32 MiB',
    section: '§5.4',
    description: 'Fragments of 64 KiB and no FIN: a peer refuses with 1009 at its limit, or goes on.',
    script: [
      {
        step: 'flood',
        first: binary('', { fin: false }),
        frame: continuation({ fill: '61', size: 65_536 }, { fin: false }),
        count: 512,
      },
      { step: 'quiet', time: 1000 },
      { step: 'mark', name: 'waiting' },
      { step: 'probe' },
      { step: 'drop' },
    ],
    outcomes: silentAfter([]).outcomes,
    limit: TIME,
    slow: true,
  },
];

/** Group 18. */
export const ATTACKS: readonly ConformanceCase[] = [
  ...numbered('18.1', floods),
  ...numbered('18.2', stalled),
  ...numbered('18.3', announced),
];
