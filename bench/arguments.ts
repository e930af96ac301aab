import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

import type { Durations } from './generator/meter.ts';
import { RUNTIME_NAMES } from './install.ts';
import { PEERS, type Peer } from './peers.ts';
import { WORKLOADS } from './workloads/all.ts';
import type { Workload } from './workloads/workload.ts';

/** The command line. */
export interface BenchArguments {
  readonly workloads: readonly Workload[];
  readonly peers: readonly Peer[];
  readonly rounds: number;
  readonly durations: Durations;
  readonly json: boolean;
  readonly install: boolean;
  /** Whether docs/benchmarks is written. */
  readonly write: boolean;
  /** Whether nothing is measured, but the pages written anew from the results that are there. */
  readonly render: boolean;
  /** Other checkouts, whose Millrace is measured beside ours. */
  readonly baselines: readonly string[];
  readonly runtimes: readonly string[];
  /** Where the servers write CPU profiles. */
  readonly profile: string | undefined;
}

/** What the user asked for cannot be done. */
export class UsageError extends Error {}

/** Seconds of CPU time that a round measures. */
const THOROUGH = 0.3;
const QUICK = 0.15;

/** Seconds of CPU time to warm up, in addition: compilers need them, however short a round is. */
const WARM_UP = 0.4;

/** A very short round, that is only tried, is warmed up for as many times itself. */
const WARM_UP_TIMES = 3;

/** Rounds of each peer, and where its own earlier build stands beside it: differences are small there. */
const ROUNDS = 3;
const BASELINE_ROUNDS = 9;

/** How the command is used. */
export const USAGE: string = `npm run bench -- [WORKLOAD or PEER …] [options]

Without a selection, it measures everything and writes docs/benchmarks.
A word selects the workload or peer of this name, or all whose name contains it.
  --workload NAME      selects workloads; may be repeated
  --peer NAME          selects peers; may be repeated
  --seconds S          CPU time of a peer that a round measures, from 0.01 on; ${String(THOROUGH)}
  --quick              ${String(QUICK)} seconds: a rough figure
  --rounds N           rounds of each peer; ${String(ROUNDS)}, or ${String(BASELINE_ROUNDS)} with --baseline, which takes no fewer
  --json               prints nothing but the figures, as JSON
  --write              writes docs/benchmarks, where other workloads stay as they are
  --render             measures nothing, and writes the pages anew from results.json
  --baseline FOLDER    also measures Millrace as it is built in another checkout; may be repeated
  --runtime NAME       also measures Millrace and ws on ${RUNTIME_NAMES.join(', ')}; may be repeated
  --profile FOLDER     has the servers that run in Node write CPU profiles
  --no-install         installs nothing, and measures what is there

workloads: ${WORKLOADS.map(({ name }) => name).join(' ')}
peers: ${[...PEERS.keys()].join(' ')}`;

/**
 * Reads the command line.
 *
 * @throws {UsageError} if it cannot be followed
 */
export function readBenchArguments(args: readonly string[]): BenchArguments | 'help' {
  const { values, positionals } = parse(args);
  if (values.help) return 'help';
  const baselines = values.baseline.map(resolvePath);
  const fewest = baselines.length === 0 ? 1 : BASELINE_ROUNDS;
  const rounds = readNumber('--rounds', values.rounds ?? String(Math.max(ROUNDS, fewest)));
  if (!Number.isInteger(rounds) || rounds < fewest) {
    throw new UsageError(`--rounds takes a whole number from ${String(fewest)} on, and not ${String(values.rounds)}`);
  }
  const seconds = readNumber('--seconds', values.seconds ?? String(values.quick ? QUICK : THOROUGH));
  if (seconds < 0.01) throw new UsageError(`--seconds takes a number from 0.01 on, and not ${String(values.seconds)}`);
  const { json, render, profile } = values;
  const selection = select({ words: positionals, workloads: values.workload, peers: values.peer });
  return {
    ...{ ...selection, rounds, json, render, baselines },
    durations: { warmUp: Math.min(WARM_UP, WARM_UP_TIMES * seconds), measured: seconds },
    install: !values['no-install'],
    write: values.write || render || isPlain(values, positionals),
    runtimes: values.runtime.map(checkRuntime),
    profile: profile === undefined ? undefined : resolvePath(profile),
  };
}

/** Whether all is measured, as it is to be shown. */
function isPlain(
  { workload, peer, baseline, runtime, profile, json, quick }: Values,
  words: readonly string[],
): boolean {
  const isWhole = [workload, peer, baseline, words].every(({ length }) => length === 0);
  return isWhole && runtime.length === 0 && profile === undefined && !json && !quick;
}

interface Wanted {
  readonly words: readonly string[];
  readonly workloads: readonly string[];
  readonly peers: readonly string[];
}

function select({ words, workloads, peers }: Wanted): Pick<BenchArguments, 'workloads' | 'peers'> {
  const allPeers = [...PEERS.values()];
  const chosenWorkloads = new Set(workloads.flatMap((word) => found(WORKLOADS, word, 'workload')));
  const chosenPeers = new Set(peers.flatMap((word) => found(allPeers, word, 'peer')));
  for (const word of words) {
    const foundWorkloads = named(WORKLOADS, word);
    const foundPeers = named(allPeers, word);
    if (foundWorkloads.length + foundPeers.length === 0) throw new UsageError(`nothing is called ${word}\n${USAGE}`);
    for (const each of foundWorkloads) chosenWorkloads.add(each);
    for (const each of foundPeers) chosenPeers.add(each);
  }
  return {
    workloads: chosenWorkloads.size === 0 ? WORKLOADS : WORKLOADS.filter((each) => chosenWorkloads.has(each)),
    peers: chosenPeers.size === 0 ? allPeers : allPeers.filter((each) => chosenPeers.has(each)),
  };
}

function found<T extends { readonly name: string }>(all: readonly T[], word: string, kind: string): readonly T[] {
  const result = named(all, word);
  if (result.length === 0) throw new UsageError(`no ${kind} is called ${word}\n${USAGE}`);
  return result;
}

/** Those called `word`, or else those that have it in their names. */
function named<T extends { readonly name: string }>(all: readonly T[], word: string): readonly T[] {
  const exact = all.filter(({ name }) => name === word);
  return exact.length > 0 ? exact : all.filter(({ name }) => name.includes(word));
}

function checkRuntime(name: string): string {
  if (RUNTIME_NAMES.includes(name)) return name;
  throw new UsageError(`--runtime takes ${RUNTIME_NAMES.join(', ')}, and not ${name}`);
}

/** npm runs its scripts in the folder of package.json, and says where it was called. */
function resolvePath(path: string): string {
  return resolve(process.env['INIT_CWD'] ?? '.', path);
}

function readNumber(option: string, text: string): number {
  const number = Number(text);
  if (text.trim() === '' || !Number.isFinite(number)) throw new UsageError(`${option} takes a number, and not ${text}`);
  return number;
}

function parse(args: readonly string[]): ReturnType<typeof parseOptions> {
  try {
    return parseOptions(args);
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`, { cause: error });
  }
}

interface Values {
  readonly quick: boolean;
  readonly json: boolean;
  readonly write: boolean;
  readonly render: boolean;
  readonly help: boolean;
  readonly 'no-install': boolean;
  readonly workload: string[];
  readonly peer: string[];
  readonly runtime: string[];
  readonly baseline: string[];
  readonly rounds?: string | undefined;
  readonly seconds?: string | undefined;
  readonly profile?: string | undefined;
}

const NONE: string[] = [];

function parseOptions(args: readonly string[]): { readonly positionals: string[]; readonly values: Values } {
  const flag = { type: 'boolean', default: false } as const;
  const value = { type: 'string' } as const;
  const list = { type: 'string', multiple: true, default: NONE } as const;
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      ...{ quick: flag, json: flag, write: flag, render: flag, help: flag, 'no-install': flag },
      ...{ rounds: value, seconds: value, profile: value },
      ...{ workload: list, peer: list, runtime: list, baseline: list },
    },
  });
}
