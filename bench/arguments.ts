import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { PEERS, type Peer } from './peers.ts';
import { WORKLOADS, type Workload } from './workloads.ts';

/** The command line. */
export interface BenchArguments {
  readonly workloads: readonly Workload[];
  readonly peers: readonly Peer[];
  readonly rounds: number;
  readonly quick: boolean;
  readonly json: boolean;
  readonly install: boolean;
  /** Other checkouts, whose Millrace is measured beside ours. */
  readonly baselines: readonly string[];
  /** Where the servers write CPU profiles. */
  readonly profile: string | undefined;
}

/** What the user asked for cannot be done. */
export class UsageError extends Error {}

/** How the command is used. */
export const USAGE: string = `npm run bench -- [WORKLOAD or PEER …] [--quick] [--rounds N] [--json] [--baseline FOLDER] [--profile FOLDER] [--install]

A word selects the workload or peer of this name, or all whose name contains it.
  --quick              short rounds: a rough figure
  --rounds N           rounds of each peer; 5, or 3 if they are short
  --json               prints nothing but the figures, as JSON
  --baseline FOLDER    also measures Millrace as it is built in another checkout; may be repeated
  --profile FOLDER     has the servers that run in Node write CPU profiles
  --install            first installs the Debian packages that are missing, as root

workloads: ${WORKLOADS.map(({ name }) => name).join(' ')}
peers: ${Object.keys(PEERS).join(' ')}`;

/**
 * Reads the command line.
 *
 * @throws {UsageError} if it cannot be followed
 */
export function readBenchArguments(args: readonly string[]): BenchArguments | 'help' {
  const { values, positionals } = parse(args);
  if (values.help) return 'help';
  const rounds = Number(values.rounds ?? (values.quick ? 3 : 5));
  if (!Number.isInteger(rounds) || rounds < 1) throw new UsageError('--rounds takes a whole number from 1 on');
  return {
    ...select(positionals),
    rounds,
    quick: values.quick,
    json: values.json,
    install: values.install,
    baselines: values.baseline?.map(resolvePath) ?? [],
    profile: values.profile === undefined ? undefined : resolvePath(values.profile),
  };
}

function select(words: readonly string[]): Pick<BenchArguments, 'workloads' | 'peers'> {
  const workloads = new Set<Workload>();
  const peers = new Set<Peer>();
  for (const word of words) {
    const foundWorkloads = named(WORKLOADS, word);
    const foundPeers = named(Object.values(PEERS), word);
    if (foundWorkloads.length + foundPeers.length === 0) throw new UsageError(`nothing is called ${word}\n${USAGE}`);
    for (const found of foundWorkloads) workloads.add(found);
    for (const found of foundPeers) peers.add(found);
  }
  return {
    workloads: workloads.size === 0 ? WORKLOADS : [...workloads],
    peers: peers.size === 0 ? Object.values(PEERS) : [...peers],
  };
}

/** npm runs its scripts in the folder of package.json, and says where it was called. */
function resolvePath(path: string): string {
  return resolve(process.env['INIT_CWD'] ?? '.', path);
}

/** Those called `word`, or else those that have it in their names. */
function named<T extends { readonly name: string }>(all: readonly T[], word: string): readonly T[] {
  const exact = all.filter(({ name }) => name === word);
  return exact.length > 0 ? exact : all.filter(({ name }) => name.includes(word));
}

function parse(args: readonly string[]): ReturnType<typeof parseOptions> {
  try {
    return parseOptions(args);
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`, { cause: error });
  }
}

interface Parsed {
  readonly positionals: string[];
  readonly values: {
    readonly quick: boolean;
    readonly json: boolean;
    readonly install: boolean;
    readonly help: boolean;
    readonly rounds?: string | undefined;
    readonly baseline?: string[] | undefined;
    readonly profile?: string | undefined;
  };
}

function parseOptions(args: readonly string[]): Parsed {
  const flag = { type: 'boolean', default: false } as const;
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      ...{ quick: flag, json: flag, install: flag, help: flag },
      ...{ rounds: { type: 'string' }, baseline: { type: 'string', multiple: true }, profile: { type: 'string' } },
    },
  });
}
