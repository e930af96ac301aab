// Runs other WebSocket implementations against Millrace over real sockets, in both directions, and prints a table.
// Exit code 1 if a case fails, 2 if the command line cannot be followed.
import { mkdtempSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';

import { USAGE, readArguments } from './arguments.ts';
import type { InteropArguments, MutationArguments, PeerArguments } from './arguments.ts';
import { installPeers } from './install.ts';
import { runMutations } from './mutations/run-mutations.ts';
import { renderMutationsPart, renderTablePart, writePart } from './page.ts';
import { PEERS } from './peers.ts';
import type { Peer } from './peers.ts';
import { runPeer } from './run-peer.ts';
import type { PeerResult, RunOptions } from './run-peer.ts';
import { PROXY_PACKAGES, runProxies } from './proxies/run-proxies.ts';
import { renderProxies, renderResults, renderTopics, renderTunnels, summarize } from './table.ts';
import type { Role } from './test-case.ts';
import { TOPICS_PACKAGES, runTopics } from './topics/run-topics.ts';
import { TUNNEL_PACKAGES, runTunnels } from './tunnel/run-tunnels.ts';
import type { RouteResults } from './tunnel/run-tunnels.ts';

/** How many peers run at the same time: each has one process, and all share ours. */
const CONCURRENCY = 2;

/** In milliseconds, for everything but installing. */
const TIME_LIMIT = 660_000;

/** The same, with the rows that take long. */
const FULL_TIME_LIMIT = 3_600_000;

const NO_ROUTES: RouteResults = { versions: {}, routes: [] };

const args = readArgumentsOrExit();
if (args.command === 'help') console.log(USAGE);
else
  await inTemporaryFolder((temporary) =>
    args.command === 'peers' ? runPeers(args, temporary) : mutate(args, temporary),
  );

/** Programs and files are cleared away when this process exits. */
async function inTemporaryFolder(act: (temporary: string) => Promise<void>): Promise<void> {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => process.exit(128 + constants.signals[signal]));
  }
  const temporary = mkdtempSync(join(tmpdir(), 'millrace-interop-'));
  process.on('exit', () => rmSync(temporary, { recursive: true, force: true, maxRetries: 3 }));
  await act(temporary);
}

async function runPeers(
  { peers, tunnels, proxies, topics, words, timeout, full, json, writesPage }: PeerArguments,
  temporary: string,
): Promise<void> {
  const packages = [tunnels ? TUNNEL_PACKAGES : [], proxies ? PROXY_PACKAGES : [], topics ? TOPICS_PACKAGES : []];
  installPeers(peers, packages.flat());
  const results = await runAll(peers, {
    ...{ words, timeout, full, temporary },
    deadline: performance.now() + (full ? FULL_TIME_LIMIT : TIME_LIMIT),
  });
  const throughTunnels = tunnels ? await runTunnels(temporary, words) : NO_ROUTES;
  reportRoutes('tunnel', throughTunnels);
  const throughProxies = proxies ? await runProxies(temporary, words) : NO_ROUTES;
  reportRoutes('proxy', throughProxies);
  const ofTopics = topics ? await runTopics(temporary, words) : NO_ROUTES;
  reportRoutes('topics', ofTopics);
  const routes = [...throughTunnels.routes, ...throughProxies.routes, ...ofTopics.routes];
  const outcomes = [...results, ...routes].flatMap((result) => result.outcomes);

  const table = `${renderAll(results, [...renderTunnels(throughTunnels), ...renderProxies(throughProxies), ...renderTopics(ofTopics)])}\n\n${summarize(outcomes)}`;
  if (json)
    console.log(
      JSON.stringify({ results, tunnels: throughTunnels, proxies: throughProxies, topics: ofTopics }, undefined, 2),
    );
  else console.log(table);
  if (writesPage) await writePart('table', renderTablePart(table));
  process.exitCode = outcomes.some(({ status }) => status === 'failed') || outcomes.length === 0 ? 1 : 0;
}

/** Makes our side worse, one defect at a time. */
async function mutate({ mutations, writesPage }: MutationArguments, temporary: string): Promise<void> {
  installPeers(
    PEERS.filter(({ name }) => mutations.some(({ peer }) => peer === name)),
    [],
  );
  const results = await runMutations(mutations, temporary, ({ name, failed, cases, problem }) => {
    console.log(
      `${failed > 0 ? 'caught' : 'MISSED'} ${name}: ${failed} of ${cases} cases failed${problem === '' ? '' : `: ${problem}`}`,
    );
  });
  if (writesPage) await writePart('mutations', renderMutationsPart(results));
  const missed = results.filter(({ failed }) => failed === 0).length;
  console.log(`${results.length - missed} of ${results.length} mutations caught`);
  process.exitCode = missed > 0 ? 1 : 0;
}

function renderAll(results: readonly PeerResult[], others: readonly string[]): string {
  return [...(results.length > 0 ? [renderResults(results)] : []), ...others].join('\n\n');
}

/** Runs some at a time; the results are in the order of the peers. */
async function runAll(peers: readonly Peer[], options: RunOptions): Promise<PeerResult[]> {
  const runs = peers.flatMap((peer) => (['client', 'server'] as const).map((role) => ({ peer, role })));
  const results: PeerResult[] = [];
  const queue = runs.entries();
  const work = async (): Promise<void> => {
    for (const [index, { peer, role }] of queue) {
      const result = await runPeer(peer, role, options);
      results[index] = result;
      reportProgress(peer, role, result);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  return results;
}

function reportRoutes(what: string, { routes }: RouteResults): void {
  for (const { route, outcomes } of routes) console.error(`${what}, ${route}: ${summarize(outcomes)}`);
}

function reportProgress({ name, lacks }: Peer, role: Role, { outcomes, seconds }: PeerResult): void {
  if (lacks[role].missing !== undefined) return;
  console.error(`${name} as ${role}: ${summarize(outcomes)}, ${seconds.toFixed(1)} s`);
}

function readArgumentsOrExit(): InteropArguments {
  try {
    return readArguments();
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
    process.exit(2);
  }
}
