import type { WireReport } from './wire/wire-report.ts';
import type { Compression, HashWork, Manner, MessageContent, Report, Task } from './peers/convention.ts';

export type {
  Compression,
  HashWork,
  Level,
  Manner,
  MessageContent,
  ReceivedMessage,
  Report,
  Task,
} from './peers/convention.ts';

/** What a peer is to us: a client of our server, or a server of our client. */
export type Role = 'client' | 'server';

/** How a connection ends. */
export interface Closing {
  /** Who starts the closing handshake. */
  readonly by: 'peer' | 'us' | 'client';
  /** 0 for a Close without code and reason. */
  readonly code: number;
  readonly reason: string;
}

/** The part of Millrace that we do it with. */
export type Facade = 'classes' | 'callbacks' | 'connections' | 'WebSocket' | 'WebSocketStream';

/** What both sides have of permessage-deflate. */
export interface CompressionOfBoth {
  readonly ours: Compression;
  readonly theirs: Compression;
}

/** One thing that we and a peer do together, on a connection of its own; with the peer in either role. */
export interface TestCase {
  /** Unique; says what it is. */
  readonly id: string;
  readonly facade: Facade;
  readonly work: Task['work'];
  readonly content: MessageContent;
  readonly hash: HashWork;
  /** How we send. */
  readonly ours: Manner;
  /** How the peer sends. */
  readonly theirs: Manner;
  readonly subprotocols: readonly string[];
  readonly closing: Closing;
  /** `undefined` for none. */
  readonly compression: CompressionOfBoth | undefined;
  /** How often the message goes back and forth. */
  readonly messages: number;
}

/** Cases that are shown together: a row of the table. */
export interface CaseGroup {
  readonly name: string;
  /** What the peer can be. */
  readonly roles: readonly Role[];
  /** Whether it takes too long to be run each time. */
  readonly isLong: boolean;
  readonly cases: readonly TestCase[];
}

/** What came of a case. */
export interface Outcome {
  readonly group: string;
  readonly case: string;
  readonly status: 'passed' | 'failed' | 'lacking';
  /** What went wrong, or what the peer lacks. */
  readonly details: readonly string[];
  readonly milliseconds: number;
}

/** What both sides saw. */
export interface Reports {
  readonly ours: Report;
  readonly theirs: Report;
}

/** What both sides saw, and what went over the wire between them. */
export interface Evidence extends Reports {
  readonly wire: WireReport;
  /** Whether the peer compresses what it sends, if it has agreed to do so. */
  readonly peerCompresses: boolean;
}

/** The task of one side of a case. */
export function createTask(testCase: TestCase, side: 'peer' | 'us', role: Role): Task {
  const { id, work, content, hash, ours, theirs, subprotocols, closing, messages } = testCase;
  const { by, code, reason } = closing;
  const peerCloses = by === 'peer' || (by === 'client' && role === 'client');
  const compression = side === 'peer' ? testCase.compression?.theirs : testCase.compression?.ours;
  const closes = side === 'peer' ? peerCloses : !peerCloses;
  return {
    id,
    url: '',
    work,
    ...content,
    ...hash,
    ...(side === 'peer' ? theirs : ours),
    ...(compression === undefined ? {} : { compression }),
    messages,
    subprotocols,
    closes,
    code,
    reason,
  };
}
