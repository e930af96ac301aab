import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

import { createLogUpdate } from 'log-update';
import pc from 'picocolors';

import { CATALOGUE } from '../catalogue/index.ts';
import type { AgentReport, CaseResult } from '../model/report.ts';
import { VERDICTS, type Verdict } from '../model/verdict.ts';
import { renderHtml } from '../report/html.ts';

/** Exit code of a command that could not do its work. */
export const UNUSABLE = 2;

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
  /** By id: a client may run a case again. */
  readonly #verdicts = new Map<string, Verdict>();

  constructor(total: number) {
    this.#total = total;
  }

  /** Counts a result. */
  add({ id, verdict }: CaseResult): void {
    this.#verdicts.set(id, verdict);
    const done = this.#verdicts.size;
    const filled = Math.round((done / this.#total) * BAR_WIDTH);
    const bar = '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled);
    const counts = formatCounts(countVerdicts(this.#verdicts.values()));
    this.#bar?.(`${bar} ${String(done)}/${String(this.#total)} ${counts} ${pc.dim(id)}`);
  }

  /** Takes the bar away. */
  end(): void {
    this.#bar?.clear();
    this.#bar?.done();
  }
}

/** Writes results where they are wanted, and a summary for people. */
export class ResultWriter {
  readonly #options: OutputOptions;
  readonly #reports: AgentReport[] = [];

  /** @throws {Error} a file cannot be written: that is to be known before a long run, not after it */
  constructor(options: OutputOptions) {
    this.#options = options;
    for (const file of [options.json, options.report]) if (typeof file === 'string') prepareFile(file);
  }

  /**
   * Writes what came of an agent; a file has all agents, a line or a column for each.
   *
   * @returns the exit code: 0 if the agent passed
   */
  write(report: AgentReport): number {
    const { json, report: page, strict = false } = this.#options;
    this.#reports.push(report);
    if (json === true) process.stdout.write(`${JSON.stringify(report)}\n`);
    else if (json !== undefined) writeFileSync(json, this.#reports.map((one) => `${JSON.stringify(one)}\n`).join(''));
    if (page !== undefined) writeFileSync(page, renderHtml(this.#reports, CATALOGUE));
    printSummary(report);
    return passes(report, strict) ? 0 : 1;
  }
}

/**
 * Makes the folder of a file that is to be written.
 *
 * @throws {Error} naming the file, if it cannot be written
 */
export function prepareFile(file: string): void {
  try {
    mkdirSync(dirname(resolve(file)), { recursive: true });
    closeSync(openSync(file, 'a'));
  } catch (error) {
    throw new Error(`cannot write ${file}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

/** Writes a line for people, where it does not get into the results. */
export function printLine(line: string): void {
  process.stderr.write(`${line}\n`);
}

function printSummary({ agent, role, cases, excluded }: AgentReport): void {
  const titles = new Map(CATALOGUE.map(({ id, title }) => [id, title]));
  for (const alike of groupAlike(cases)) {
    const [first] = alike;
    if (first === undefined || first.verdict === 'ok') continue;
    const { id, verdict, reason } = first;
    const what = alike.length === 1 ? (titles.get(id) ?? '') : `and ${String(alike.length - 1)} more`;
    printLine(`${PAINT[verdict](verdict.padEnd(13))} ${id.padEnd(8)} ${what}`);
    if (reason !== undefined) printLine(pc.dim(`${' '.repeat(23)}${reason}`));
  }
  for (const { id, reason } of excluded) printLine(`${pc.dim('excluded'.padEnd(13))} ${id.padEnd(8)} ${reason}`);

  const counts = formatCounts(countVerdicts(cases.map(({ verdict }) => verdict)));
  printLine(`${pc.bold(agent)} (${role}): ${formatNumber(cases.length)}, ${counts}`);
}

/** Results one by one; those that failed without a connection, for one reason, together: there may be hundreds. */
function groupAlike(cases: readonly CaseResult[]): CaseResult[][] {
  const groups: CaseResult[][] = [];
  const unrun = new Map<string, CaseResult[]>();
  for (const one of cases) {
    const known = one.log.length > 0 ? undefined : unrun.get(one.reason ?? '');
    if (known !== undefined) {
      known.push(one);
      continue;
    }
    const group = [one];
    groups.push(group);
    if (one.log.length === 0) unrun.set(one.reason ?? '', group);
  }
  return groups;
}

function formatNumber(cases: number): string {
  return cases === 1 ? '1 case' : `${String(cases)} cases`;
}

function countVerdicts(verdicts: Iterable<Verdict>): Map<Verdict, number> {
  const counts = new Map<Verdict, number>();
  for (const verdict of verdicts) counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  return counts;
}

function formatCounts(counts: ReadonlyMap<Verdict, number>): string {
  const shown = VERDICTS.filter((verdict) => counts.has(verdict));
  return shown.map((verdict) => PAINT[verdict](`${String(counts.get(verdict))} ${verdict}`)).join(', ');
}

function passes({ cases }: AgentReport, strict: boolean): boolean {
  const failing: readonly Verdict[] = strict ? ['failed', 'unimplemented', 'non-strict'] : ['failed'];
  return cases.length > 0 && !cases.some(({ verdict }) => failing.includes(verdict));
}
