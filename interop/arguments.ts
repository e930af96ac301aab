import { parseArgs } from 'node:util';

import { MUTATIONS } from './mutations/mutations.ts';
import type { Mutation } from './mutations/mutation.ts';
import { PEERS } from './peers.ts';
import type { Peer } from './peers.ts';

/** What is to be run with peers. */
export interface PeerArguments {
  readonly peers: readonly Peer[];
  /** Whether tunnels are tried. */
  readonly tunnels: boolean;
  /** Whether proxies are tried. */
  readonly proxies: boolean;
  /** Whether topics are tried, with Redis. */
  readonly topics: boolean;
  /** Part of the name of a case; `''` for all. */
  readonly words: string;
  /** For one case, in milliseconds. */
  readonly timeout: number;
  /** Whether the rows that take long are run, too. */
  readonly full: boolean;
  readonly json: boolean;
  /** Whether the page in docs/ is written. */
  readonly writesPage: boolean;
}

/** Which mutations are to be tried. */
export interface MutationArguments {
  readonly mutations: readonly Mutation[];
  readonly writesPage: boolean;
}

/** The command line. */
export type InteropArguments =
  | { readonly command: 'help' }
  | ({ readonly command: 'peers' } & PeerArguments)
  | ({ readonly command: 'mutations' } & MutationArguments);

/** Stands for the tunnels, as the name of a peer does for it. */
const TUNNEL = 'tunnel';

/** Stands for the proxies. */
const PROXIES = 'proxies';

/** Stands for topics. */
const TOPICS = 'topics';

/** How it is used. */
export const USAGE: string = `npm run interop -- [PEER …] [--case WORDS] [--full] [--timeout MILLISECONDS] [--json]
npm run interop -- all                  every peer, with the rows that take long, as --full has them; writes docs/interop.md
npm run interop -- mutations [WORDS …]  the table of mutations, or those whose name has one of the words; all of them are written to docs/interop.md
Peers: ${[...PEERS.map(({ name }) => name), TUNNEL, PROXIES, TOPICS].join(', ')}`;

/**
 * Reads the command line.
 *
 * @throws {Error} it cannot be followed
 */
export function readArguments(): InteropArguments {
  const { values, positionals } = parseArgs({
    options: {
      case: { type: 'string', default: '' },
      timeout: { type: 'string', default: '30000' },
      full: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
    allowPositionals: true,
  });
  if (values.help) return { command: 'help' };
  const [first, ...words] = positionals;
  if (first === 'mutations') return { command: 'mutations', ...selectMutations(words) };

  const timeout = Number(values.timeout);
  if (!(timeout > 0)) throw new Error(`--timeout is ${values.timeout}, expected a number of milliseconds`);
  const all = positionals.length === 1 && first === 'all';
  return {
    command: 'peers',
    words: values.case,
    timeout,
    full: values.full || all,
    json: values.json,
    ...selectPeers(all ? [] : positionals),
    writesPage: all,
  };
}

function selectPeers(names: readonly string[]): Pick<PeerArguments, 'peers' | 'tunnels' | 'proxies' | 'topics'> {
  const known = [TUNNEL, PROXIES, TOPICS, ...PEERS.map(({ name }) => name)];
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Error(`There is no peer ${unknown.join(', ')}`);
  const isSelected = (name: string): boolean => names.length === 0 || names.includes(name);
  const peers = PEERS.filter(({ name }) => isSelected(name));
  return { peers, tunnels: isSelected(TUNNEL), proxies: isSelected(PROXIES), topics: isSelected(TOPICS) };
}

function selectMutations(words: readonly string[]): MutationArguments {
  const unknown = words.filter((word) => !MUTATIONS.some(({ name }) => name.includes(word)));
  if (unknown.length > 0) throw new Error(`There is no mutation ${unknown.join(', ')}`);
  const mutations = MUTATIONS.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));
  return { mutations, writesPage: words.length === 0 };
}
