import { existsSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

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
  | 'raw-tcp'
  | 'autobahn';

/**
 * A server to measure: a program that is called with a port on 127.0.0.1, a `Mode` and what stands in `variant`.
 *
 * It prints `ready` when it listens. For each line `gc` on its standard input it collects garbage and prints `gc`; it ends when its
 * standard input does.
 */
export interface Peer {
  readonly name: PeerName;
  readonly title: string;
  /** What it speaks. Over `raw` TCP, the same payloads come without headers, and `!` in place of the handshake. */
  readonly wire: 'websocket' | 'raw';
  /** The command without port, mode and variant. */
  readonly command: readonly string[];
  readonly variant?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Says why it cannot be measured here, or `undefined` if it can. */
  readonly problem?: () => string | undefined;
}

const PYTHON = '/usr/bin/python3';

/** Debian's packages of Autobahn, with the C code that it masks and checks text with. */
export const AUTOBAHN_PACKAGES = ['python3-autobahn', 'python3-twisted', 'python3-wsaccel'] as const;

/** All that can be measured. */
export const PEERS: Readonly<Record<PeerName, Peer>> = {
  millrace: { name: 'millrace', title: 'Millrace', wire: 'websocket', command: nodeProgram('millrace') },
  'millrace-streaming': {
    ...{ name: 'millrace-streaming', title: 'Millrace, level 3', wire: 'websocket' },
    ...{ command: nodeProgram('millrace'), variant: 'streaming' },
  },
  'millrace-lending': {
    ...{ name: 'millrace-lending', title: 'Millrace, level 3, lendPayload', wire: 'websocket' },
    ...{ command: nodeProgram('millrace'), variant: 'lending' },
  },
  'millrace-callbacks': {
    ...{ name: 'millrace-callbacks', title: 'Millrace, serve with callbacks', wire: 'websocket' },
    ...{ command: nodeProgram('millrace-messages'), variant: 'callbacks' },
  },
  'millrace-async': {
    ...{ name: 'millrace-async', title: 'Millrace, serve with an async function', wire: 'websocket' },
    ...{ command: nodeProgram('millrace-messages'), variant: 'async' },
  },
  'millrace-web': {
    ...{ name: 'millrace-web', title: 'Millrace, serve with WebSocketStream', wire: 'websocket' },
    ...{ command: nodeProgram('millrace-messages'), variant: 'web' },
  },
  'millrace-ws': {
    ...{ name: 'millrace-ws', title: '@millrace/ws', wire: 'websocket', command: nodeProgram('millrace-ws') },
  },
  ws: {
    ...{ name: 'ws', title: 'ws', wire: 'websocket', command: nodeProgram('ws') },
    environment: { WS_NO_BUFFER_UTIL: '1' },
  },
  'ws-bufferutil': {
    ...{ name: 'ws-bufferutil', title: 'ws with bufferutil', wire: 'websocket', command: nodeProgram('ws') },
  },
  'raw-tcp': { name: 'raw-tcp', title: 'raw TCP in Node', wire: 'raw', command: nodeProgram('raw-tcp') },
  autobahn: {
    ...{ name: 'autobahn', title: 'Autobahn (Debian)', wire: 'websocket' },
    command: [PYTHON, fileURLToPath(new URL('../peers/autobahn-server.py', import.meta.url))],
    problem: autobahnProblem,
  },
};

function nodeProgram(name: string): readonly string[] {
  return [process.execPath, '--expose-gc', fileURLToPath(new URL(`peers/${name}.js`, import.meta.url))];
}

function autobahnProblem(): string | undefined {
  const imports = ['-c', 'import autobahn, twisted'];
  if (existsSync(PYTHON) && spawnSync(PYTHON, imports, { stdio: 'ignore' }).status === 0) return undefined;
  return `not installed: ${AUTOBAHN_PACKAGES.join(', ')} (npm run bench -- --install, as root)`;
}
