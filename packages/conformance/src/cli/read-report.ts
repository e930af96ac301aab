import { readFileSync } from 'node:fs';

import type { AgentReport } from '../model/report.ts';

/**
 * Reads what `--json` wrote: one agent, or a line for each of several.
 *
 * @throws {Error} the file cannot be read, or holds something else
 */
export function readReports(file: string): AgentReport[] {
  const text = readFileSync(file, 'utf8');
  const whole = parse(text);
  const values = whole === undefined ? text.trim().split('\n').map(parse) : [whole];
  if (values.every(isReport)) return values;
  throw new Error(`${file} is no result of this suite`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // Not JSON: its caller says of which file.
  }
}

function isReport(value: unknown): value is AgentReport {
  if (typeof value !== 'object' || value === null) return false;
  return 'agent' in value && 'role' in value && 'cases' in value && Array.isArray(value.cases);
}
