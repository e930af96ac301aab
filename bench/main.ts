// Measures peers beside each other, each in a process of its own, in turns, by the CPU time that they need for the same work.

import { basename } from 'node:path';

import { USAGE, UsageError, readBenchArguments, type BenchArguments } from './arguments.ts';
import { compilePeers, installPeers, installRuntime, problemOf, versionOf } from './install.ts';
import { createCertificates } from './measure/certificates.ts';
import type { Selection } from './measure/contestants.ts';
import { describeMachine, describeMillrace, loadAverage } from './measure/machine.ts';
import { measureWorkload, type MeasureOptions } from './measure/measure-workload.ts';
import { choosePinning } from './measure/pinning.ts';
import { PAGES_FOLDER, writePages } from './page/write-pages.ts';
import type { Peer } from './peers.ts';
import { LEGEND, renderBaselines, renderVerdicts, renderWorkload } from './report.ts';
import { judgeBaselines, type BaselineVerdict } from './results/baseline.ts';
import { readStored, replaceStored, type StoredWorkload } from './results/stored.ts';
import { judge, summarize, type Verdict } from './results/summary.ts';
import { WORKLOADS } from './workloads/all.ts';

const RESULTS = `${PAGES_FOLDER}results.json`;

try {
  const args = readBenchArguments(process.argv.slice(2));
  if (args === 'help') console.log(USAGE);
  else if (args.render) await writePages(PAGES_FOLDER, readStored(RESULTS));
  else await bench(args);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}

async function bench(args: BenchArguments): Promise<void> {
  if (process.platform !== 'linux') throw new UsageError('only Linux tells what is measured here');
  if (args.install) installPeers(args.peers);
  compilePeers(args.peers);
  const pinning = choosePinning();
  if (pinning.problem !== undefined) console.error(`Nothing is pinned to a processor: ${pinning.problem}.`);
  const selection = selectionOf(args);
  const { rounds, durations } = args;
  const certificates = await createCertificates();
  const options: MeasureOptions = { rounds, durations, pinning, certificates, onProgress: showProgress };

  const measured: StoredWorkload[] = [];
  const facts = { machine: describeMachine(pinning), millrace: describeMillrace(), versions: versionsOf(selection) };
  for (const workload of args.workloads) {
    const load = loadAverage();
    const results = await measureWorkload(workload, selection, options);
    const date = new Date().toISOString().slice(0, 10);
    const { name } = workload;
    const stored = { name, date, ...facts, loadAverage: load, rounds, seconds: durations.measured, results };
    measured.push(stored);
    if (!args.json) console.log(renderWorkload(workload, summarize(workload, results)));
    // After each of them, so that nothing is lost of a run that is ended early.
    if (args.write) await writePages(PAGES_FOLDER, replaceStored(readStored(RESULTS), stored));
  }
  report(args, measured);
}

function selectionOf({ peers, baselines, runtimes, profile }: BenchArguments): Selection {
  const problems = new Map(peers.map((peer) => [peer, problemOf(peer)]));
  return {
    ...{ peers, baselines, profile, runtimes: runtimes.map(installRuntime) },
    problemOf: (peer) => problems.get(peer),
  };
}

function versionsOf({ peers, problemOf: problem }: Selection): Record<string, string> {
  const versions = (peer: Peer): [string, string][] =>
    problem(peer) === undefined ? [[peer.name, versionOf(peer)]] : [];
  const entries = peers.filter(({ family }) => family !== 'millrace').flatMap(versions);
  return Object.fromEntries<string>(entries);
}

/** Prints what was measured, and says by the exit code whether something failed, or costs more than in a baseline. */
function report({ json, baselines }: BenchArguments, measured: readonly StoredWorkload[]): void {
  const names = baselines.map((folder) => basename(folder));
  const verdicts: Verdict[] = [];
  const beside: BaselineVerdict[] = [];
  for (const { name, results } of measured) {
    const workload = WORKLOADS.find((each) => each.name === name);
    if (workload === undefined) continue;
    verdicts.push(...judge(workload, results).filter(({ reached }) => reached !== undefined));
    beside.push(...judgeBaselines(workload, results, names));
  }
  if (json) console.log(JSON.stringify({ measured, verdicts, baselines: beside }, undefined, 2));
  else {
    if (verdicts.length > 0) console.log(renderVerdicts(verdicts));
    if (beside.length > 0) console.log(renderBaselines(beside, process.stdout.isTTY));
    console.log(LEGEND);
  }
  const hasFailed = measured.some(({ results }) =>
    results.some(({ problem, rounds }) => problem !== undefined && rounds.length > 0),
  );
  process.exitCode = hasFailed || beside.some(({ verdict }) => verdict === 'worse') ? 1 : 0;
}

/** Says what is being done, on a terminal. */
function showProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
}
