import type { Mode } from './workloads/mode.ts';

/** What can be measured; see {@link PEERS}. */
export type PeerName =
  | 'millrace'
  | 'millrace-streaming'
  | 'millrace-lending'
  | 'millrace-callbacks'
  | 'millrace-async'
  | 'millrace-web'
  | 'millrace-ws'
  | 'ws'
  | 'ws-bufferutil'
  | 'undici'
  | 'websocket'
  | 'faye-websocket'
  | 'bun'
  | 'deno'
  | 'websockets'
  | 'autobahn'
  | 'raw-tcp'
  | 'node-http'
  | 'epoll';

/** What a peer can be asked for: a mode, TLS, compression, or to be imported. */
export type Ability = Mode | 'tls' | 'compression' | 'import';

/** What runs the program of a peer. */
export type Host = 'node' | 'bun' | 'deno' | 'python' | 'native';

/**
 * Something to measure. Its program is called with a port on 127.0.0.1, a mode, what stands in `variant`, and, if it is a client, the
 * size of messages and how many are a batch.
 *
 * It prints `ready` when it listens, or is connected. For each line `gc` on its standard input it collects garbage and prints `gc`; it ends
 * when its standard input does. `BENCH_TLS` in its environment is a folder with `cert.pem` and `key.pem`, `BENCH_COMPRESSION` is `history`
 * or `alone`.
 */
export interface Peer {
  readonly name: PeerName;
  readonly title: string;
  /** Ours, those that run in the same Node, others, and what is no WebSocket at all: the limits. */
  readonly family: 'millrace' | 'node' | 'other' | 'limit';
  /** What it speaks. Over `raw` TCP, the same payloads come without headers, and `!` in place of the handshake. */
  readonly wire: 'websocket' | 'raw';
  readonly host: Host;
  /** Its program as a server, and as a client, in the folder `peers`. */
  readonly program: string;
  readonly client?: string;
  readonly variant?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly can: readonly Ability[];
  /** The package that is imported, and whose version is told. */
  readonly module?: string;
}

const MESSAGES: readonly Ability[] = ['echo', 'hash-message', 'handshake', 'tls'];
const CLIENT: readonly Ability[] = ['client-send', 'client-receive'];
const SERVER: readonly Ability[] = [...MESSAGES, 'broadcast'];
const COMPLETE: readonly Ability[] = [...SERVER, ...CLIENT, 'compression'];
const FRAMES: readonly Ability[] = ['hash-message', 'hash-frame', 'hash-stream'];

const OURS = { family: 'millrace', wire: 'websocket', host: 'node', module: 'millrace' } as const;
const CLASSES = { ...OURS, program: 'millrace.js', client: 'clients/millrace.js' } as const;
const CONNECTIONS = { ...OURS, program: 'millrace-messages.js', client: 'clients/millrace.js' } as const;
const NODE = { family: 'node', wire: 'websocket', host: 'node' } as const;
const WS = { ...NODE, module: 'ws', program: 'ws.js', client: 'clients/ws.js', can: COMPLETE } as const;
const OTHER = { family: 'other', wire: 'websocket' } as const;
const LIMIT = { family: 'limit', wire: 'raw' } as const;

const ALL: readonly Peer[] = [
  {
    ...{ ...CLASSES, name: 'millrace', title: 'Millrace, classes', variant: 'classes' },
    can: [...COMPLETE, ...FRAMES, 'import'],
  },
  { ...CLASSES, name: 'millrace-streaming', title: 'Millrace, level 3', variant: 'streaming', can: ['hash-message'] },
  {
    ...{ ...CLASSES, name: 'millrace-lending', title: 'Millrace, level 3, lendPayload', variant: 'lending' },
    can: ['hash-message', 'hash-stream'],
  },
  { ...CONNECTIONS, name: 'millrace-callbacks', title: 'Millrace, callbacks', variant: 'callbacks', can: COMPLETE },
  {
    ...{ ...CONNECTIONS, name: 'millrace-async', title: 'Millrace, async function', variant: 'async' },
    can: [...MESSAGES, ...CLIENT, 'compression'],
  },
  {
    ...{ ...CONNECTIONS, name: 'millrace-web', title: 'Millrace, WebSocketStream', variant: 'web' },
    can: ['echo', 'tls', 'compression', ...CLIENT],
  },
  {
    ...{ ...OURS, name: 'millrace-ws', title: '@millrace/ws', module: '@millrace/ws' },
    ...{
      program: 'millrace-ws.js',
      client: 'clients/millrace-ws.js',
      can: [...SERVER, ...CLIENT, 'compression', 'import'],
    },
  },
  { ...WS, name: 'ws', title: 'ws', environment: { WS_NO_BUFFER_UTIL: '1' }, can: [...COMPLETE, 'import'] },
  { ...WS, name: 'ws-bufferutil', title: 'ws with bufferutil' },
  {
    ...{ ...NODE, name: 'undici', title: 'undici', module: 'undici', variant: 'undici' },
    ...{ program: 'clients/whatwg.js', client: 'clients/whatwg.js', can: [...CLIENT, 'import'] },
  },
  {
    ...{ ...NODE, name: 'websocket', title: 'websocket', module: 'websocket' },
    ...{ program: 'websocket.js', client: 'clients/websocket.js', can: [...SERVER, ...CLIENT, 'import'] },
  },
  {
    ...{ ...NODE, name: 'faye-websocket', title: 'faye-websocket', module: 'faye-websocket' },
    ...{ program: 'faye.js', client: 'clients/faye.js', can: [...SERVER, ...CLIENT, 'import'] },
  },
  {
    ...{ ...OTHER, name: 'bun', title: 'Bun', host: 'bun' },
    ...{ program: 'bun.js', client: 'clients/whatwg.js', variant: 'global', can: COMPLETE },
  },
  {
    ...{ ...OTHER, name: 'deno', title: 'Deno', host: 'deno' },
    ...{ program: 'deno.js', client: 'clients/whatwg.js', variant: 'global', can: [...SERVER, ...CLIENT] },
  },
  {
    ...{ ...OTHER, name: 'websockets', title: 'websockets (Python)', host: 'python', module: 'websockets' },
    ...{ program: 'websockets-server.py', can: [...SERVER, 'compression'] },
  },
  {
    ...{ ...OTHER, name: 'autobahn', title: 'Autobahn (Python)', host: 'python', module: 'autobahn' },
    ...{ program: 'autobahn-server.py', can: [...SERVER, ...FRAMES, 'compression'] },
  },
  {
    ...{ ...LIMIT, name: 'raw-tcp', title: 'raw TCP in Node', host: 'node' },
    ...{ program: 'raw-tcp.js', can: ['echo', 'hash-stream', 'broadcast', 'handshake'] },
  },
  {
    ...{ ...LIMIT, name: 'node-http', title: 'node:http, bare', host: 'node' },
    ...{ wire: 'websocket', program: 'node-http.js', can: ['handshake', 'tls'] },
  },
  { ...LIMIT, name: 'epoll', title: 'raw TCP in C (epoll)', host: 'native', program: 'epoll-echo', can: ['echo'] },
];

/** All that can be measured, in the order in which tables name it. */
export const PEERS: ReadonlyMap<string, Peer> = new Map(ALL.map((peer) => [peer.name, peer]));
