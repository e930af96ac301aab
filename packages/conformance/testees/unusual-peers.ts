import type { Role } from '@millrace/conformance';

import type { Habits } from './naive/habits.ts';

/** A naive peer without defects that does something otherwise than most. It passes every case. */
export interface UnusualPeer {
  readonly name: string;
  readonly role: Role;
  readonly habits: Habits;
  /** Where RFC 6455 allows it. */
  readonly section: string;
}

type Row = readonly [name: string, section: string, habits: Habits];

const EITHER: readonly Row[] = [
  ['sends pings at once and every 5 ms', '§5.5.2', { chatters: 'pings' }],
  ['sends pongs that nobody asked for, at once and every 5 ms', '§5.5.3', { chatters: 'pongs' }],
  ['answers every Close without a code', '§5.5.1', { closes: 'without a code' }],
  ['answers every Close with 1000', '§5.5.1', { closes: 'with 1000' }],
  ['answers every Close with 1001', '§5.5.1', { closes: 'with 1001' }],
  ['adds a reason to its Close', '§5.5.1', { closes: 'with a reason' }],
  ['answers pings 150 ms late', '§5.5.2', { pongs: 'late' }],
  ['answers only the newest of several pings', '§5.5.3', { pongs: 'only the newest' }],
  ['writes byte by byte', '§5.2', { drips: true }],
  ['sends each message in fragments, empty ones among them, around a ping', '§5.4', { fragments: true }],
  ['echoes later; Close and failures wait for the echo', '§5.5.1', { echoesLater: true }],
  ['writes its head in another order and in other cases', '§4.1, §4.2.2', { oddHeads: true }],
];

const SERVER: readonly Row[] = [['chooses a subprotocol where some are offered', '§4.2.2', { negotiates: true }]];

const CLIENT: readonly Row[] = [
  ['offers extensions and subprotocols, which are refused', '§4.1', { negotiates: true }],
  ['ends the TCP connection itself after both Closes', '§5.5.1', { endsFirst: true }],
];

/** What does not exclude each other, for a quick look. */
export const ALL_HABITS: Habits = {
  chatters: 'pings',
  closes: 'with 1001',
  pongs: 'late',
  drips: true,
  fragments: true,
  echoesLater: true,
  oddHeads: true,
  negotiates: true,
  endsFirst: true,
};

function toPeers(role: Role, rows: readonly Row[]): UnusualPeer[] {
  return rows.map(([name, section, habits]) => ({ name, role, section, habits }));
}

/** Peers that are each unusual in one way, and correct. */
export const UNUSUAL_PEERS: readonly UnusualPeer[] = [
  ...toPeers('server', [...EITHER, ...SERVER]),
  ...toPeers('client', [...EITHER, ...CLIENT]),
];
