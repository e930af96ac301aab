import type { EventPattern, Expected, Outcome, ReceivedCode } from '../model/case.ts';
import type { WireEvent } from '../model/event.ts';
import type { Payload } from '../model/frame.ts';
import type { Verdict } from '../model/verdict.ts';
import { fieldOf } from '../opening/head.ts';
import { equalBytes, payloadBytes, payloadSize } from '../wire/bytes.ts';
import { judgeAnswer } from './close-answer.ts';
import { describeEvents, describeOutcome } from './describe.ts';

/** A verdict, and the reason if it is not `ok`. */
export interface Judgement {
  readonly verdict: Verdict;
  readonly reason: string | undefined;
}

/** Compares what happened with the outcomes of a case: the first that matches counts. */
export function judge(events: readonly WireEvent[], outcomes: readonly Outcome[]): Judgement {
  const seen = describeEvents(events);
  const outcome = outcomes.find((one) => matchesOutcome(events, one));
  if (outcome === undefined) {
    const wanted = outcomes.filter(({ verdict }) => verdict === 'ok').map(describeOutcome);
    return { verdict: 'failed', reason: `expected ${wanted.join(', or ')}; saw ${seen}` };
  }
  const { verdict, because = 'seen' } = outcome;
  if (verdict !== 'ok') return { verdict, reason: `${because}: ${seen}` };
  if (!hasUnusualAnswer(events, outcome)) return { verdict, reason: undefined };
  return { verdict: 'informational', reason: `${UNUSUAL_ANSWER}: ${seen}` };
}

const UNUSUAL_ANSWER = 'the Close was answered with another code, which §5.5.1 leaves open';

function matchesOutcome(events: readonly WireEvent[], { events: expected, pongs }: Outcome): boolean {
  if (pongs === undefined) return matches(events, expected);
  const isPong = (event: WireEvent): boolean => event.kind === 'pong';
  return (
    matches(events.filter(isPong), pongs) &&
    matches(
      events.filter((event) => !isPong(event)),
      expected,
    )
  );
}

function hasUnusualAnswer(events: readonly WireEvent[], { events: expected }: Outcome): boolean {
  const answer = events.find((event) => event.kind === 'close');
  const asked = expected.flatMap((one) => (one.event === 'close' ? (one.answers ?? []) : []))[0];
  return answer !== undefined && asked !== undefined && judgeAnswer(asked, codeOf(answer)) === 'unusual';
}

type CloseEvent = Extract<WireEvent, { kind: 'close' }>;

function codeOf({ code }: CloseEvent): ReceivedCode {
  return code ?? 'none';
}

/** Says whether events are what a list of patterns describes, from the first to the last. */
export function matches(events: readonly WireEvent[], expected: readonly Expected[]): boolean {
  // What could come next, after each event: a set of places in the list, so that nothing is tried twice.
  let places = new Map<string, Place>();
  reach(places, { index: 0, taken: 0 }, expected);
  for (const event of events) {
    const next = new Map<string, Place>();
    for (const { index, taken } of places.values()) {
      const pattern = expected[index];
      if (pattern !== undefined && fits(event, pattern)) reach(next, { index, taken: taken + 1 }, expected);
    }
    places = next;
  }
  return Array.from(places.values()).some(({ index }) => index === expected.length);
}

/** A place in a list of patterns, with how many events its pattern has taken. */
interface Place {
  readonly index: number;
  readonly taken: number;
}

/**
 * Adds a place, and those after it that need no event. Beyond a minimum without a maximum, places do not differ: there would be as
 * many of them as events.
 */
function reach(places: Map<string, Place>, place: Place, expected: readonly Expected[]): void {
  const pattern = expected[place.index];
  if (pattern === undefined) {
    places.set('end', place);
    return;
  }
  const [min, max] = pattern.times ?? [1, 1];
  const taken = max === Infinity ? Math.min(place.taken, min) : place.taken;
  if (taken < max) places.set(`${String(place.index)}:${String(taken)}`, { index: place.index, taken });
  if (taken >= min) reach(places, { index: place.index + 1, taken: 0 }, expected);
}

function fits(event: WireEvent, pattern: EventPattern): boolean {
  switch (event.kind) {
    case 'message':
      return pattern.event === 'message' && event.type === pattern.type && hasPayload(event.payload, pattern.payload);
    case 'pong':
      return pattern.event === 'pong' && event.wrong !== true && hasPayload(event.payload, pattern.payload);
    case 'close':
      return pattern.event === 'close' && fitsClose(event, pattern);
    case 'refusal':
      return pattern.event === 'refusal' && fitsRefusal(event, pattern);
    default:
      return fitsOther(event, pattern);
  }
}

function fitsOther(
  event: Exclude<WireEvent, { kind: 'message' | 'pong' | 'close' | 'refusal' }>,
  pattern: EventPattern,
): boolean {
  switch (event.kind) {
    case 'mark':
      return pattern.event === 'mark' && event.name === pattern.name;
    case 'timeout':
      return pattern.event === 'timeout' && (pattern.waitingFor ?? event.waitingFor) === event.waitingFor;
    case 'probe':
      return pattern.event === 'probe' && event.alive === pattern.alive;
    default:
      return event.kind === pattern.event;
  }
}

function hasPayload(bytes: Uint8Array, payload: Payload | undefined): boolean {
  if (payload === undefined) return true;
  return bytes.length === payloadSize(payload) && equalBytes(bytes, payloadBytes(payload));
}

function fitsClose(event: CloseEvent, { codes, answers }: Extract<EventPattern, { event: 'close' }>): boolean {
  if (codes !== undefined && !codes.includes(codeOf(event))) return false;
  return answers === undefined || judgeAnswer(answers, codeOf(event)) !== 'failure';
}

function fitsRefusal(
  { status, head }: Extract<WireEvent, { kind: 'refusal' }>,
  { statuses, fields = {} }: Extract<EventPattern, { event: 'refusal' }>,
): boolean {
  const classOf = `${String(Math.floor(status / 100))}xx`;
  if (statuses !== undefined && !statuses.some((one) => one === status || one === classOf)) return false;
  return Object.entries(fields).every(([name, wanted]) => {
    const value = fieldOf(head, name.toLowerCase());
    return value !== undefined && (wanted === null || value.toLowerCase() === wanted.toLowerCase());
  });
}
