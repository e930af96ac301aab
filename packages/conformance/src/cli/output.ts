import { writeFileSync } from 'node:fs';

import { createLogUpdate } from 'log-update';
import pc from 'picocolors';

import { CATALOGUE } from '../catalogue/index.ts';
import type { AgentReport, CaseResult } from '../model/report.ts';
import { VERDICTS, type Verdict } from '../model/verdict.ts';
import { renderHtml } from '../report/html.ts';

/** Where results go. */
export interface OutputOptions {
  /** `true` for the standard output, or a file. */
  readonly json?: string | true | undefined;
  /** File for the HTML page. */
  readonly report?: string | undefined;
  /** Whether anything but `ok` and `informational` fails the run. */
  readonly strict?: boolean | undefined;
}

const PAINT: Readonly<Record<Verdict, (text: string) => string>> = {
  ok: pc.green,
  'non-strict': pc.yellow,
  informational: pc.blue,
  unimplemented: pc.magenta,
  failed: pc.red,
};

const BAR_WIDTH = 30;

/** Shows how far a run is: a bar on a terminal, nothing elsewhere. */
export class Progress {
  readonly #total: number;
  readonly #bar = process.stderr.isTTY ? createLogUpdate(process.stderr) : undefined;
  readonly #counts = new Map<Verdict, number>();
  #done = 0;

  constructor(total: number) {
    this.#total = total;
  }

  /** Counts a result. */
  add({ id, verdict }: CaseResult): void {
    this.#done++;
    this.#counts.set(verdict, (this.#counts.get(verdict) ?? 0) + 1);
    const filled = Math.round((this.#done / Math.max(1, this.#total)) * BAR_WIDTH);
    const bar = '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled);
    this.#bar?.(`${bar} ${String(this.#done)}/${String(this.#total)} ${formatCounts(this.#counts)} ${pc.dim(id)}`);
  }

  /** Takes the bar away. */
  end(): void {
    this.#bar?.clear();
    this.#bar?.done();
  }
}

/**
 * Writes results where they are wanted, and a summary for people.
 *
 * @returns the exit code: 0 if the agent passed
 */
export function writeResults(report: AgentReport, { json, report: page, strict = false }: OutputOptions): number {
  if (json === true) process.stdout.write(`${JSON.stringify(report)}\n`);
  else if (json !== undefined) writeFileSync(json, `${JSON.stringify(report)}\n`);
  if (page !== undefined) writeFileSync(page, renderHtml([report], CATALOGUE));
  printSummary(report);
  return passes(report, strict) ? 0 : 1;
}

function printSummary({ agent, role, cases, excluded }: AgentReport): void {
  const print = (line: string): void => void process.stderr.write(`${line}\n`);
  const titles = new Map(CATALOGUE.map(({ id, title }) => [id, title]));
  for (const { id, verdict, reason } of cases) {
    if (verdict === 'ok') continue;
    print(`${PAINT[verdict](verdict.padEnd(13))} ${id.padEnd(8)} ${titles.get(id) ?? ''}`);
    if (reason !== undefined) print(pc.dim(`${' '.repeat(23)}${reason}`));
  }
  for (const { id, reason } of excluded) print(`${pc.dim('excluded'.padEnd(13))} ${id.padEnd(8)} ${reason}`);

  const counts = new Map<Verdict, number>();
  for (const { verdict } of cases) counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  print(`${pc.bold(agent)} (${role}): ${String(cases.length)} cases, ${formatCounts(counts)}`);
}

function formatCounts(counts: ReadonlyMap<Verdict, number>): string {
  const shown = VERDICTS.filter((verdict) => counts.has(verdict));
  return shown.map((verdict) => PAINT[verdict](`${String(counts.get(verdict))} ${verdict}`)).join(', ');
}

function passes({ cases }: AgentReport, strict: boolean): boolean {
  const failing: readonly Verdict[] = strict ? ['failed', 'unimplemented', 'non-strict'] : ['failed'];
  return cases.length > 0 && !cases.some(({ verdict }) => failing.includes(verdict));
}
