import type { Ability, PeerName } from '../peers.ts';
import type { Mode } from './mode.ts';

/** How requests lie on the wire: each a message of one frame, a message in fragments, a frame, or a MiB of one endless frame. */
export type Framing = 'message' | 'fragments' | 'frame' | 'endless';

/** What messages carry: random bytes, text of hexadecimal digits, text of many scripts, or JSON objects that are alike. */
export type Payload = 'binary' | 'ascii' | 'unicode' | 'json';

/** The pages that results are shown on. */
export type Group = 'echo' | 'hash' | 'compression' | 'broadcast' | 'handshakes' | 'memory' | 'client' | 'growth';

/** The work of one peer, in proportion to that of another. */
export interface Expectation {
  readonly peer: PeerName;
  readonly against: PeerName;
  /** How many times as much the other needs, at least. */
  readonly atLeast: number;
}

/** A point of a curve: what is plotted to the right, and where this workload stands on it. */
export interface CurvePoint {
  readonly curve: string;
  readonly at: number;
}

interface WorkloadBase {
  readonly name: string;
  readonly title: string;
  readonly group: Group;
  readonly point: CurvePoint | undefined;
  /** Those that are measured, of all that can do it; all of them if it is `undefined`. */
  readonly peers: readonly PeerName[] | undefined;
  readonly expectations: readonly Expectation[];
}

interface ServerWork extends WorkloadBase {
  readonly mode: Mode;
  readonly connections: number;
  /** Payload of a request, in bytes. */
  readonly size: number;
  readonly payload: Payload;
  readonly isSecure: boolean;
  /** How messages are compressed, if they are: with the messages before as history, or each by itself. */
  readonly compression: 'none' | 'history' | 'alone';
}

/** Requests and replies, as many as the server can do; its CPU time counts. */
export interface Exchange extends ServerWork {
  readonly kind: 'exchange';
  readonly framing: Framing;
  /** Payload of a fragment, in bytes. */
  readonly fragmentSize: number;
  /** Requests that each connection keeps unanswered; of a broadcast, one connection. */
  readonly outstanding: number;
  /** Messages of a client that are one request, or one reply. */
  readonly batch: number;
  /** Whether one reply is enough: there is no warming up. */
  readonly isOnce: boolean;
}

/** Connections are opened and closed, `connections` at a time. */
export interface Handshakes extends ServerWork {
  readonly kind: 'handshakes';
}

/** Connections that have done one exchange and then nothing; the server's memory counts. */
export interface Idle extends ServerWork {
  readonly kind: 'idle';
}

/** The package is imported in a new process. */
export interface Import extends WorkloadBase {
  readonly kind: 'import';
}

export type Workload = Exchange | Handshakes | Idle | Import;

export const KIB = 1024;
export const MIB: number = 1024 * KIB;

const BASE = { point: undefined, peers: undefined, expectations: [] } as const;
const SERVER = { ...BASE, payload: 'binary', isSecure: false, compression: 'none' } as const;
const EXCHANGE = { ...SERVER, framing: 'message', fragmentSize: 0, batch: 1, isOnce: false } as const;

/** What an {@link Exchange} has no usual value for. */
type NeededByExchange = Pick<Exchange, 'group' | 'mode' | 'size' | 'connections' | 'outstanding'>;

/** An exchange with the usual details, unless others are given. */
export function exchange(name: string, title: string, details: Partial<Exchange> & NeededByExchange): Exchange {
  return { ...EXCHANGE, ...details, kind: 'exchange', name, title };
}

/** Handshakes with the usual details, unless others are given. */
export function handshakes(name: string, title: string, details: Partial<Handshakes>): Handshakes {
  const usual = { ...SERVER, mode: 'handshake', group: 'handshakes', size: 64, connections: 32 } as const;
  return { ...usual, ...details, kind: 'handshakes', name, title };
}

/** Idle connections. */
export function idle(name: string, title: string, details: Partial<Idle> & Pick<Idle, 'connections'>): Idle {
  return { ...SERVER, mode: 'echo', group: 'memory', size: 64, ...details, kind: 'idle', name, title };
}

/** The time that importing takes. */
export function importing(name: string, title: string): Import {
  return { ...BASE, kind: 'import', group: 'memory', name, title };
}

/** As against `ws`, as it is installed by default and with its addon. */
export function beatsWs(atLeast: number, peer: PeerName = 'millrace'): readonly Expectation[] {
  return [
    { peer, against: 'ws', atLeast },
    { peer, against: 'ws-bufferutil', atLeast },
  ];
}

/** A size as it is written: `64 B`, `4 KiB`, `1 MiB`. */
export function formatSize(bytes: number): string {
  if (bytes >= 2 ** 30) return `${String(bytes / 2 ** 30)} GiB`;
  if (bytes >= MIB) return `${String(bytes / MIB)} MiB`;
  return bytes >= KIB ? `${String(bytes / KIB)} KiB` : `${String(bytes)} B`;
}

/** Whether it is clients that are measured. */
export function isClient(workload: Workload): boolean {
  return workload.kind === 'exchange' && workload.mode.startsWith('client-');
}

/** What a peer must be able to do for it. */
export function neededAbilities(workload: Workload): readonly Ability[] {
  if (workload.kind === 'import') return ['import'];
  const { mode, isSecure, compression } = workload;
  return [mode, ...(isSecure ? (['tls'] as const) : []), ...(compression === 'none' ? [] : (['compression'] as const))];
}
