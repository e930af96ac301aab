import { readFileSync } from 'node:fs';

import type { AgentReport } from '../model/report.ts';

/**
 * Reads what `--json` wrote.
 *
 * @throws {Error} the file holds something else
 */
export function readReport(file: string): AgentReport {
  const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (isReport(value)) return value;
  throw new Error(`${file} is no result of this suite`);
}

function isReport(value: unknown): value is AgentReport {
  if (typeof value !== 'object' || value === null) return false;
  return 'agent' in value && 'role' in value && 'cases' in value && Array.isArray(value.cases);
}
