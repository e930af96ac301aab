// Measures servers beside each other, each in a process of its own, in turns, by the CPU time that they need for the same work.

import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';

import { USAGE, UsageError, readBenchArguments, type BenchArguments } from './arguments.ts';
import type { Durations } from './generator/meter.ts';
import { AUTOBAHN_PACKAGES, type Peer } from './peers.ts';
import { choosePinning, type Pinning } from './pinning.ts';
import { LEGEND, renderVerdicts, renderWorkload } from './report.ts';
import { measureRound, type Round } from './round.ts';
import { judge, summarize, type PeerResult, type Verdict } from './statistics.ts';
import type { Workload } from './workloads.ts';

const QUICK: Durations = { warmUp: 0.3, measured: 0.4 };
const THOROUGH: Durations = { warmUp: 0.7, measured: 1.2 };

/** A peer that takes part, and what becomes of it. */
interface Contestant {
  readonly peer: Peer;
  readonly name: string;
  readonly title: string;
  readonly nodeOptions: readonly string[];
  readonly rounds: Round[];
  problem: string | undefined;
}

try {
  const args = readBenchArguments(process.argv.slice(2));
  if (args === 'help') console.log(USAGE);
  else await bench(args);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}

async function bench(args: BenchArguments): Promise<void> {
  if (process.platform !== 'linux') throw new UsageError('only Linux tells what is measured here');
  if (args.install) install();
  const pinning = choosePinning();
  if (pinning.problem !== undefined) console.error(`Nothing is pinned to a processor: ${pinning.problem}.`);

  const all = [];
  const verdicts: Verdict[] = [];
  let hasFailed = false;
  for (const workload of args.workloads) {
    const results = await measure(workload, args, pinning);
    const figures = summarize(workload, results);
    const judged = judge(workload, results).filter(({ reached }) => reached !== undefined);
    hasFailed ||= results.some(({ problem, rounds }) => problem !== undefined && rounds.length > 0);
    verdicts.push(...judged);
    all.push({ workload, results, figures, verdicts: judged });
    if (!args.json) console.log(renderWorkload(workload, figures));
  }
  if (args.json) console.log(JSON.stringify({ node: process.version, processor: cpus()[0]?.model, all }, undefined, 2));
  else console.log(`${verdicts.length === 0 ? '' : renderVerdicts(verdicts)}${LEGEND}`);
  process.exitCode = hasFailed ? 1 : 0;
}

/** Measures all peers of a workload, in turns: A B C A B C …, so that what disturbs the machine disturbs them alike. */
async function measure(workload: Workload, args: BenchArguments, pinning: Pinning): Promise<PeerResult[]> {
  const contestants = contestantsOf(workload, args);
  const durations = args.quick ? QUICK : THOROUGH;
  for (let round = 1; round <= args.rounds; round++) {
    for (const contestant of contestants) {
      if (contestant.problem !== undefined) continue;
      showProgress(`${workload.name}, round ${String(round)} of ${String(args.rounds)}: ${contestant.title}`);
      const { peer, nodeOptions } = contestant;
      try {
        const setup = { peer, mode: workload.mode, pinning, nodeOptions };
        contestant.rounds.push(await measureRound(workload, setup, durations));
      } catch (error) {
        contestant.problem = error instanceof Error ? error.message : String(error);
      }
    }
  }
  showProgress('');
  return contestants.map(({ name, title, rounds, problem }) => ({ peer: name, title, rounds, problem }));
}

function contestantsOf(workload: Workload, { peers, baselines, profile }: BenchArguments): Contestant[] {
  return peers
    .filter(({ name }) => workload.peers.includes(name))
    .flatMap((peer) => {
      const { name, title } = peer;
      const nodeOptions = profile === undefined ? [] : writeProfile(profile, `${workload.name}-${name}`);
      const own = { peer, name, title, nodeOptions, rounds: [], problem: peer.problem?.() };
      if (!name.startsWith('millrace')) return [own];
      const others = baselines.map((checkout) => {
        const other = basename(checkout);
        const details = { name: `${name}@${other}`, title: `${title} of ${other}`, nodeOptions: useLibrary(checkout) };
        return { ...own, ...details, rounds: [] };
      });
      return [own, ...others];
    });
}

/** Options of Node with which a server writes a profile when it ends. */
function writeProfile(folder: string, name: string): readonly string[] {
  return ['--cpu-prof', `--cpu-prof-dir=${folder}`, `--cpu-prof-name=${name}.cpuprofile`];
}

/** Options of Node with which `millrace` is that of another checkout. */
function useLibrary(checkout: string): readonly string[] {
  const url = pathToFileURL(`${checkout}/packages/millrace/dist/src/index.js`).href;
  const hook = `export const resolve = (name, context, next) => next(name === 'millrace' ? '${url}' : name, context);`;
  const hookUrl = `data:text/javascript,${encodeURIComponent(hook)}`;
  const register = `import { register } from 'node:module'; register('${hookUrl.replaceAll("'", '%27')}');`;
  return ['--import', `data:text/javascript,${encodeURIComponent(register)}`];
}

function install(): void {
  const args = ['install', '--yes', '--no-install-recommends', ...AUTOBAHN_PACKAGES];
  const { status } = spawnSync('apt-get', args, { stdio: ['ignore', 2, 2] });
  if (status !== 0) console.error('The Debian packages could not be installed.');
}

/** Says what is being done, on a terminal. */
function showProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
}
