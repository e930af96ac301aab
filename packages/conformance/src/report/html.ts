import { readFileSync } from 'node:fs';

import { GROUPS, groupOf } from '../catalogue/groups.ts';
import type { ConformanceCase } from '../model/case.ts';
import type { AgentReport } from '../model/report.ts';
import { describeOutcome } from '../run/describe.ts';

/** Writes one page that shows what agents did, case by case. It needs nothing but itself. */
export function renderHtml(reports: readonly AgentReport[], catalogue: readonly ConformanceCase[]): string {
  const run = new Set(reports.flatMap(({ cases }) => cases.map(({ id }) => id)));
  const cases = catalogue.filter(({ id }) => run.has(id)).map(toInfo);
  const groups = Object.fromEntries(Object.entries(GROUPS).filter(([id]) => cases.some(({ group }) => group === id)));
  // `<` is escaped, so that no record can end the element.
  const data = JSON.stringify({ groups, cases, agents: reports }).replaceAll('<', '\\u003c');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>WebSocket conformance</title>
<style>
${readFileSync(new URL('../../../assets/report.css', import.meta.url), 'utf8')}</style>
</head>
<body>
<header>
<h1>WebSocket conformance</h1>
<div class="faint">${String(cases.length)} cases. A row opens its description and, for each agent, what went over the wire.</div>
</header>
<main></main>
<script type="application/json" id="data">${data}</script>
<script type="module">
${readFileSync(new URL('./page/page.js', import.meta.url), 'utf8')
  .replace(/^\/\/# sourceMappingURL=.*$/m, '')
  .replace(/^export \{\};$/m, '')}</script>
</body>
</html>
`;
}

/** What the page says of a case. */
interface CaseInfo {
  readonly id: string;
  readonly group: string;
  readonly title: string;
  readonly section: string;
  readonly description: string;
  readonly expectation: string;
}

function toInfo({ id, title, section, description, outcomes, checks = [] }: ConformanceCase): CaseInfo {
  const ok = outcomes.filter(({ verdict }) => verdict === 'ok').map(describeOutcome);
  const expectation = [ok.join(', or '), ...checks.map((check) => check.replaceAll('-', ' '))].join('; ');
  return { id, group: groupOf(id), title, section, description, expectation };
}
