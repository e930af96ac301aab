import type { PeerName } from '../peers.ts';
import { beatsWs, exchange, formatSize, KIB, MIB, type Exchange, type Expectation } from './workload.ts';

/** Connections for each size: together they ask enough of a server, and keep at most 64 MiB on their way. */
const SIZES: readonly (readonly [name: string, size: number, connections: number])[] = [
  ['32', 32, 16],
  ['64', 64, 16],
  ['4k', 4 * KIB, 16],
  ['64k', 64 * KIB, 4],
  ['1m', MIB, 1],
];

const PAYLOADS = [
  ['', 'binary', ''],
  ['-text', 'ascii', ' of text'],
  ['-unicode', 'unicode', ' of text that is not ASCII'],
] as const;

/** What is expected of workloads by their names. */
const EXPECTATIONS: Readonly<Record<string, readonly Expectation[]>> = {
  'echo-64-one': beatsWs(1.05),
  'echo-64': [...beatsWs(8), ...beatsWs(6, 'millrace-callbacks'), ...beatsWs(2.5, 'millrace-async')],
  'echo-4k': beatsWs(2.5),
  'echo-64k': beatsWs(4),
};

/** Text makes a difference to those that decode it, in one way or another. */
const OF_TEXT: readonly PeerName[] = [
  ...(['ws', 'ws-bufferutil', 'bun'] as const),
  ...(['millrace', 'millrace-callbacks', 'millrace-async'] as const),
];

/** Messages of each size and kind, with 64 and with one outstanding. */
export const ECHOES: readonly Exchange[] = PAYLOADS.flatMap(([suffix, payload, kind]) =>
  SIZES.flatMap(([short, size, connections]) =>
    [64, 1].map((outstanding) => {
      const name = `echo-${short}${suffix}${outstanding === 1 ? '-one' : ''}`;
      const on = connections === 1 ? '1 connection' : `${String(connections)} connections`;
      const title = `echo ${formatSize(size)}${kind}, ${on}, ${String(outstanding)} outstanding`;
      const details = { group: 'echo', mode: 'echo', size, payload, connections, outstanding } as const;
      const peers = payload === 'binary' ? undefined : OF_TEXT;
      return exchange(name, title, { ...details, peers, expectations: EXPECTATIONS[name] ?? [] });
    }),
  ),
).concat(
  exchange('echo-tls', 'echo 64 B over TLS, 16 connections, 64 outstanding', {
    ...{ group: 'echo', mode: 'echo', size: 64, connections: 16, outstanding: 64, isSecure: true },
  }),
  exchange('echo-tls-4k', 'echo 4 KiB over TLS, 16 connections, 4 outstanding', {
    ...{ group: 'echo', mode: 'echo', size: 4 * KIB, connections: 16, outstanding: 4, isSecure: true },
  }),
);
