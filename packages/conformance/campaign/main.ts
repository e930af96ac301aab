// npm run conformance: every way to use Millrace and ws under all cases, unusual and broken peers, and the pages in docs/ about it.
//   --quick     our own agents without what takes long; writes no pages, and fails if they are out of date
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';

import { CATALOGUE, renderHtml, type AgentReport, type Role } from '@millrace/conformance';

import { CLIENTS, SERVERS } from '../testees/millrace/facades.ts';
import { renderCoverage } from './coverage-page.ts';
import { findKnown, findUnneeded } from './known-deviations.ts';
import { fingerprintCatalogue, renderResults } from './results-page.ts';
import { runAgent, type AgentProgram } from './run-agents.ts';
import { runBrokenPeers, runUnusualPeers } from './run-peers.ts';

const ROOT = new URL('../../../../', import.meta.url);
const COVERAGE = new URL('docs/rfc-coverage.md', ROOT);
const RESULTS = new URL('docs/conformance.md', ROOT);
const PAGE = new URL('coverage/conformance.html', ROOT);

const quick = process.argv.includes('--quick');

const ours: readonly AgentProgram[] = [
  ...Array.from(SERVERS.keys(), (name) => ourAgent(name, 'server')),
  ...Array.from(CLIENTS.keys(), (name) => ourAgent(name, 'client')),
  { agent: 'drop-in', role: 'server', program: 'millrace-ws/server.js', args: [] },
  { agent: 'drop-in', role: 'client', program: 'millrace-ws/client.js', args: [] },
];

const others: readonly AgentProgram[] = [
  { agent: 'ws', role: 'server', program: 'ws/server.js', args: [] },
  { agent: 'ws', role: 'client', program: 'ws/client.js', args: [] },
];

const problems: string[] = [];
const ourReports = await runAll(ours);
findProblems(ourReports);
if (quick) checkPages();
else await writePages();

for (const problem of problems) process.stderr.write(`${problem}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;

function ourAgent(name: string, role: Role): AgentProgram {
  return { agent: name, role, program: `millrace/${role}.js`, args: [name] };
}

async function runAll(agents: readonly AgentProgram[]): Promise<AgentReport[]> {
  const reports: AgentReport[] = [];
  for (const agent of agents) reports.push(await run(agent));
  return reports;
}

async function run(agent: AgentProgram): Promise<AgentReport> {
  const start = performance.now();
  const report = await runAgent(agent, { quick });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const deviating = report.cases.filter(({ verdict }) => verdict !== 'ok').length;
  const line = `${report.agent.padEnd(16)} ${report.role.padEnd(7)} ${String(report.cases.length)} cases`;
  process.stdout.write(`${line}, ${String(deviating)} not ok, ${seconds} s\n`);
  return report;
}

/** What is not ok with our own agents, unless it is known; and what is known and does not happen any more. */
function findProblems(reports: readonly AgentReport[]): void {
  for (const report of reports) {
    for (const result of report.cases) {
      const { id, verdict, reason } = result;
      if (verdict === 'ok' || verdict === 'informational' || findKnown(report, result) !== undefined) continue;
      problems.push(`${report.agent} ${report.role} ${id} ${verdict}: ${reason ?? ''}`);
    }
  }
  for (const { agents, cases } of findUnneeded(reports)) {
    problems.push(`known-deviations.ts: ${cases.join(', ')} of ${agents.join(', ')} is ok now; take the entry out`);
  }
}

async function writePages(): Promise<void> {
  const reports = [...ourReports, ...(await runAll(others))];
  const unusual = await runUnusualPeers(problems);
  process.stdout.write(`unusual peers: ${String(unusual.length)}\n`);
  const broken = await runBrokenPeers(problems);
  process.stdout.write(`broken peers: ${String(broken.length)}\n`);

  const { format, resolveConfig } = await import('prettier');
  const config = await resolveConfig(RESULTS);
  const write = async (place: URL, text: string): Promise<void> =>
    writeFileSync(place, await format(text, { ...config, parser: 'markdown' }));
  await write(RESULTS, renderResults({ reports, unusual, broken }));
  await write(COVERAGE, renderCoverage());
  mkdirSync(new URL('.', PAGE), { recursive: true });
  writeFileSync(PAGE, renderHtml(reports, CATALOGUE));
  process.stdout.write('docs/conformance.md, docs/rfc-coverage.md and coverage/conformance.html are written\n');
}

function checkPages(): void {
  const remedy = 'is out of date: npm run conformance';
  if (squeeze(read(COVERAGE)) !== squeeze(renderCoverage())) problems.push(`docs/rfc-coverage.md ${remedy}`);
  if (!read(RESULTS).includes(`Catalogue ${fingerprintCatalogue()}`)) problems.push(`docs/conformance.md ${remedy}`);
}

/** Without what the formatter changes. */
function squeeze(text: string): string {
  return text.replaceAll(/[\s|-]+/g, ' ');
}

function read(place: URL): string {
  try {
    return readFileSync(place, 'utf8');
  } catch {
    return ''; // It was never written: that is out of date, too.
  }
}
