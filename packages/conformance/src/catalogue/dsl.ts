import { CloseCode, Opcode } from 'millrace/protocol/wire';

import type { Awaited, ConformanceCase, Expected, Outcome, ReceivedCode, Step } from '../model/case.ts';
import type { Cut, FrameSpec, Payload } from '../model/frame.ts';
import type { Role } from '../model/verdict.ts';
import { payloadSize } from '../wire/bytes.ts';

/** The words that cases are written in. */

type FrameChanges = Partial<FrameSpec>;

const BOTH: readonly Role[] = ['server', 'client'];

/** Time for an answer, in milliseconds. */
const ANSWER_TIME = 10_000;

/** Time in which a peer that must fail the connection does so, in milliseconds. */
const FAILURE_TIME = 3000;

/** Time in which an answer to what is not to be answered would come. */
export const LATE_ANSWERS: Step = { step: 'quiet', time: 250 };

/** From this size on, a peer may refuse a message as too big: RFC 6455 names no size that must work. */
const MAY_BE_TOO_BIG = 16 * 1024;

/** A text frame. */
export function text(payload: string | Payload = '', changes: FrameChanges = {}): FrameSpec {
  return { opcode: Opcode.TEXT, payload: textPayload(payload), ...changes };
}

/** A binary frame; a string is hex. */
export function binary(payload: string | Payload = '', changes: FrameChanges = {}): FrameSpec {
  return { opcode: Opcode.BINARY, payload: typeof payload === 'string' ? { hex: payload } : payload, ...changes };
}

/** A continuation frame. */
export function continuation(payload: string | Payload = '', changes: FrameChanges = {}): FrameSpec {
  return { opcode: Opcode.CONTINUATION, payload: textPayload(payload), ...changes };
}

/** A ping. */
export function ping(payload: string | Payload = '', changes: FrameChanges = {}): FrameSpec {
  return { opcode: Opcode.PING, payload: textPayload(payload), ...changes };
}

/** A pong. */
export function pong(payload: string | Payload = '', changes: FrameChanges = {}): FrameSpec {
  return { opcode: Opcode.PONG, payload: textPayload(payload), ...changes };
}

/** A Close with a code and a reason, or an empty one. */
export function close(code?: number, reason: string | Payload = '', changes: FrameChanges = {}): FrameSpec {
  if (code === undefined) return { opcode: Opcode.CLOSE, ...changes };
  const rest = typeof reason === 'string' ? Buffer.from(reason) : bytesOfHex(reason);
  const hex = Buffer.concat([Buffer.from([code >> 8, code & 0xff]), rest]).toString('hex');
  return { opcode: Opcode.CLOSE, payload: { hex }, ...changes };
}

/** The frames of a fragmented message: the first with its opcode, then continuations, the last with FIN. */
export function fragments(first: FrameSpec, ...payloads: readonly (string | Payload)[]): FrameSpec[] {
  const rest = payloads.map((payload, index) => continuation(payload, { fin: index === payloads.length - 1 }));
  return [{ ...first, fin: false }, ...rest];
}

/** Splits a text into fragments of single bytes. */
export function byteFragments(hex: string): FrameSpec[] {
  const bytes = hex.replaceAll(' ', '').match(/../g) ?? [];
  const [first = '', ...rest] = bytes;
  return fragments(text({ hex: first }), ...rest.map((one) => ({ hex: one })));
}

/** Expects a message. */
export function echoed(type: 'text' | 'binary', payload: string | Payload = ''): Expected {
  return { event: 'message', type, payload: textPayload(payload) };
}

/** Expects a pong. */
export function ponged(payload: string | Payload = ''): Expected {
  return { event: 'pong', payload: textPayload(payload) };
}

/** Expects a Close with one of these codes; with any, if there are none. */
export function closed(...codes: ReceivedCode[]): Expected {
  return codes.length === 0 ? { event: 'close' } : { event: 'close', codes };
}

/** Expects a Close that answers ours, which has this code. */
export function answered(code: ReceivedCode = CloseCode.NORMAL_CLOSURE): Expected {
  return { event: 'close', answers: code };
}

/** Expects the end of the TCP connection. */
export const ended: Expected = { event: 'end' };

/** Expects that nothing came in time. */
export const silence: Expected = { event: 'timeout' };

/** Expects that the script came to a mark. */
export function marked(name: string): Expected {
  return { event: 'mark', name };
}

/** Makes an expectation that may stay unmet. */
export function maybe(expected: Expected): Expected {
  return { ...expected, times: [0, 1] };
}

/** Makes an expectation that holds for any number of events. */
export function any(expected: Expected, min: number = 0): Expected {
  return { ...expected, times: [min, Infinity] };
}

/** Sends frames. */
export function send(frames: readonly FrameSpec[], cut?: Cut): Step {
  return { step: 'send', frames, cut };
}

/** Waits for answers. */
export function wait(what: Awaited, count = 1, within: number = ANSWER_TIME): Step {
  return { step: 'await', what, count, within };
}

/** A script that ends with our Close. */
export function thenClose(...steps: readonly Step[]): Step[] {
  return [...steps, send([close(1000)]), wait('end')];
}

/** What a case is made of, without its number. */
export type CaseSeed = Omit<ConformanceCase, 'id' | 'peers'> & { readonly peers?: readonly Role[] };

/** Numbers cases: `prefix.1`, `prefix.2`, … */
export function numbered(prefix: string, seeds: readonly CaseSeed[]): ConformanceCase[] {
  return seeds.map((seed, index) => ({ peers: BOTH, ...seed, id: `${prefix}.${String(index + 1)}` }));
}

/** Script and outcomes of a case. */
export type Course = Pick<ConformanceCase, 'script' | 'outcomes'>;

/** How frames are sent, and how much time there is. */
export interface Manner {
  readonly cut?: Cut | undefined;
  readonly time?: number | undefined;
}

/** Frames that are valid: each answer comes, then our Close is answered. */
export function exchange(frames: readonly FrameSpec[], answers: readonly Expected[], manner: Manner = {}): Course {
  const watch = frames.some(({ opcode }) => opcode === Opcode.PONG) ? [LATE_ANSWERS] : [];
  return {
    script: thenClose(send(frames, manner.cut), ...waits(answers, manner.time), ...watch),
    outcomes: [answeredOutcome(answers), ...tooBig(answers)],
  };
}

/**
 * All answers come, and our Close is answered. A pong may come at any place among the messages: before what was sent before its ping, for control frames
 * may overtake, and behind what was sent after it, for RFC 6455 §5.5.2 only says "as soon as is practical".
 */
export function answeredOutcome(answers: readonly Expected[]): Outcome {
  const isPong = ({ event }: Expected): boolean => event === 'pong';
  const messages = answers.filter((one) => !isPong(one));
  return { verdict: 'ok', events: [...messages, answered(), ended], pongs: answers.filter(isPong) };
}

/** Waits for as many messages and pongs as there are expected. */
export function waits(answers: readonly Expected[], time?: number): Step[] {
  const count = (kind: string): number => answers.filter(({ event }) => event === kind).length;
  const kinds = ['message', 'pong'] as const;
  return kinds.filter((kind) => count(kind) > 0).map((kind) => wait(kind, count(kind), time));
}

/** Frames that break a rule: the connection fails, with this close code. */
export function violation(
  frames: readonly FrameSpec[],
  code: number,
  before: readonly Expected[] = [],
  manner: Manner = {},
): Course {
  return {
    script: [send(frames, manner.cut), wait('end', 1, manner.time ?? FAILURE_TIME)],
    outcomes: failures(code, before),
  };
}

/** A length whose top bit is set breaks a rule, and is too big as well: a peer that says so is right, too. */
export function negativeLength(frames: readonly FrameSpec[], manner: Manner = {}): Course {
  const { script, outcomes } = violation(frames, 1002, [], manner);
  return { script, outcomes: [{ verdict: 'ok', events: [closed(1002, 1009), ended] }, ...outcomes.slice(1)] };
}

/** The ways in which a connection can fail, after `before`. */
export function failures(code: number, before: readonly Expected[] = []): Outcome[] {
  const name = String(code);
  const outcomes: Outcome[] = [
    { verdict: 'ok', events: [...before, closed(code), ended] },
    { verdict: 'non-strict', because: `not ${name}`, events: [...before, closed(), ended] },
    { verdict: 'non-strict', because: `without the Close ${name} (§7.1.7)`, events: [...before, ended] },
  ];
  if (before.length === 0) return outcomes;
  const because = 'what was sent before was not answered';
  return [
    ...outcomes,
    { verdict: 'non-strict', because, events: [closed(), ended] },
    { verdict: 'non-strict', because, events: [ended] },
  ];
}

/** Codes of a Close that says that the connection fails. */
const FAILURE_CODES = [1002, 1003, 1007, 1008, 1009, 1011] as const;

/** A Close that breaks a rule: the connection fails with this code. An answer as to a valid Close is none. */
export function badClose(frame: FrameSpec, code: number): Course {
  const { script, outcomes } = violation([frame], code);
  const [ok, , without] = outcomes;
  const other: Outcome = {
    verdict: 'non-strict',
    because: `not ${String(code)}`,
    events: [closed(...FAILURE_CODES), ended],
  };
  return { script, outcomes: [ok, other, without].filter((one) => one !== undefined) };
}

function tooBig(answers: readonly Expected[]): Outcome[] {
  const big = answers.some((one) => one.event === 'message' && payloadSize(one.payload) >= MAY_BE_TOO_BIG);
  if (!big) return [];
  return [{ verdict: 'unimplemented', because: 'over a limit of the peer', events: [closed(1009, 1008), ended] }];
}

function textPayload(payload: string | Payload): Payload {
  return typeof payload === 'string' ? { text: payload } : payload;
}

function bytesOfHex(payload: Payload): Uint8Array {
  return 'hex' in payload ? Buffer.from(payload.hex.replaceAll(' ', ''), 'hex') : new Uint8Array(0);
}
