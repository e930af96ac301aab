import Table from 'cli-table3';

import { GROUPS } from './cases.ts';
import type { PeerResult } from './run-peer.ts';
import type { Outcome, Role } from './test-case.ts';
import { REDIS_CASES } from './tunnel/redis-cases.ts';
import { PROXY_CASES } from './proxies/proxy-cases.ts';
import { TOPICS_CASE_NAMES } from './topics/run-topics.ts';
import type { RouteResults } from './tunnel/run-tunnels.ts';

const TITLES: Readonly<Record<Role, string>> = {
  client: "The peer is a client of Millrace's server",
  server: "The peer is a server of Millrace's client",
};

/** Of a peer in one role; when something is broken, all are. */
const SHOWN_FAILURES = 10;

const NO_LINES = { top: '', bottom: '', left: '', right: '', 'left-mid': '', 'right-mid': '' };
const NO_CORNERS = {
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
};

/** The results for people: a table for each role, and what is to be said about them. */
export function renderResults(results: readonly PeerResult[]): string {
  const legend = new Legend();
  const tables = (['client', 'server'] as const).map((role) => {
    const ofRole = results.filter((result) => result.role === role);
    return `${TITLES[role]}\n\n${renderTable(ofRole, legend)}`;
  });
  return [...tables, legend.render(), renderVersions(results), ...renderFailures(results)].join('\n\n');
}

/** The results of tunnels for people, as far as there are any. */
export function renderTunnels(results: RouteResults): string[] {
  const title = 'redis-cli reaches Redis through a tunnel: by a client → by a server of WebSocket';
  return renderRoutes(title, REDIS_CASES, results);
}

/** The results of proxies for people, as far as there are any. */
export function renderProxies(results: RouteResults): string[] {
  const title =
    'A client of Millrace reaches a server of Millrace: → through a proxy of its own, → behind one of the server';
  return renderRoutes(title, PROXY_CASES, results);
}

/** The results of topics for people, as far as there are any. */
export function renderTopics(results: RouteResults): string[] {
  const names = TOPICS_CASE_NAMES.map((name) => ({ name }));
  return renderRoutes(
    'Topics over Redis: each client passes the suite for brokers; faults while two servers use it',
    names,
    results,
  );
}

function renderRoutes(
  title: string,
  cases: readonly { readonly name: string }[],
  { versions, routes }: RouteResults,
): string[] {
  if (routes.length === 0) return [];
  const columns = routes.map(({ route, outcomes }) => ({ title: route, outcomes }));
  const table = renderColumns(
    columns,
    cases.map(({ name }) => name),
    new Legend(),
  );
  return [
    `${title}\n\n${table}`,
    `Versions\n${renderVersion('routes', versions)}`,
    ...columns.flatMap(({ title, outcomes }) => renderFailed(`through ${title}`, outcomes)),
  ];
}

/** How many cases have passed and failed, in one line. */
export function summarize(outcomes: readonly Outcome[]): string {
  return `${count(outcomes, 'passed')} passed, ${count(outcomes, 'failed')} failed`;
}

/** Letters for what peers lack. */
class Legend {
  readonly #reasons = new Map<string, string>();

  letterFor(reason: string): string {
    const known = this.#reasons.get(reason);
    if (known !== undefined) return known;

    const letter = String.fromCharCode('a'.charCodeAt(0) + this.#reasons.size);
    this.#reasons.set(reason, letter);
    return letter;
  }

  render(): string {
    if (this.#reasons.size === 0) return 'Numbers are cases that have passed.';

    const entries = [...this.#reasons].map(([reason, letter]) => `  –${letter}  ${reason}`);
    return ['Numbers are cases that have passed. There are no others with a side that', ...entries].join('\n');
  }
}

interface Column {
  readonly title: string;
  readonly outcomes: readonly Outcome[];
}

function renderTable(results: readonly PeerResult[], legend: Legend): string {
  const columns = results.map(({ peer, outcomes }) => ({ title: peer, outcomes }));
  return renderColumns(
    columns,
    GROUPS.map(({ name }) => name),
    legend,
  );
}

function renderColumns(columns: readonly Column[], groups: readonly string[], legend: Legend): string {
  const table = new Table({
    head: ['', ...columns.map(({ title }) => title)],
    colAligns: ['left', ...columns.map(() => 'right' as const)],
    style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': 0 },
    chars: { ...NO_LINES, ...NO_CORNERS, 'mid-mid': '──', middle: '  ' },
  });
  for (const name of groups) {
    const rows = columns.map(({ outcomes }) => outcomes.filter(({ group }) => group === name));
    if (rows.some((row) => row.length > 0)) table.push([name, ...rows.map((row) => renderCell(row, legend))]);
  }
  return table.toString();
}

function renderCell(outcomes: readonly Outcome[], legend: Legend): string {
  const passed = count(outcomes, 'passed');
  const failed = count(outcomes, 'failed');
  const lacking = outcomes.filter(({ status }) => status === 'lacking').flatMap(({ details }) => details);
  const dashes = [...new Set(lacking)].map((reason) => `–${legend.letterFor(reason)}`);
  const numbers = failed > 0 ? [`${failed} FAILED`, `${passed}`] : passed > 0 ? [`${passed}`] : [];
  return [...numbers, ...dashes].join(' ');
}

function renderVersions(results: readonly PeerResult[]): string {
  const lines = new Map([['millrace', renderVersion('millrace', { Node: process.versions.node })]]);
  for (const { peer, versions } of results) {
    if (Object.keys(versions).length > 0) lines.set(peer, renderVersion(peer, versions));
  }
  return ['Versions', ...lines.values()].join('\n');
}

function renderVersion(who: string, versions: PeerResult['versions']): string {
  const names = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `  ${who.padEnd(16)}${names.join(', ')}`;
}

function renderFailures(results: readonly PeerResult[]): string[] {
  return results.flatMap(({ peer, role, outcomes }) => renderFailed(`with ${peer} as ${role}`, outcomes));
}

function renderFailed(where: string, outcomes: readonly Outcome[]): string[] {
  const failures = outcomes.filter(({ status }) => status === 'failed');
  if (failures.length === 0) return [];

  const shown = failures.slice(0, SHOWN_FAILURES);
  const lines = shown.flatMap((failure) => [`  ${failure.case}`, ...failure.details.map((one) => `    ${one}`)]);
  const rest = failures.length - shown.length;
  const more = rest > 0 ? [`  … and ${rest} more, which --json has`] : [];
  return [[`Failed, ${where}`, ...lines, ...more].join('\n')];
}

function count(outcomes: readonly Outcome[], status: Outcome['status']): number {
  return outcomes.filter((outcome) => outcome.status === status).length;
}
