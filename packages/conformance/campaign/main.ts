// npm run conformance: Millrace and ws under all cases, the broken peers, and the pages in docs/ about it.
//   --quick     leaves out what takes long, writes no pages, and fails if they are out of date
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';

import { CATALOGUE, renderHtml, type AgentReport } from '@millrace/conformance';

import { BROKEN_PEERS, type BrokenPeer } from '../testees/broken-peers.ts';
import { LEVELS } from '../testees/levels.ts';
import { testBrokenPeer } from '../testees/test-naive.ts';
import { renderCoverage } from './coverage-page.ts';
import { fingerprintCatalogue, renderResults, type BrokenPeerResult } from './results-page.ts';
import { runAgent, type AgentProgram } from './run-agents.ts';

const ROOT = new URL('../../../../', import.meta.url);
const COVERAGE = new URL('docs/rfc-coverage.md', ROOT);
const RESULTS = new URL('docs/conformance.md', ROOT);
const PAGE = new URL('coverage/conformance.html', ROOT);

/** Broken peers at once: most of them wait for what does not come. */
const BROKEN_AT_ONCE = 24;

const quick = process.argv.includes('--quick');

const ours: readonly AgentProgram[] = LEVELS.flatMap((level): AgentProgram[] => [
  { agent: `millrace-${level}`, role: 'server', program: 'millrace/server.js', args: [level] },
  { agent: `millrace-${level}`, role: 'client', program: 'millrace/client.js', args: [level] },
]);

const others: readonly AgentProgram[] = [
  { agent: 'ws', role: 'server', program: 'ws/server.js', args: [] },
  { agent: 'ws', role: 'client', program: 'ws/client.js', args: [] },
];

const problems: string[] = [];
const reports = await runAgents(quick ? ours : [...ours, ...others]);
if (quick) checkPages();
else await writePages(reports);

for (const problem of problems) process.stderr.write(`${problem}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;

async function runAgents(agents: readonly AgentProgram[]): Promise<AgentReport[]> {
  const done: AgentReport[] = [];
  for (const agent of agents) {
    const start = performance.now();
    const report = await runAgent(agent, quick);
    done.push(report);
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    const deviating = report.cases.filter(({ verdict }) => verdict !== 'ok');
    const line = `${report.agent.padEnd(18)} ${report.role.padEnd(7)} ${String(report.cases.length)} cases`;
    process.stdout.write(`${line}, ${String(deviating.length)} not ok, ${seconds} s\n`);
    if (!ours.includes(agent)) continue;
    for (const { id, verdict, reason } of deviating) {
      if (verdict === 'informational') continue;
      problems.push(`${report.agent} ${report.role} ${id} ${verdict}: ${reason ?? ''}`);
    }
  }
  return done;
}

async function runBrokenPeers(): Promise<BrokenPeerResult[]> {
  const results = new Map<BrokenPeer, string>();
  const queue = BROKEN_PEERS.values();
  const worker = async (): Promise<void> => {
    for (const peer of queue) {
      const { name, role, caughtBy, verdict } = peer;
      const found = (await testBrokenPeer(peer))?.verdict ?? 'not run';
      results.set(peer, found);
      if (found === verdict) continue;
      problems.push(`broken peer that ${name} (${role}): ${caughtBy} says ${found}, not ${verdict}`);
    }
  };
  await Promise.all(Array.from({ length: BROKEN_AT_ONCE }, worker));
  process.stdout.write(`broken peers: ${String(results.size)}\n`);
  return BROKEN_PEERS.map((peer) => {
    const { name, role, caughtBy } = peer;
    const title = CATALOGUE.find(({ id }) => id === caughtBy)?.title ?? '';
    return { name, role, caughtBy, title, verdict: results.get(peer) ?? 'not run' };
  });
}

async function writePages(all: readonly AgentReport[]): Promise<void> {
  const broken = await runBrokenPeers();
  const { format, resolveConfig } = await import('prettier');
  const config = await resolveConfig(RESULTS);
  const write = async (place: URL, text: string): Promise<void> =>
    writeFileSync(place, await format(text, { ...config, parser: 'markdown' }));
  await write(RESULTS, renderResults(all, broken));
  await write(COVERAGE, renderCoverage());
  mkdirSync(new URL('.', PAGE), { recursive: true });
  writeFileSync(PAGE, renderHtml(all, CATALOGUE));
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
