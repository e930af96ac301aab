import type { PeerName } from '../peers.ts';
import { ECHOES } from './echo.ts';
import { beatsWs, exchange, formatSize, handshakes, idle, importing, KIB, MIB, type Workload } from './workload.ts';

/** Those that a curve shows. */
const OF_CURVES: readonly PeerName[] = [
  ...(['ws', 'ws-bufferutil', 'bun', 'raw-tcp'] as const),
  ...(['millrace', 'millrace-callbacks', 'millrace-async'] as const),
];

const HASHES: readonly Workload[] = [
  exchange('hash-message', 'SHA-256 of messages of 1 MiB', {
    ...{ group: 'hash', mode: 'hash-message', size: MIB, connections: 1, outstanding: 4 },
    expectations: beatsWs(1),
  }),
  exchange('hash-frame', 'running SHA-256 of one message, by frames of 1 MiB', {
    ...{ group: 'hash', mode: 'hash-frame', framing: 'frame', size: MIB, connections: 1, outstanding: 4 },
  }),
  exchange('hash-stream', 'running SHA-256 of one endless frame (2^63−1 bytes)', {
    ...{ group: 'hash', mode: 'hash-stream', framing: 'endless', size: MIB, connections: 1, outstanding: 8 },
    expectations: [
      { peer: 'millrace', against: 'raw-tcp', atLeast: 0.95 },
      { peer: 'millrace-lending', against: 'raw-tcp', atLeast: 1.3 },
    ],
  }),
  exchange('frame-1g', 'SHA-256 of a message of 1 GiB in one frame', {
    ...{ group: 'hash', mode: 'hash-message', size: 1024 * MIB, connections: 1, outstanding: 1, isOnce: true },
    expectations: beatsWs(5, 'millrace-streaming'),
  }),
  exchange('fragments-64k', 'SHA-256 of a message of 1 GiB in fragments of 64 KiB', {
    ...{ group: 'hash', mode: 'hash-message', framing: 'fragments', fragmentSize: 64 * KIB, size: 1024 * MIB },
    ...{ connections: 1, outstanding: 1, isOnce: true },
  }),
  exchange('fragments-256', 'SHA-256 of messages of 64 MiB in fragments of 256 B', {
    ...{ group: 'hash', mode: 'hash-message', framing: 'fragments', fragmentSize: 256, size: 64 * MIB },
    ...{ connections: 1, outstanding: 1, isOnce: true },
  }),
  exchange('fragments-256-1g', 'SHA-256 of a message of 1 GiB in fragments of 256 B', {
    ...{ group: 'hash', mode: 'hash-message', framing: 'fragments', fragmentSize: 256, size: 1024 * MIB },
    ...{ connections: 1, outstanding: 1, isOnce: true },
    peers: ['ws', 'ws-bufferutil', 'millrace', 'millrace-streaming', 'millrace-lending', 'bun'],
  }),
];

const COMPRESSED = { group: 'compression', mode: 'echo', payload: 'json', connections: 8, outstanding: 16 } as const;

const SERVERS: readonly Workload[] = [
  exchange('deflate', 'echo of JSON of 2 KiB, compressed, with history', {
    ...{ ...COMPRESSED, size: 2 * KIB, compression: 'history' },
  }),
  exchange('deflate-alone', 'echo of JSON of 2 KiB, compressed, each message by itself', {
    ...{ ...COMPRESSED, size: 2 * KIB, compression: 'alone' },
  }),
  ...[200, 2000].flatMap((connections) =>
    [16, 1].map((outstanding) =>
      exchange(
        `broadcast${connections === 200 ? '' : '-2000'}${outstanding === 1 ? '-one' : ''}`,
        `broadcast of 128 B of text to ${connections.toLocaleString('en')} connections, ${String(outstanding)} outstanding`,
        {
          ...{ group: 'broadcast', mode: 'broadcast', size: 128, payload: 'ascii', connections, outstanding },
          expectations: outstanding === 16 && connections === 200 ? beatsWs(4) : [],
        },
      ),
    ),
  ),
  handshakes('handshakes', 'handshakes: connect, upgrade, close', { expectations: beatsWs(1.15) }),
  handshakes('handshakes-tls', 'handshakes over TLS: connect, upgrade, close', { isSecure: true }),
  idle('idle', 'memory of 10,000 connections, idle after one echo', {
    ...{ connections: 10_000, expectations: beatsWs(1, 'millrace-callbacks') },
  }),
  importing('import', 'importing the package'),
];

const CLIENT = { group: 'client', connections: 1 } as const;

const CLIENTS: readonly Workload[] = [
  exchange('client-send-1m', 'a client that sends messages of 1 MiB', {
    ...{ ...CLIENT, mode: 'client-send', size: MIB, outstanding: 4 },
  }),
  exchange('client-send-64', 'a client that sends messages of 64 B, 64 at a time', {
    ...{ ...CLIENT, mode: 'client-send', size: 64, outstanding: 4, batch: 64 },
  }),
  exchange('client-receive-1m', 'a client that receives messages of 1 MiB', {
    ...{ ...CLIENT, mode: 'client-receive', size: MIB, outstanding: 4 },
  }),
  exchange('client-receive-64', 'a client that receives messages of 64 B, 64 at a time', {
    ...{ ...CLIENT, mode: 'client-receive', size: 64, outstanding: 4, batch: 64 },
  }),
];

const GROWTH: readonly Workload[] = [
  ...[10, 100, 1000, 10_000].map((connections) =>
    exchange(`connections-${String(connections)}`, `echo 64 B, ${connections.toLocaleString('en')} connections`, {
      ...{ group: 'growth', mode: 'echo', size: 64, connections, outstanding: 1, peers: OF_CURVES },
      point: { curve: 'connections', at: connections },
    }),
  ),
  ...Array.from({ length: 13 }, (_, index) => 2 ** (2 * index)).map((size) =>
    exchange(`size-${String(size)}`, `echo ${formatSize(size)}, 4 connections`, {
      ...{ group: 'growth', mode: 'echo', size, connections: 4, outstanding: 2, peers: OF_CURVES },
      point: { curve: 'bytes', at: size },
    }),
  ),
];

/** All that can be measured. */
export const WORKLOADS: readonly Workload[] = [...ECHOES, ...HASHES, ...SERVERS, ...CLIENTS, ...GROWTH];
