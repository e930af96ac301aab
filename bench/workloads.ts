import type { PeerName } from './peers.ts';

/**
 * What a server does with what it gets:
 *
 * - `echo`: sends each message back;
 * - `hash-message`: answers each message with its SHA-256;
 * - `hash-frame`: answers each frame with the running SHA-256 of its message;
 * - `hash-stream`: answers each MiB of a message with the running SHA-256, as it arrives;
 * - `broadcast`: sends each message to all connections.
 *
 * A hash is a text message of 64 hexadecimal digits.
 */
export type Mode = 'echo' | 'hash-message' | 'hash-frame' | 'hash-stream' | 'broadcast';

/** How requests lie on the wire: each a message of one frame, a message in fragments, a frame, or a MiB of one endless frame. */
export type Framing = 'message' | 'fragments' | 'frame' | 'endless';

/** The work of one peer, in proportion to that of another. */
export interface Expectation {
  readonly peer: PeerName;
  readonly against: PeerName;
  /** How many times as much the other needs, at least. */
  readonly atLeast: number;
}

interface WorkloadBase {
  readonly name: string;
  readonly title: string;
  readonly connections: number;
  readonly mode: Mode;
  /** Payload of a request, in bytes. */
  readonly size: number;
  readonly isText: boolean;
  readonly peers: readonly PeerName[];
  readonly expectations: readonly Expectation[];
}

/** Requests and replies, as many as the server can do; its CPU time counts. */
export interface Exchange extends WorkloadBase {
  readonly kind: 'exchange';
  readonly framing: Framing;
  /** Payload of a fragment, in bytes. */
  readonly fragmentSize: number;
  /** Requests that each connection keeps unanswered; of a broadcast, one connection. */
  readonly outstanding: number;
}

/** Connections that have done one exchange and then nothing; the server's memory counts. */
export interface Idle extends WorkloadBase {
  readonly kind: 'idle';
}

export type Workload = Exchange | Idle;

export const KIB = 1024;
export const MIB: number = 1024 * KIB;

const BROADCAST: readonly PeerName[] = [
  'ws-bufferutil',
  'ws',
  'millrace-ws',
  'raw-tcp',
  'autobahn',
  'millrace',
  'millrace-callbacks',
];
const ECHO: readonly PeerName[] = [
  ...(['ws-bufferutil', 'ws', 'millrace-ws', 'raw-tcp', 'autobahn'] as const),
  ...(['millrace', 'millrace-callbacks', 'millrace-async', 'millrace-web'] as const),
];

function exchange(
  name: string,
  title: string,
  details: Partial<Exchange> & Pick<Exchange, 'mode' | 'size' | 'connections' | 'outstanding'>,
): Exchange {
  const defaults = { kind: 'exchange', framing: 'message', fragmentSize: 0, isText: false } as const;
  return { ...defaults, name, title, peers: ECHO, expectations: [], ...details };
}

/** As against `ws`, as it is installed by default and with its addon. */
function beatsWs(atLeast: number, peer: PeerName = 'millrace'): readonly Expectation[] {
  return [
    { peer, against: 'ws', atLeast },
    { peer, against: 'ws-bufferutil', atLeast },
  ];
}

/** All that can be measured. */
export const WORKLOADS: readonly Workload[] = [
  exchange('echo-64-one', 'echo 64 B, 16 connections, 1 outstanding', {
    ...{ mode: 'echo', size: 64, connections: 16, outstanding: 1 },
    expectations: beatsWs(1.05),
  }),
  exchange('echo-64', 'echo 64 B, 16 connections, 64 outstanding', {
    ...{ mode: 'echo', size: 64, connections: 16, outstanding: 64 },
    expectations: [...beatsWs(8), ...beatsWs(6, 'millrace-callbacks'), ...beatsWs(2.5, 'millrace-async')],
  }),
  exchange('echo-64-text', 'echo 64 B of text, 16 connections, 64 outstanding', {
    ...{ mode: 'echo', size: 64, connections: 16, outstanding: 64, isText: true },
    expectations: [],
  }),
  exchange('echo-4k', 'echo 4 KiB, 32 connections, 4 outstanding', {
    ...{ mode: 'echo', size: 4 * KIB, connections: 32, outstanding: 4 },
    expectations: beatsWs(2.5),
  }),
  exchange('echo-64k', 'echo 64 KiB, 8 connections, 4 outstanding', {
    ...{ mode: 'echo', size: 64 * KIB, connections: 8, outstanding: 4 },
    expectations: beatsWs(4),
  }),
  exchange('echo-1m', 'echo 1 MiB, 4 connections, 2 outstanding', {
    ...{ mode: 'echo', size: MIB, connections: 4, outstanding: 2 },
  }),
  exchange('hash-message', 'SHA-256 of messages of 1 MiB', {
    ...{ mode: 'hash-message', size: MIB, connections: 1, outstanding: 4 },
    peers: ['ws-bufferutil', 'ws', 'millrace', 'millrace-streaming', 'millrace-async', 'autobahn'],
  }),
  exchange('hash-frame', 'running SHA-256 of one message, by frames of 1 MiB', {
    ...{ mode: 'hash-frame', framing: 'frame', size: MIB, connections: 1, outstanding: 4 },
    peers: ['millrace', 'autobahn'],
  }),
  exchange('hash-stream', 'running SHA-256 of one endless frame (2^63−1 bytes)', {
    ...{ mode: 'hash-stream', framing: 'endless', size: MIB, connections: 1, outstanding: 8 },
    peers: ['raw-tcp', 'millrace', 'millrace-lending', 'autobahn'],
    expectations: [
      { peer: 'millrace', against: 'raw-tcp', atLeast: 0.95 },
      { peer: 'millrace-lending', against: 'raw-tcp', atLeast: 1.3 },
    ],
  }),
  exchange('frame-1g', 'SHA-256 of messages of 1 GiB in one frame', {
    ...{ mode: 'hash-message', size: 1024 * MIB, connections: 1, outstanding: 1 },
    peers: ['ws-bufferutil', 'ws', 'millrace-streaming', 'millrace-lending', 'autobahn'],
    expectations: beatsWs(5, 'millrace-streaming'),
  }),
  exchange('fragments-256', 'SHA-256 of messages of 64 MiB in fragments of 256 B', {
    ...{
      mode: 'hash-message',
      framing: 'fragments',
      fragmentSize: 256,
      size: 64 * MIB,
      connections: 1,
      outstanding: 1,
    },
    peers: ['ws-bufferutil', 'ws', 'millrace', 'millrace-streaming', 'millrace-lending', 'autobahn'],
  }),
  exchange('broadcast', 'broadcast of 128 B of text to 200 connections, 16 outstanding', {
    ...{ mode: 'broadcast', peers: BROADCAST, size: 128, connections: 200, outstanding: 16, isText: true },
    expectations: beatsWs(4),
  }),
  exchange('broadcast-one', 'broadcast of 128 B of text to 200 connections, 1 outstanding', {
    ...{ mode: 'broadcast', peers: BROADCAST, size: 128, connections: 200, outstanding: 1, isText: true },
  }),
  {
    ...{ kind: 'idle', name: 'idle', title: 'memory of 4,000 connections, idle after one echo' },
    ...{ mode: 'echo', size: 64, isText: false, connections: 4000 },
    peers: ECHO,
    expectations: beatsWs(1),
  },
];
