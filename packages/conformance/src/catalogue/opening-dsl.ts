import type { ConformanceCase, Expected, Outcome, Step } from '../model/case.ts';
import type { RequestSpec, ResponseSpec } from '../model/http.ts';
import { answered, closed, echoed, ended, maybe, send, silence, text, thenClose, wait, type CaseSeed } from './dsl.ts';

/** What is tried on a connection that should not have come to be, and on one that should. */
const TRIAL: readonly Step[] = thenClose(send([text('open?')]), wait('message', 1, 3000));

const OPEN: readonly Expected[] = [{ event: 'open' }, echoed('text', 'open?'), answered(), ended];

/** Events of a connection that was accepted, however it went on. */
const OPENED: readonly Expected[] = [
  { event: 'open' },
  maybe({ event: 'message', type: 'text' }),
  maybe(closed()),
  maybe(ended),
  maybe(silence),
];

type Refusal = Extract<Expected, { event: 'refusal' }>;

type Course = Pick<ConformanceCase, 'script' | 'outcomes' | 'peers'>;

/** A server must accept. */
export function accepted(also: readonly Outcome[] = []): Course {
  return { peers: ['server'], script: TRIAL, outcomes: [{ verdict: 'ok', events: OPEN }, ...also] };
}

/** How a server may answer what it must not accept. */
export interface Refused {
  readonly statuses?: Refusal['statuses'];
  readonly fields?: Refusal['fields'];
  /** What accepting it is worth, where RFC 6455 does not forbid it. */
  readonly lenient?: { readonly verdict: 'non-strict' | 'informational'; readonly because: string } | undefined;
}

/** A server must refuse: with a status that says so, best one of `statuses`. */
export function refused({ statuses, fields, lenient }: Refused = {}): Course {
  const refusal = { event: 'refusal', statuses: statuses ?? ['4xx', '5xx'], fields } as const;
  const outcomes: Outcome[] = [
    { verdict: 'ok', events: [refusal, maybe(ended)] },
    {
      verdict: 'non-strict',
      because: 'refused, but with another status or without a field that it should have',
      events: [{ event: 'refusal', statuses: ['4xx', '5xx', '3xx'] }, maybe(ended)],
    },
    { verdict: 'non-strict', because: 'refused without an answer (§4.2.1)', events: [ended] },
  ];
  if (lenient !== undefined) outcomes.push({ ...lenient, events: OPENED });
  return { peers: ['server'], script: TRIAL, outcomes };
}

/** A server had best refuse a request with a body; HTTP lets it read the body and accept, but never take it for frames. */
export function refusedBody(): Course {
  const course = refused({ lenient: { verdict: 'non-strict', because: 'the body was taken for frames' } });
  const because = 'accepted: the body was read, and skipped';
  return { ...course, outcomes: [{ verdict: 'informational', because, events: OPEN }, ...course.outcomes] };
}

/** Whether a server accepts is left to it. */
export function either(because: string): Course {
  return {
    peers: ['server'],
    script: TRIAL,
    outcomes: [
      { verdict: 'ok', events: OPEN },
      { verdict: 'informational', because, events: [{ event: 'refusal' }, maybe(ended)] },
      { verdict: 'informational', because, events: [ended] },
    ],
  };
}

/** A case about a request. */
export function request(
  title: string,
  description: string,
  section: string,
  spec: RequestSpec,
): Omit<CaseSeed, 'script' | 'outcomes'> {
  return { title, description, section, request: spec };
}

/** A client that gets this answer must fail the connection: a message behind it is not echoed. */
export function rejected(title: string, description: string, section: string, spec: ResponseSpec): CaseSeed {
  return { title, description, section, ...rejection(spec) };
}

/** An answer that RFC 6455 does not forbid, and that a careful client does not take. */
export function suspicious(
  seed: Pick<CaseSeed, 'title' | 'description' | 'section'>,
  spec: ResponseSpec,
  verdict: 'non-strict' | 'informational',
  because: string,
): CaseSeed {
  const course = rejection(spec);
  const taken: Expected[] = [
    { event: 'message', type: 'text', times: [0, 1] },
    maybe(closed()),
    maybe(ended),
    maybe(silence),
  ];
  return { ...seed, ...course, outcomes: [...course.outcomes.slice(0, 1), { verdict, because, events: taken }] };
}

/** A client must take this answer. */
export function taken(title: string, description: string, section: string, spec: ResponseSpec): CaseSeed {
  return {
    title,
    description,
    section,
    peers: ['client'],
    response: spec,
    script: thenClose(send([text('open?')]), wait('message', 1, 3000)),
    outcomes: [{ verdict: 'ok', events: [echoed('text', 'open?'), answered(), ended] }],
  };
}

function rejection(spec: ResponseSpec): Pick<CaseSeed, 'peers' | 'response' | 'script' | 'outcomes'> {
  return {
    peers: ['client'],
    response: { ...spec, frames: [...(spec.frames ?? []), text('open?')] },
    script: [wait('end', 1, 2500)],
    outcomes: [
      { verdict: 'ok', events: [ended] },
      { verdict: 'non-strict', because: 'a Close on a connection that was never open', events: [closed(), ended] },
    ],
  };
}
