import type { Cut, FrameSpec, Payload } from './frame.ts';
import type { RequestSpec, ResponseSpec } from './http.ts';
import type { Role, Verdict } from './verdict.ts';

/** What a script can wait for; the newest pong is that of the ping that was sent last. */
export type Awaited = 'message' | 'pong' | 'newest pong' | 'close' | 'end';

/** One step of a script. Steps that send are skipped when the peer has said Close or is gone. */
export type Step =
  | { readonly step: 'send'; readonly frames: readonly FrameSpec[]; readonly cut?: Cut | undefined }
  /** Sends bytes that need not be frames, given in hex. */
  | { readonly step: 'bytes'; readonly hex: string }
  /** Sends `first`, then `frame` so many times, then `last`. */
  | {
      readonly step: 'flood';
      readonly first?: FrameSpec | undefined;
      readonly frame: FrameSpec;
      readonly count: number;
      readonly last?: FrameSpec | undefined;
      readonly cut?: Cut | undefined;
    }
  /** Sends a message and waits for its echo, so many times. */
  | { readonly step: 'roundtrips'; readonly frame: FrameSpec; readonly count: number }
  /** Waits until so many of something came; gives up with a `timeout` event, which ends the script. */
  | { readonly step: 'await'; readonly what: Awaited; readonly count: number; readonly within: number }
  /** Waits, in milliseconds; no longer than to a Close or the end. */
  | { readonly step: 'quiet'; readonly time: number }
  /** Records that it came here, unless the peer has said Close or is gone. */
  | { readonly step: 'mark'; readonly name: string }
  /** Reads nothing from here on, or reads again. */
  | { readonly step: 'hold' | 'read' }
  /** Answers neither Close nor pings from here on. */
  | { readonly step: 'mute' }
  /** Ends our side of the TCP connection, or drops all of it. */
  | { readonly step: 'fin' | 'drop' }
  /** Finds out whether the server under test still serves others. */
  | { readonly step: 'probe' };

/** The code of a Close; `'none'` is a Close without one. */
export type ReceivedCode = number | 'none';

/**
 * An event that is expected. What a peer may say at any time is none: pings, and pongs that nobody asked for.
 */
export type EventPattern =
  | { readonly event: 'message'; readonly type: 'text' | 'binary'; readonly payload?: Payload | undefined }
  /** The answer to a ping. */
  | { readonly event: 'pong'; readonly payload?: Payload | undefined }
  /** Codes that pass: any if left out. Or the code of our Close, which this one answers: RFC 6455 §5.5.1 leaves open how. */
  | {
      readonly event: 'close';
      readonly codes?: readonly ReceivedCode[] | undefined;
      readonly answers?: ReceivedCode | undefined;
    }
  | { readonly event: 'end' }
  | { readonly event: 'mark'; readonly name: string }
  | { readonly event: 'timeout'; readonly waitingFor?: Awaited | undefined }
  /** Statuses that pass, such as `400` and `4xx`; fields that must be there, with a value if it is not `null`. */
  | {
      readonly event: 'refusal';
      readonly statuses?: readonly (number | '4xx' | '5xx' | '3xx' | '2xx')[] | undefined;
      readonly fields?: Readonly<Record<string, string | null>> | undefined;
    }
  | { readonly event: 'open' }
  | { readonly event: 'probe'; readonly alive: boolean };

/** An {@link EventPattern} with how often it may come: `[min, max]`, once if left out. */
export type Expected = EventPattern & { readonly times?: readonly [min: number, max: number] | undefined };

/** A course of events, and what it is worth. */
export interface Outcome {
  readonly verdict: Exclude<Verdict, 'failed'>;
  readonly events: readonly Expected[];
  /** Pongs that may come at any place among the events, in this order. If left out, pongs are events like others. */
  readonly pongs?: readonly Expected[] | undefined;
  /** Why it is worth that, where it is not ok. */
  readonly because?: string | undefined;
}

/** What is looked at in the record besides the events. */
export type CheckName =
  | 'masks-differ'
  | 'masks-unpredictable'
  | 'key-is-fresh'
  | 'tcp-ends-at-once'
  | 'request-line'
  | 'request-host'
  | 'request-upgrade'
  | 'request-connection'
  | 'request-key'
  | 'request-version'
  | 'request-unique-fields'
  | 'request-protocols'
  | 'request-extensions'
  | 'request-fields-well-formed'
  | 'request-origin'
  | 'request-no-body'
  | 'request-no-early-frames';

/** What a case says of permessage-deflate. */
export interface CompressionSpec {
  /** What is offered to a server: the header `Sec-WebSocket-Extensions`. */
  readonly offer: string;
  /** What is answered to a client. Its parameters must fit any offer. */
  readonly answer: string;
  /** Whether what is sent refers to messages before, so that a peer that forbids it cannot do the case. */
  readonly refersBack?: boolean | undefined;
  /** Whether nothing may be agreed on: the offers are not valid. The case is done without then. */
  readonly isInvalid?: boolean | undefined;
}

/** A test, as data. */
export interface ConformanceCase {
  /** Numbers with dots between; the first is the group's. */
  readonly id: string;
  readonly title: string;
  /** Of RFC 6455 unless it says otherwise: `§5.2`. */
  readonly section: string;
  /** What is sent, and why. */
  readonly description: string;
  /** Whom it can test. */
  readonly peers: readonly Role[];
  /** Opening handshake in place of a valid one. */
  readonly request?: RequestSpec | undefined;
  readonly response?: ResponseSpec | undefined;
  /** What is offered or answered of permessage-deflate (RFC 7692). A peer that does not agree to it cannot do the case. */
  readonly compression?: CompressionSpec | undefined;
  readonly script: readonly Step[];
  /** The first that matches gives the verdict; if none does, the peer failed. */
  readonly outcomes: readonly Outcome[];
  readonly checks?: readonly CheckName[] | undefined;
  /** Time for all of it, in milliseconds. */
  readonly limit?: number | undefined;
  /** Left out of a quick run, for it takes long. */
  readonly slow?: boolean | undefined;
}
