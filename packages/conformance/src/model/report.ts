import type { LogEntry } from './event.ts';
import type { Role, Verdict } from './verdict.ts';

/** What came of one case. */
export interface CaseResult {
  readonly id: string;
  readonly verdict: Verdict;
  /** What was seen instead of what was expected, or why it is not `ok`. */
  readonly reason?: string | undefined;
  /** Milliseconds. */
  readonly duration: number;
  readonly log: readonly LogEntry[];
}

/** A case that was not run, and why. */
export interface Exclusion {
  readonly id: string;
  readonly reason: string;
}

/** All results of one agent. */
export interface AgentReport {
  readonly agent: string;
  /** The role of the agent. */
  readonly role: Role;
  /** ISO 8601. */
  readonly date: string;
  /** Version of the suite. */
  readonly suite: string;
  readonly cases: readonly CaseResult[];
  readonly excluded: readonly Exclusion[];
}
