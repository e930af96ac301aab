import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';

import type { Peer } from '../peers.ts';
import { neededAbilities, type Workload } from '../workloads/workload.ts';
import type { Contestant, Runtime } from './contestant.ts';

/** Who takes part. */
export interface Selection {
  readonly peers: readonly Peer[];
  /** Other checkouts, whose Millrace is measured beside ours. */
  readonly baselines: readonly string[];
  /** Other runtimes, on which Millrace and `ws` are measured, too. */
  readonly runtimes: readonly Runtime[];
  /** Where servers write CPU profiles. */
  readonly profile: string | undefined;
  /** Says why a peer cannot be measured here, or `undefined` if it can. */
  readonly problemOf: (peer: Peer) => string | undefined;
}

/** Those that are measured at a workload: each peer that can do it, with its baselines and on other runtimes. */
export function contestantsOf(workload: Workload, selection: Selection): Contestant[] {
  const needed = neededAbilities(workload);
  return selection.peers
    .filter(
      ({ name, can }) => (workload.peers?.includes(name) ?? true) && needed.every((ability) => can.includes(ability)),
    )
    .flatMap((peer) => {
      const { name, title } = peer;
      const nodeOptions = selection.profile === undefined ? [] : profileOptions(selection.profile, workload, name);
      const problem = selection.problemOf(peer);
      const own = { peer, name, title, runtime: undefined, nodeOptions, rounds: [], problem };
      return [own, ...baselinesOf(own, selection), ...othersOf(own, selection)];
    });
}

function baselinesOf(own: Contestant, { baselines }: Selection): Contestant[] {
  if (own.peer.family !== 'millrace') return [];
  return baselines.map((checkout) => {
    const other = basename(checkout);
    const nodeOptions = [...own.nodeOptions, ...useLibrary(checkout)];
    return { ...own, name: `${own.name}@${other}`, title: `${own.title}, of ${other}`, nodeOptions, rounds: [] };
  });
}

function othersOf(own: Contestant, { runtimes }: Selection): Contestant[] {
  if (own.peer.family !== 'millrace' && own.name !== 'ws') return [];
  return runtimes.map((runtime) => {
    const names = { name: `${own.name}@${runtime.name}`, title: `${own.title}, on ${runtime.title}` };
    return { ...own, ...names, runtime, nodeOptions: [], rounds: [] };
  });
}

/** Options of Node with which a server writes a profile when it ends. */
function profileOptions(folder: string, workload: Workload, name: string): readonly string[] {
  return ['--cpu-prof', `--cpu-prof-dir=${folder}`, `--cpu-prof-name=${workload.name}-${name}.cpuprofile`];
}

/**
 * Options of Node with which the packages of this repository are those of another checkout: their names are resolved as from inside of
 * them, where `exports` says what they mean.
 */
function useLibrary(checkout: string): readonly string[] {
  const folder = pathToFileURL(`${checkout}/packages/`).href;
  const hook = `export const resolve = (name, context, next) => {
    const [, own] = /^(?:@millrace\\/)?(millrace|ws)(?=$|\\/)/.exec(name) ?? [];
    const isOurs = own !== undefined && (name.startsWith('millrace') || name.startsWith('@millrace'));
    return next(name, isOurs ? { ...context, parentURL: '${folder}' + own + '/package.json' } : context);
  };`;
  const hookUrl = `data:text/javascript,${encodeURIComponent(hook)}`;
  const register = `import { register } from 'node:module'; register('${hookUrl.replaceAll("'", '%27')}');`;
  return ['--import', `data:text/javascript,${encodeURIComponent(register)}`];
}
