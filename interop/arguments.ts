import { parseArgs } from 'node:util';

import { PEERS } from './peers.ts';
import type { Peer } from './peers.ts';

/** The command line. */
export interface InteropArguments {
  readonly peers: readonly Peer[];
  /** Whether tunnels are tried. */
  readonly tunnels: boolean;
  /** Whether proxies are tried. */
  readonly proxies: boolean;
  /** Part of the name of a case; `''` for all. */
  readonly words: string;
  readonly json: boolean;
  readonly help: boolean;
}

/** Stands for the tunnels, as the name of a peer does for it. */
const TUNNEL = 'tunnel';

/** Stands for the proxies. */
const PROXIES = 'proxies';

/** How it is used. */
export const USAGE: string = `npm run interop -- [PEER …] [--case WORDS] [--json] [--help]
Peers: ${[...PEERS.map(({ name }) => name), TUNNEL, PROXIES].join(', ')}`;

/**
 * Reads the command line.
 *
 * @throws {Error} it cannot be followed
 */
export function readArguments(): InteropArguments {
  const { values, positionals } = parseArgs({
    options: {
      case: { type: 'string', default: '' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
    allowPositionals: true,
  });
  const unknown = positionals.filter(
    (name) => name !== TUNNEL && name !== PROXIES && !PEERS.some((peer) => peer.name === name),
  );
  if (unknown.length > 0) throw new Error(`There is no peer ${unknown.join(', ')}`);

  const peers = PEERS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  const tunnels = positionals.length === 0 || positionals.includes(TUNNEL);
  const proxies = positionals.length === 0 || positionals.includes(PROXIES);
  return { peers, tunnels, proxies, words: values.case, json: values.json, help: values.help };
}
