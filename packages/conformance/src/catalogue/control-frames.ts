import type { ConformanceCase } from '../model/case.ts';
import {
  LATE_ANSWERS,
  answered,
  answeredOutcome,
  echoed,
  ended,
  exchange,
  maybe,
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
  type Course,
} from './dsl.ts';

const NOT_UTF8 = { hex: '00 ff fe fd fc fb 00 ff' };
const LONGEST = { fill: 'fe', size: 125 };

const pings = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `payload-${String(index).padStart(4, '0')}`);

/** Pings and pongs, numbered as in Autobahn|Testsuite up to 2.11. */
const seeds: CaseSeed[] = [
  {
    title: 'an empty ping',
    section: '§5.5.2',
    description: 'A ping without payload.',
    ...exchange([ping('')], [ponged('')]),
  },
  {
    title: 'a ping with text',
    section: '§5.5.2',
    description: 'A ping with a short payload of text.',
    ...exchange([ping('Hello, world!')], [ponged('Hello, world!')]),
  },
  {
    title: 'a ping with bytes',
    section: '§5.5.2',
    description: 'A ping whose payload is not UTF-8, which it need not be.',
    ...exchange([ping(NOT_UTF8)], [ponged(NOT_UTF8)]),
  },
  {
    title: 'a ping of 125 bytes',
    section: '§5.5',
    description: 'The longest ping that there can be.',
    ...exchange([ping(LONGEST)], [ponged(LONGEST)]),
  },
  {
    title: 'a ping of 126 bytes',
    section: '§5.5',
    description: 'A ping one byte longer than a control frame can be.',
    ...violation([ping({ fill: 'fe', size: 126 })], 1002),
  },
  {
    title: 'a ping of 125 bytes, byte by byte',
    section: '§5.5.2',
    description: 'The longest ping, each byte in its own write.',
    ...exchange([ping(LONGEST)], [ponged(LONGEST)], { cut: { every: 1 } }),
  },
  {
    title: 'an unsolicited empty pong',
    section: '§5.5.3',
    description:
      'A pong that nobody asked for, without payload: nothing comes back. A peer that sends such pongs on its own, as a heartbeat, shows that before.',
    ...afterASilence(exchange([pong(''), text('after')], [echoed('text', 'after')])),
  },
  {
    title: 'an unsolicited pong with payload',
    section: '§5.5.3',
    description: 'A pong that nobody asked for: nothing comes back.',
    ...exchange([pong('unsolicited pong payload'), text('after')], [echoed('text', 'after')]),
  },
  {
    title: 'an unsolicited pong, then a ping',
    section: '§5.5.3',
    description: 'The pong stays without an answer, the ping has one.',
    ...exchange([pong('unsolicited pong payload'), ping('ping payload')], [ponged('ping payload')]),
  },
  {
    title: 'ten pings',
    section: '§5.5.3',
    description:
      'Ten pings at once. Each has its pong, or only the last of those that were not answered yet; in order.',
    ...many(10, undefined),
  },
  {
    title: 'ten pings, byte by byte',
    section: '§5.5.3',
    description: 'Ten pings, each byte in its own write.',
    ...many(10, 1),
  },
  {
    title: 'a ping between two messages',
    section: '§5.5.2',
    description: 'A message, a ping and a message in one write.',
    ...exchange([text('one'), ping('p'), text('two')], [echoed('text', 'one'), ponged('p'), echoed('text', 'two')]),
  },
  {
    title: 'an unsolicited pong of 125 bytes',
    section: '§5.5.3',
    description: 'The longest pong, unsolicited.',
    ...exchange([pong(LONGEST), text('after')], [echoed('text', 'after')]),
  },
  {
    title: 'a pong of 126 bytes',
    section: '§5.5',
    description: 'A pong one byte longer than a control frame can be.',
    ...violation([pong({ fill: 'fe', size: 126 })], 1002),
  },
  {
    title: 'a ping of 65536 bytes',
    section: '§5.5',
    description: 'A ping with a 64-bit length.',
    ...violation([ping({ fill: 'fe', size: 65_536 })], 1002),
  },
  {
    title: 'a ping that announces 2^32 bytes',
    section: '§5.5',
    description: 'Only the header comes; the rule is broken already.',
    ...violation([ping('', { announce: 2n ** 32n })], 1002),
  },
  {
    title: 'a pong named like a member of every object',
    section: '§5.5.3',
    description:
      'Unsolicited pongs with the payloads "__proto__", "constructor" and "toString", then a ping with each.',
    ...exchange(
      [pong('__proto__'), pong('constructor'), ping('__proto__'), text('after')],
      [ponged('__proto__'), echoed('text', 'after')],
    ),
  },
  {
    title: 'pings of every length',
    section: '§5.5.2',
    description: 'A ping for each length from 0 to 125, each of which waits for the pong of the one before.',
    ...everyLength(),
  },
];

/** Waits first, so that what a peer sends on its own can be told from an answer. */
function afterASilence({ script, outcomes }: Course): Course {
  return { script: [LATE_ANSWERS, ...script], outcomes };
}

function many(count: number, every: number | undefined): Course {
  const payloads = pings(count);
  const frames = [...payloads.map((one) => ping(one)), text('after')];
  const pongs = payloads.map((one, index) => (index === count - 1 ? ponged(one) : maybe(ponged(one))));
  return {
    script: thenClose(send(frames, every === undefined ? undefined : { every }), wait('message'), wait('newest pong')),
    outcomes: [answeredOutcome([...pongs, echoed('text', 'after')])],
  };
}

function everyLength(): Pick<ConformanceCase, 'script' | 'outcomes' | 'limit'> {
  const payloads = Array.from({ length: 126 }, (_, size) => ({ fill: '70', size }));
  return {
    script: thenClose(...payloads.flatMap((payload, index) => [send([ping(payload)]), wait('pong', index + 1)])),
    outcomes: [{ verdict: 'ok', events: [...payloads.map((payload) => ponged(payload)), answered(), ended] }],
    limit: 60_000,
  };
}

/** Group 2. */
export const CONTROL_FRAMES: readonly ConformanceCase[] = numbered('2', seeds);
